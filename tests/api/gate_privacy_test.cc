// What a caller that may ask the gate at any time, as every job of a public project may, can learn
// about a private customer. Two worlds that differ only in one private customer get the same
// questions at the same instants, and everything visible is compared.
#include <gtest/gtest.h>

#include <functional>
#include <map>
#include <set>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "tests/api/served.h"

namespace retainer::api {
namespace {

using nlohmann::json;

// The questions without a filter: only in these do promises to private customers count.
const char* const kOpenQuestions[] = {"", "&fail_on=at_risk", "&ref=v1", "&fail_on=at_risk&ref=v1"};
const char* const kNarrowed[] = {"&priority=P1",
                                 "&priority=P2",
                                 "&priority=P1,%20P2",
                                 "&priority=P9",
                                 "&plan=gold",
                                 "&plan=silver",
                                 "&plan=bronze",
                                 "&customer=acme",
                                 "&customer=c-7f3",
                                 "&customer=globex",
                                 "&customer=nobody",
                                 "&priority=P2&ref=v1",
                                 "&priority=P2&fail_on=at_risk"};

struct Seen {
  std::map<std::string, std::string> narrowed;  // by instant and question
  std::map<std::string, std::map<absl::Time, json>> open;
  std::size_t forge_asked = 0;
  int store_asked = 0;

  // The intervals in which a question's verdict differed from that in the other world.
  std::vector<std::pair<absl::Time, absl::Time>> Differences(const Seen& other,
                                                             const std::string& question) const {
    std::vector<std::pair<absl::Time, absl::Time>> spans;
    bool differs = false;
    for (const auto& [at, answer] : open.at(question)) {
      const bool now = answer != other.open.at(question).at(at);
      if (now && !differs) spans.emplace_back(at, absl::InfiniteFuture());
      if (!now && differs) spans.back().second = at;
      differs = now;
    }
    return spans;
  }
};

class WatchedWorld final : public Served {
 public:
  explicit WatchedWorld(bool with_acme) {
    if (!with_acme) policy.customers.erase(policy.customers.begin());
  }

  // Issues of dave, who is a contact of acme in one of the worlds, and of gina.
  Seen Watch(absl::Duration step, absl::Duration end) {
    Serve();
    SaveToken("job", "github:acme/opendb", "", "gate");
    forge.SetRef("v1", {std::string(40, 'a'), std::string(40, 'b'), std::string(40, 'c')});
    // Minute -> what happens.
    std::map<int, std::function<void()>> story = {
        {0, [&] { Say("1", MakeEvent(1, kDave, {Opened(kDave, 0)})); }},
        {30, [&] { Say("2", MakeEvent(2, gina, {Opened(gina, 30)})); }},
        {60, [&] { SeeMerged(10, {"#1"}, std::string(40, 'a')); }},
        {90, [&] { SeeMerged(11, {"#2"}, std::string(40, 'b')); }},
        {60 * 3,
         [&] {
           Say("2a", MakeEvent(2, gina, {Commented(kAlice, 60 * 3, "9", "Mended in 1.2.")}));
         }},
        // A broken promise to a public customer.
        {60 * 24 * 6, [&] { Say("4", MakeEvent(4, gina, {Opened(gina, 60 * 24 * 6)})); }},
        {60 * 50, [&] {
           Say("1a", MakeEvent(1, kDave, {Commented(kAlice, 60 * 50, "8", "Mended in 1.2.")}));
         }}};
    Seen seen;
    auto next = story.begin();
    for (absl::Duration at; at <= end; at += step) {
      while (next != story.end() && absl::Minutes(next->first) <= at) {
        clock.Set(At(next->first));
        next->second();
        ++next;
      }
      clock.Set(At(0) + at);
      EXPECT_TRUE(desk->Settle(absl::Seconds(30)).ok());
      const int asked = store.owed_asked();
      for (const char* question : kNarrowed) Note(Ask(question), question, at, &seen);
      seen.store_asked += store.owed_asked() - asked;
      for (const char* question : kOpenQuestions) {
        seen.open[question][clock.Now()] = json::parse(Get(gate + question, "job")->body);
      }
    }
    seen.forge_asked = forge.Count("contains");
    return seen;
  }

