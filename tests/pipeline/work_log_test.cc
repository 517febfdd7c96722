// Commands that log work, from the comment to the customer's balance and back to the comment.
#include "src/pipeline/work_log.h"

#include <algorithm>
#include <string>
#include <vector>

#include "retainer/hours.h"
#include "src/pipeline/reconciler.h"
#include "tests/pipeline/world.h"

namespace retainer::pipeline {
namespace {

class WorkLogTest : public World {
 protected:
  WorkLogTest() {
    forge.SetUser("dave", kDave.id);
    forge.SetUser("alice", kAlice.id);
    SetPolicy(MakeWorkPolicy());
    clock.Set(At(30));
  }

  static Policy MakeWorkPolicy(bool is_public = true, OverHours over = OverHours::kRefuse) {
    Policy policy = MakePolicy(is_public);
    policy.customers[0].hours = {
        {"q1", 120, absl::CivilDay(2026, 1, 1), absl::CivilDay(2026, 3, 31), 15, 0, over}};
    return policy;
  }
  void SetPolicy(const Policy& policy) { terms.Set({MakeTerms("v1", At(-60 * 24), policy)}); }

  Decision Decide(std::int64_t number, std::vector<Fact> facts) {
    News news{std::move(facts), {}, {}, {}};
    news.project = ProjectRecord{{"github", "77"}, "acme/opendb", "", false, "5", At(0)};
    const auto judged = judge->Decide(Key(number), news);
    EXPECT_TRUE(judged.ok()) << judged.status();
    return judged.ok() ? judged->decision : Decision();
  }
  void Open(std::int64_t number) { Decide(number, {Opened(kDave, static_cast<int>(number))}); }
  Decision Say(std::int64_t number, int minute, const std::string& text,
               const Actor& who = kAlice) {
    Decide(number, {Commented(who, minute, std::to_string(minute), text)});
    return Decide(number, {});  // after the forge answered who somebody is
  }
  HoursBook Book() {
    const auto stored = store.LoadCustomer("acme");
    EXPECT_TRUE(stored.ok()) << stored.status();
    const auto policy = terms.Get().back()->policy;
    return ReadHours(policy.customers[0].hours, stored->facts,
                     DayFor(policy.customers[0], clock.Now()));
  }
  void Settle() {
    for (int i = 0; i < 5; ++i) {
      clock.Set(clock.Now() + absl::Seconds(3));
      ASSERT_TRUE(timers->RunDue().ok());
    }
  }
  // The desired comment's lines about hours.
  std::vector<std::string> Shown(std::int64_t number) {
    const auto faces = store.ReadDirtyFaces("github", absl::InfiniteFuture(), 100);
    for (const DirtyFace& face : *faces) {
      if (face.ticket == Key(number) && face.face.comment) return face.face.comment->hours;
    }
    return {"no comment"};
  }
  static std::string Refused(const Decision& decision) {
    std::string words;
    for (const Refusal& refusal : decision.standing.refusals) {
      absl::StrAppend(&words, refusal.what, ": ", refusal.reason, "\n");
    }
    return words;
  }
};

TEST_F(WorkLogTest, AResponderLogsWorkAndTheBalanceIsShown) {
  Open(1);
  EXPECT_EQ(Shown(1), std::vector<std::string>{"2h of 2h left of q1, until 2026-03-31"});
  const Decision decision = Say(1, 10, "Found it.\n\n/support log 20m read the dump");
  EXPECT_EQ(Refused(decision), "");
  ASSERT_EQ(decision.face->reactions.size(), 1u);
  EXPECT_EQ(decision.face->reactions[0].kind, FaceReaction::Kind::kDone);
  const HoursBook book = Book();
  ASSERT_EQ(book.entries.size(), 1u);
  const HoursEntry& entry = book.entries[0];
  EXPECT_EQ(entry.minutes, 20);
  EXPECT_EQ(entry.accounted, 30);
  EXPECT_EQ(entry.by, "github:alice");
  EXPECT_EQ(entry.text, "read the dump");
  EXPECT_EQ(entry.ticket, ToString(Key(1)));
  EXPECT_EQ(entry.ticket_name, "github:acme/opendb#1");
  EXPECT_EQ(entry.day, absl::CivilDay(2026, 3, 2));
  EXPECT_EQ(Shown(1), std::vector<std::string>{"1h 30m of 2h left of q1, until 2026-03-31"});
}

TEST_F(WorkLogTest, ARedeliveredCommentLogsOnce) {
  Open(1);
  Say(1, 10, "/support log 20m read the dump");
  Say(1, 10, "/support log 20m read the dump");
  EXPECT_EQ(Book().entries.size(), 1u);
}

// Some forges say what an edit replaced, others do not.
TEST_F(WorkLogTest, OnlyTheFirstVersionOfACommentLogsWhateverArrivesFirst) {
  const auto edited = [&](std::int64_t number, const std::string& id, const std::string& text,
                          std::optional<std::string_view> before) {
    return Decide(number,
                  {MakeCommentEdited({Provenance::kWebhook, At(21)}, IssueCommentId(id), kAlice,
                                     kAlice, Moment::At(At(21)), text, before, At(20))});
  };
  const std::string first = "/support log 20m read the dump";
  const std::string second = "/support log 40m read the dump";
  std::int64_t number = 0;
  for (const bool told : {false, true}) {
    const std::optional<std::string_view> before =
        told ? std::optional<std::string_view>(first) : std::nullopt;
    for (const bool in_order : {true, false}) {
      Open(++number);
      if (!in_order) edited(number, "20", second, before);
      Say(number, 20, first);
      if (in_order) {
        EXPECT_NE(Refused(edited(number, "20", second, before)).find("an edit logs nothing"),
                  std::string::npos);
      }
      ASSERT_EQ(Book().entries.size(), static_cast<std::size_t>(number));
      EXPECT_EQ(Book().blocks[0].used, 30 * number);
    }
  }
  // Also what only an edit says, and an edit whose comment nobody knows.
  Open(5);
  Say(5, 20, "Found it.");
  EXPECT_NE(Refused(edited(5, "20", first, std::nullopt)).find("write a new comment"),
            std::string::npos);
  edited(5, "99", first, std::nullopt);
  EXPECT_EQ(Book().entries.size(), 4u);
}

TEST_F(WorkLogTest, WhatWasRefusedForAPrivateCustomerIsNotBookedWhenItBecomesPublic) {
  Policy policy = MakeWorkPolicy(/*is_public=*/false);
  Customer other = policy.customers[0];
  other.id = "globex";
  other.alias = "c-2";
  other.contacts.logins = {{"github", "zed"}};
  other.projects = {{"github", "acme/opendb"}};  // so that it also claims the ticket
  other.hours.clear();
  SetPolicy(policy);
  Open(1);
  Say(1, 10, "/support log 20m read the dump");
  policy.customers[0].is_public = true;
  for (const bool beside : {false, true}) {
    if (beside) policy.customers.push_back(other);
    SetPolicy(policy);
    Decide(1, {});
    EXPECT_TRUE(Book().entries.empty()) << beside;
  }
  Say(1, 12, "/support log 20m read the dump");
  EXPECT_EQ(Book().entries.size(), 1u);
}

TEST_F(WorkLogTest, SeveralCommandsInOneCommentAreSeveralEntries) {
  Open(1);
  Say(1, 10, "/support log 1h a call\n/support log 15m the notes");
  EXPECT_EQ(Book().entries.size(), 2u);
  EXPECT_EQ(Book().blocks[0].used, 75);
}

TEST_F(WorkLogTest, WhatDoesNotFitIsRefusedAtTheMomentOfLoggingForGood) {
  Open(1);
  Say(1, 10, "/support log 1h30m a call");
  Decision decision = Say(1, 11, "/support log 45m another");
  EXPECT_EQ(Refused(decision),
            "log 45m: the hours do not suffice: 30m of q1 is left, the entry takes 45m\n");
  ASSERT_EQ(decision.face->reactions.size(), 2u);
  EXPECT_EQ(decision.face->reactions[1].kind, FaceReaction::Kind::kRefused);
  EXPECT_EQ(Book().entries.size(), 1u);
  // More hours later change nothing about what was refused.
  Policy policy = MakeWorkPolicy();
  policy.customers[0].hours[0].amount = 600;
  SetPolicy(policy);
  Say(1, 12, "thanks");
  EXPECT_EQ(Book().entries.size(), 1u);
  Say(1, 13, "/support log 45m another");
  EXPECT_EQ(Book().entries.size(), 2u);
}

TEST_F(WorkLogTest, WhereThePolicyAllowsItTheEntryIsSplit) {
  SetPolicy(MakeWorkPolicy(true, OverHours::kOverage));
  Open(1);
  Say(1, 10, "/support log 3h a migration");
  EXPECT_EQ(Book().blocks[0].left(), 0);
  EXPECT_EQ(Book().blocks[0].over, 60);
}

TEST_F(WorkLogTest, OnlyRespondersLogAndNotMoreThanEightHoursByMistake) {
  Open(1);
  Say(1, 10, "/support log 20m I read it", kDave);
  EXPECT_TRUE(Book().entries.empty());
  const Decision decision = Say(1, 11, "/support log 45h read the dump");
  EXPECT_NE(Refused(decision).find("write 45h!"), std::string::npos);
  Say(1, 12, "/support log 30m");
  EXPECT_TRUE(Book().entries.empty()) << "it does not say what was done";
}

TEST_F(WorkLogTest, ForAPrivateCustomerInPublicItIsRefusedAsOnACommunityTicket) {
  SetPolicy(MakeWorkPolicy(/*is_public=*/false));
  Open(1);
  const Decision theirs = Say(1, 10, "/support log 20m read the dump");
  EXPECT_TRUE(Book().entries.empty());
  EXPECT_NE(Refused(theirs).find("the customer is private and others read this"),
            std::string::npos);
  Decide(2, {Opened(kErin, 2)});
  const Decision community = Say(2, 10, "/support log 20m read the dump");
  ASSERT_TRUE(theirs.face && community.face);
  EXPECT_EQ(*theirs.face, *community.face);
  EXPECT_EQ(theirs.face->reactions.size(), 1u);
}

TEST_F(WorkLogTest, ForAPrivateCustomerItIsLoggedWhereNobodyElseReadsIt) {
  Policy policy = MakeWorkPolicy(/*is_public=*/false);
  policy.customers[0].projects = {{"github", "acme/opendb"}};
  SetPolicy(policy);
  Open(1);
  Decide(1, {MakeComment({Provenance::kWebhook, At(10)}, IssueCommentId("10"), kAlice,
                         Moment::At(At(10)), "/support log 20m read the dump", /*internal=*/true)});
  EXPECT_EQ(Book().entries.size(), 1u) << "an internal note";
  // A project of the customer's own that only its members read.
  ProjectRecord own{{"github", "77"}, "acme/opendb", "", true, "5", At(0)};
  own.members_only = true;
  ASSERT_TRUE(store.SaveProject(own).ok());
  News news{{Commented(kAlice, 12, "12", "/support log 20m read the dump")}, {}, {}, {}};
  news.project = own;
  ASSERT_TRUE(judge->Decide(Key(1), news).ok());
  EXPECT_EQ(Book().entries.size(), 2u);
  EXPECT_EQ(Shown(1), std::vector<std::string>{}) << "only a public customer's balance is shown";
}

TEST_F(WorkLogTest, WhatTheTeamShouldKnowOfACustomerIsToldOnceAndOnlyWhileItIsTrue) {
  Policy policy = MakeWorkPolicy();
  policy.customers[0].entitlements[0].term =
      Term{absl::CivilDay(2026, 1, 1), absl::CivilDay(2026, 3, 20)};
  policy.customers[0].crm = {{"salesforce", "001"}};
  policy.plans.at("gold").allowance.tickets.per_month = 1;
  SetPolicy(policy);
  Open(1);
  Say(1, 10, "/support log 1h45m a call");
  const auto ids = [&] {
    std::vector<std::string> all;
    const auto notices = store.ReadNotices(100);
    for (const Notice& notice : *notices) {
      if (IsAboutCustomer(notice.kind)) all.push_back(notice.id);
    }
    std::sort(all.begin(), all.end());
    return all;
  };
  const std::vector<std::string> expected = {"allowance.low acme 2026-03 tickets",
                                             "customer.term_ending acme 2026-03-20 30",
                                             "hours.low acme q1"};
  EXPECT_EQ(ids(), expected);
  ASSERT_TRUE(judge->TellOfCustomers().ok());
  EXPECT_EQ(ids(), expected);
  auto waiting = store.FindNotice("hours.low acme q1");
  ASSERT_TRUE(waiting.ok() && *waiting);
  Notice notice = (*waiting)->notice;
  EXPECT_EQ(notice.crm.at("salesforce"), "001");
  EXPECT_EQ(*judge->Review(&notice), NoticeReview::Word::kTell);
  EXPECT_TRUE(judge->DecideAgain(notice.ticket).ok());
  // Somebody buys more hours, and the term is longer.
  policy.customers[0].hours[0].amount = 600;
  policy.customers[0].entitlements[0].term->until = absl::CivilDay(2027, 3, 20);
  SetPolicy(policy);
  EXPECT_EQ(*judge->Review(&notice), NoticeReview::Word::kDrop);
}

TEST_F(WorkLogTest, CustomersAreLookedAtOnceAnHourAndUnderEachPolicy) {
  Reconciler reconciler(*judge, store, clock, log, metrics, terms, {"github"});
  const auto looked = [&] {
    EXPECT_TRUE(reconciler.RunOnce().ok());
    return store.ReadNotices(100)->size();
  };
  EXPECT_EQ(looked(), 0u);
  Policy policy = MakeWorkPolicy();
  policy.customers[0].entitlements[0].term =
      Term{absl::CivilDay(2026, 1, 1), absl::CivilDay(2026, 4, 1)};
  terms.Set({MakeTerms("v2", At(-60 * 24), policy)});
  clock.Advance(absl::Minutes(2));
  EXPECT_EQ(looked(), 1u) << "thirty days are left";
  clock.Set(absl::FromCivil(absl::CivilDay(2026, 3, 26), absl::UTCTimeZone()));
  EXPECT_EQ(looked(), 2u) << "six days are left";
  clock.Advance(absl::Hours(2));
  EXPECT_EQ(looked(), 2u);
}

TEST_F(WorkLogTest, ANoticeAboutATicketCarriesTheCustomersIdsInOtherSystems) {
  Policy policy = MakeWorkPolicy();
  policy.customers[0].crm = {{"salesforce", "001"}};
  SetPolicy(policy);
  Open(1);
  clock.Set(At(400));
  Settle();
  const auto notices = store.ReadNotices(100);
  ASSERT_FALSE(notices->empty());
  for (const Notice& notice : *notices) EXPECT_EQ(notice.crm, policy.customers[0].crm) << notice.id;
}

TEST_F(WorkLogTest, TheOtherOpenTicketsShowTheNewBalance) {
  Open(1);
  Open(2);
  Open(3);
  Decide(3, {MakeClosed({Provenance::kWebhook, At(5)}, "completed", kAlice, Moment::At(At(5)))});
  Say(1, 10, "/support log 1h a call");
  Settle();
  EXPECT_EQ(Shown(2), std::vector<std::string>{"1h of 2h left of q1, until 2026-03-31"});
  EXPECT_EQ(Shown(3), std::vector<std::string>{});
}

TEST_F(WorkLogTest, ABlockThatEndsIsShownNoMore) {
  Open(1);
  clock.Set(absl::FromCivil(absl::CivilDay(2026, 4, 1), absl::UTCTimeZone()));
  Settle();
  EXPECT_EQ(Shown(1), std::vector<std::string>{});
}

TEST_F(WorkLogTest, ARequestThatIsDrawnFromHoursSaysThatNoneAreLeft) {
  Policy policy = MakeWorkPolicy();
  policy.requests["training"] = {
      "training", {"kind: training"}, {{Metric::kFirstResponse, {0, absl::Hours(8), "8h"}}}, true};
  SetPolicy(policy);
  Open(1);
  Decide(1, {MakeLabelAdded({Provenance::kWebhook, At(3)}, "kind: training", kAlice,
                            Moment::At(At(3)))});
  Say(1, 10, "/support log 2h the training");
  const std::vector<std::string> expected = {"0m of 2h left of q1, until 2026-03-31",
                                             "no hours are left for this request (training)"};
  EXPECT_EQ(Shown(1), expected);
  // The same for a customer that never bought any.
  policy.customers[0].hours.clear();
  SetPolicy(policy);
  Say(1, 12, "thanks");
  EXPECT_EQ(Shown(1), std::vector<std::string>{"no hours are left for this request (training)"});
}

}  // namespace
}  // namespace retainer::pipeline