  // Writes something that a job may not know of, twice within a second.
  void Touch(absl::Duration after) {
    clock.Advance(after);
    Say(absl::StrCat("touch", ++touches_),
        MakeEvent(1, kDave,
                  {MakeLabelAdded({Provenance::kWebhook, clock.Now()}, "bug", kBot,
                                  Moment::At(clock.Now()))}));
  }
  void Begin() {
    Serve();
    SaveToken("job", "github:acme/opendb", "", "gate");
  }
  json Asked(const std::string& question = "") { return GetJson(gate + question, "job"); }
  json AskedInside() { return GetJson(gate); }
  void Move(absl::Time to) {
    clock.Set(to);
    ASSERT_TRUE(desk->Settle(absl::Seconds(30)).ok());
  }
  void Say(const std::string& id, Event event) {
    Deliver(id, std::move(event));
    ASSERT_TRUE(desk->Settle(absl::Seconds(30)).ok());
  }
  using Served::clock;
  using Served::Commented;
  using Served::desk;
  using Served::forge;
  using Served::gina;
  using Served::Key;
  using Served::MakeEvent;
  using Served::Open;
  using Served::Opened;
  using Served::policy;
  using Served::store;

 private:
  httplib::Result Ask(const std::string& question) { return Get(gate + question, "job"); }
  static void Note(const httplib::Result& result, const std::string& question, absl::Duration at,
                   Seen* seen) {
    ASSERT_TRUE(result);
    std::string all = absl::StrCat(result->status, "\n", result->body);
    for (const auto& [name, value] : result->headers) {
      if (name != "X-Request-Id" && name != "Keep-Alive") {
        absl::StrAppend(&all, "\n", name, ": ", value);
      }
    }
    if (result->status >= 400) {
      json problem = json::parse(result->body);
      problem.erase("request_id");
      all = problem.dump();
    }
    seen->narrowed[absl::StrCat(absl::FormatDuration(at), " ", question)] = all;
  }
  void TestBody() override {}
  static inline const Actor kBot{"77", "ci", true};
  int touches_ = 0;
};

// Report (gitlab #297062, gitlab #18755): public information reveals who pays.
TEST(GatePrivacyTest, NothingButTheDayIsSeenOfAPrivateCustomer) {
  const absl::Duration step = absl::Hours(1);
  const absl::Duration end = absl::Hours(24 * 8);
  const Seen with = WatchedWorld(true).Watch(step, end);
  const Seen without = WatchedWorld(false).Watch(step, end);
  for (const auto& [question, answer] : with.narrowed) {
    ASSERT_EQ(answer, without.narrowed.at(question)) << question;
  }
  EXPECT_EQ(with.forge_asked, without.forge_asked) << "no forge is asked of what is private";
  EXPECT_EQ(with.store_asked, without.store_asked);

  for (const char* question : kOpenQuestions) {
    const auto spans = with.Differences(without, question);
    ASSERT_EQ(spans.size(), 1u) << question;
    const auto [from, until] = spans[0];
    // Due at hour 4, at risk at hour 3, answered at hour 50.
    const absl::Time begins = At(absl::StrContains(question, "at_risk") ? 3 * 60 : 4 * 60);
    EXPECT_GE(from, begins) << question;
    EXPECT_LE(from, begins + kHiddenGrain + step) << question;
    EXPECT_GE(until, At(50 * 60)) << question;
    EXPECT_LE(until, At(50 * 60) + kHiddenGrain + step) << question;
    EXPECT_EQ((until - from) % kHiddenGrain, absl::ZeroDuration()) << question;
    EXPECT_EQ(with.open.at(question).at(until - step)["reasons"],
              json::array({{{"kind", "private"},
                            {"text", absl::StrCat("A commitment to a private customer is broken",
                                                  begins == At(180) ? " or at risk" : "",
                                                  ", or was until lately: that is told to the "
                                                  "day.")}}}))
        << question;
  }
}

// The author of a stranger's issue is also looked up in the organisations of private customers.
// Until the forge answers, it is unknown whose issue it is, but only for callers that may know
// those customers.
TEST(GatePrivacyTest, WhatIsAskedForPrivateCustomersAloneIsNothingToWaitForOutside) {
  const auto verdicts = [](bool with_acme) {
    WatchedWorld world(with_acme);
    if (with_acme) world.policy.customers[0].contacts.organizations = {{"github", "acme-inc"}};
    world.forge.fault = [](const std::string& call) {
      return call == "membership" ? absl::UnavailableError("away") : absl::OkStatus();
    };
    world.Begin();
    world.Open(1, kErin);
    world.Move(world.clock.Now() + absl::Minutes(1));
    return std::pair(world.Asked(), world.AskedInside()["verdict"]);
  };
  const auto with = verdicts(true);
  const auto without = verdicts(false);
  EXPECT_EQ(with.first, without.first);
  EXPECT_EQ(with.first["verdict"], "pass");
  EXPECT_EQ(with.second, "unknown") << "the test can tell";
  EXPECT_EQ(without.second, "pass");
}

TEST(GatePrivacyTest, WhenItCountsIsAnotherInstantInEveryStoreAndOnEveryTicket) {
  std::set<absl::Duration> hours;
  for (int i = 0; i < 4; ++i) {
    for (int number = 0; number < 4; ++number) {
      TicketRecord record;
      record.key = {"github", "77", TicketKind::kIssue, number + 1};
      FaultyStore fresh;
      DecisionWrite write;
      write.record = record;
      write.record.tracked = true;
      write.record.customers = {"acme"};
      write.record.priorities = {"P2"};
      ClaimRecord claim;
      claim.customer = "acme";
      claim.plan = "gold";
      claim.priority = "P2";
      claim.hidden = true;
      claim.promises = {{Metric::kFirstResponse, PromiseKind::kCommitment, false,
                         absl::UnixEpoch() + absl::Hours(3), absl::UnixEpoch() + absl::Hours(4)}};
      write.record.claims = {claim};
      ASSERT_TRUE(fresh.Commit(write).ok());
      const auto stored = fresh.LoadTicket(record.key);
      ASSERT_TRUE(stored->record.hidden_owed);
      hours.insert(absl::Seconds(stored->record.hidden_owed->shift_seconds));
    }
  }
  EXPECT_GT(hours.size(), 12u);
}

TEST(GatePrivacyTest, WithinASecondAnAnswerStaysWhateverIsWritten) {
  WatchedWorld world(true);
  world.Begin();
  world.Open(1, kDave);
  const json before = world.Asked();
  world.Touch(absl::Milliseconds(200));
  EXPECT_EQ(world.Asked(), before) << "as_of would tell that something was written";
  world.Touch(absl::Milliseconds(200));
  EXPECT_EQ(world.Asked(), before);
  world.clock.Advance(absl::Milliseconds(600));
  EXPECT_NE(world.Asked()["as_of"], before["as_of"]);
}

// Whatever ends a breach, an answer or not, outsiders see the end no sooner.
TEST(GatePrivacyTest, AnExcuseOrAReleasedClaimTurnsTheAnswerBackOnTheDayToo) {
  for (const bool excuse : {true, false}) {
    WatchedWorld world(true);
    world.Begin();
    world.Open(1, kDave);
    world.Move(At(60 * 40));
    ASSERT_EQ(world.Asked()["verdict"], "fail");
    const Fact fact = excuse ? pipeline::MakeExcuseFact(Metric::kFirstResponse, "acme",
                                                        "op: agreed", world.clock.Now())
                             : pipeline::MakeOperatorFact(*ParseCommand("release c-7f3"),
                                                          "op: not theirs", world.clock.Now());
    ASSERT_TRUE(world.desk->Operate(WatchedWorld::Key(1), fact).ok());
    world.clock.Advance(absl::Seconds(1));
    EXPECT_EQ(world.Asked()["verdict"], "fail") << excuse;
    EXPECT_EQ(world.Asked("&priority=P2")["verdict"], "pass") << excuse;
    world.Move(At(60 * 64) + absl::Seconds(1));
    EXPECT_EQ(world.Asked()["verdict"], "pass") << excuse;
  }
}

// A claim that creates a breach in the past starts to count on the day after it, not at once.
TEST(GatePrivacyTest, WhatIsLearntLateCountsNoSooner) {
  WatchedWorld world(true);
  world.Begin();
  // The project is known from the beginning.
  world.Say("early", world.MakeEvent(2, kErin, {world.Opened(kErin, 0)}));
  world.clock.Set(At(60 * 30));
  world.Say("late", world.MakeEvent(1, kDave, {world.Opened(kDave, 0)}));
  world.clock.Advance(absl::Seconds(1));
  EXPECT_EQ(world.Asked()["verdict"], "pass") << "learnt this second";
  world.Move(At(60 * 54) + absl::Seconds(1));
  EXPECT_EQ(world.Asked()["verdict"], "fail");
}

}  // namespace
}  // namespace retainer::api
