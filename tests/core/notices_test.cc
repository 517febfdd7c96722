// Who gets which notices, and when.
#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "tests/core/story.h"

namespace retainer::core {
namespace {

using absl::Hours;
using absl::Minutes;
using absl::Seconds;
using Strings = std::vector<std::string>;

constexpr Metric kFirst = Metric::kFirstResponse;

// One promise: a first answer within four office hours, Monday to Friday 09:00 to 17:00 in Paris
// (08:00 to 16:00 UTC). A warning at half of it; the lead is called at its end.
Policy Office() {
  Policy policy = StoryPolicy();
  Plan& gold = policy.plans["gold"];
  gold.calendars = {"office"};
  gold.promises["P3"].targets = {{kFirst, OpenTarget(Hours(4))}};
  gold.warn_at = {0.5};
  gold.escalation = {{1.0, std::nullopt, {"lead"}}};
  policy.customers[0].is_public = true;
  return policy;
}

Policy AtAnyHour() {
  Policy policy = Office();
  policy.plans["gold"].notify = NotifyHours::kAlways;
  return policy;
}

Policy Mentioning(bool is_public = true) {
  Policy policy = Office();
  policy.plans["gold"].calendars = {"always"};
  policy.plans["gold"].warn_at = {};
  policy.plans["gold"].escalation[0].mention = true;
  policy.customers[0].is_public = is_public;
  return policy;
}

// Due on Monday at closing time: opened at 13:00 in Paris.
Story DueAtClosing(const Policy& policy) {
  Story story(policy);
  story.GoTo("2026-03-02 12:00:00").Opens("dave");
  return story;
}

std::set<NoticeKind> Kinds(const Standing& standing) {
  std::set<NoticeKind> kinds;
  for (const Notice& notice : standing.notices) kinds.insert(notice.kind);
  return kinds;
}

Strings Ids(const std::vector<Notice>& notices) {
  Strings ids;
  for (const Notice& notice : notices) ids.push_back(notice.id);
  return ids;
}

const std::set<NoticeKind> kAll = {NoticeKind::kWarning, NoticeKind::kBreach,
                                   NoticeKind::kEscalation};

TEST(OpeningHours, ABreachAtClosingTimeIsToldAtTheNextOpening) {
  const Story story = DueAtClosing(Office());
  const absl::Time closing = Utc("2026-03-02 16:00:00");
  const absl::Time opening = Utc("2026-03-03 08:00:00");
  const Standing evening = story.See(closing + Minutes(5));
  EXPECT_EQ(evening.claims[0].clocks[0].state, ClockState::kBreached);  // the face does not wait
  EXPECT_EQ(Kinds(evening), std::set<NoticeKind>{NoticeKind::kWarning});
  EXPECT_GE(evening.next_wake, opening);
  EXPECT_LT(evening.next_wake, opening + Minutes(1));
  EXPECT_EQ(Kinds(story.See(evening.next_wake - Seconds(1))),
            std::set<NoticeKind>{NoticeKind::kWarning});
  const Standing morning = story.See(evening.next_wake);
  EXPECT_EQ(Kinds(morning), kAll);
  for (const Notice& notice : morning.notices) {
    if (notice.kind == NoticeKind::kWarning) continue;
    EXPECT_EQ(notice.at, evening.next_wake);
    EXPECT_EQ(notice.due, closing);
  }
  EXPECT_EQ(morning.next_wake, absl::InfiniteFuture());
}

TEST(OpeningHours, TheFaceIsWokenForTheBreachAtOnce) {
  const Story story = DueAtClosing(Office());
  const absl::Time closing = Utc("2026-03-02 16:00:00");
  EXPECT_EQ(story.See(closing).next_wake, closing + kBreachGrace);
}

TEST(OpeningHours, ThePlanCanSayAtAnyHour) {
  const Story story = DueAtClosing(AtAnyHour());
  const absl::Time told = Utc("2026-03-02 16:01:00");
  EXPECT_EQ(Kinds(story.See(told)), kAll);
  EXPECT_EQ(story.See(told - Seconds(1)).next_wake, told);
  EXPECT_EQ(Ids(story.See(told).notices),
            Ids(DueAtClosing(Office()).See(told + Hours(24)).notices));  // the same notices
}

TEST(OpeningHours, ACalendarThatNeverClosesTellsAtAnyHour) {
  Policy policy = Office();
  policy.plans["gold"].calendars = {"always"};
  Story story(policy);
  story.GoTo("2026-03-02 22:00:00").Opens("dave").Wait(Hours(4) + Minutes(1));
  EXPECT_EQ(Kinds(story.See()), kAll);
}

TEST(OpeningHours, ItIsTheCalendarOfThePromise) {
  Policy policy = Office();
  policy.plans["gold"].calendars = {"always"};
  policy.plans["gold"].promises["P3"].calendars = {"office"};
  EXPECT_EQ(Kinds(DueAtClosing(policy).See(Utc("2026-03-02 16:05:00"))),
            std::set<NoticeKind>{NoticeKind::kWarning});
  policy.customers[0].calendars = {"always"};  // the customer's own replace them
  EXPECT_EQ(Kinds(DueAtClosing(policy).See(Utc("2026-03-02 16:05:00"))), kAll);
}

TEST(OpeningHours, AnAnswerBeforeTheOpeningSilencesWhatWaitsForIt) {
  Story story = DueAtClosing(Office());
  story.GoTo("2026-03-02 19:00:00").Says("alice", "Sorry, here it is.").Wait(Hours(100));
  EXPECT_EQ(story.State("acme", kFirst), ClockState::kMissed);
  EXPECT_EQ(Kinds(story.See()), std::set<NoticeKind>{NoticeKind::kWarning});
}

TEST(OpeningHours, AWarningThatWaitedUntilThePromiseWasLateIsNotTold) {
  Policy policy = Office();
  policy.plans["gold"].promises["P3"].targets = {{kFirst, OpenTarget(Hours(4) + Seconds(1))}};
  // Monday's four hours are 99.99 %: the warning falls on closing time, the due instant on the
  // first second of Tuesday.
  policy.plans["gold"].warn_at = {14400.0 / 14401.0};
  const Story story = DueAtClosing(policy);
  const absl::Time due = Utc("2026-03-03 08:00:01");
  const Standing late = story.See(due + Hours(1));
  EXPECT_EQ(late.claims[0].clocks[0].cycles[0].due, due);
  EXPECT_EQ(Kinds(late), (std::set<NoticeKind>{NoticeKind::kBreach, NoticeKind::kEscalation}));
}

TEST(OpeningHours, TicketsThatWaitForOneOpeningAreSpreadOverItsMinute) {
  std::set<absl::Time> instants;
  const absl::Time opening = Utc("2026-03-03 08:00:00");
  for (int number = 1; number <= 60; ++number) {
    Story story(Office());
    story.context().key.number = number;
    story.GoTo("2026-03-02 12:00:00").Opens("dave");
    const absl::Time wake = story.See(opening - Hours(1)).next_wake;
    EXPECT_GE(wake, opening);
    EXPECT_LT(wake, opening + Minutes(1));
    EXPECT_EQ(Kinds(story.See(wake)), kAll);
    instants.insert(wake);
  }
  EXPECT_GT(instants.size(), 20u);
}

TEST(OpeningHours, AnEscalationByHandAtNightIsHeardAtOnceAndToldInTheMorning) {
  Story story(Office());
  story.GoTo("2026-03-02 20:00:00").Opens("dave", "It is down.\n/support escalate");
  const Standing night = story.See(story.now() + Minutes(1));
  EXPECT_TRUE(night.claims[0].escalated_by_hand);
  EXPECT_TRUE(night.notices.empty());
  EXPECT_GE(night.next_wake, Utc("2026-03-03 08:00:00"));
  EXPECT_LT(night.next_wake, Utc("2026-03-03 08:01:00"));
  const Standing morning = story.See(night.next_wake);
  ASSERT_EQ(morning.notices.size(), 1u);
  EXPECT_EQ(morning.notices[0].teams, Strings{"lead"});
  Story answered = story;
  answered.Wait(Hours(1)).Says("alice", "We are on it.").Wait(Hours(100));
  EXPECT_TRUE(answered.See().notices.empty());
  EXPECT_TRUE(answered.See().claims[0].escalated_by_hand);
  Story released = story;
  released.Wait(Hours(1)).Says("alice", "/support release c-7f3").Wait(Hours(100));
  EXPECT_TRUE(released.See().notices.empty());
}

TEST(Silence, AReplyInTimeSilencesAllThatIsPending) {
  Story story(AtAnyHour());
  story.Opens("dave").Wait(Hours(1)).Says("alice", "On it.").Wait(Hours(1000));
  EXPECT_TRUE(story.See().notices.empty());
  EXPECT_EQ(story.See().next_wake, absl::InfiniteFuture());
}

TEST(Silence, AnExcusedPromiseTellsNothingMore) {
  Story story(AtAnyHour());
  story.Opens("dave").Wait(Hours(8) + Minutes(5));
  const std::size_t told = story.See().notices.size();
  story.Excuses("first_response", "acme", "agreed by phone").Wait(Hours(1000));
  EXPECT_EQ(story.See().notices.size(), told);
}

TEST(Silence, ACancelledPromiseTellsNothing) {
  Story story(AtAnyHour());
  story.Opens("dave").Wait(Hours(1)).Closes("dave").Wait(Hours(1000));
  EXPECT_EQ(story.State("acme", kFirst), ClockState::kCancelled);
  EXPECT_TRUE(story.See().notices.empty());
}

Policy Resolution() {
  Policy policy = AtAnyHour();
  policy.plans["gold"].calendars = {"always"};
  policy.plans["gold"].promises["P3"].targets = {{Metric::kResolution, OpenTarget(Hours(10))}};
  return policy;
}

TEST(Silence, WhileItWaitsForTheCustomerAPromiseWarnsOfNothing) {
  Story story(Resolution());
  story.Opens("dave").Wait(Hours(6)).Says("alice", "Which version?\n/support waiting");
  // Half of it was used up an hour before the waiting began. A service that looks only now, after a
  // stop, does not warn about time that does not pass.
  story.Wait(Hours(1000));
  EXPECT_TRUE(story.See().notices.empty());
  EXPECT_EQ(story.See().next_wake, absl::InfiniteFuture());
  story.Says("dave", "2.1").Wait(Hours(1));
  EXPECT_EQ(Kinds(story.See()), std::set<NoticeKind>{NoticeKind::kWarning});
}

TEST(Once, ABreachKeepsItsIdWhateverHappensAfterwards) {
  Story story(Resolution());
  story.Opens("dave").Wait(Hours(11));
  const Strings told = Ids(story.See().notices);
  ASSERT_EQ(told.size(), 3u);
  Story urgent = story;
  urgent.Says("dave", "/support priority P1").Wait(Hours(500));
  Story reopened = story;
  reopened.Closes("alice").Wait(Hours(100)).Reopens("dave").Wait(Hours(500));
  Story looser = story;
  Policy policy = Resolution();
  policy.plans["gold"].promises["P3"].targets[Metric::kResolution] = OpenTarget(Hours(400));
  looser.NewTerms("v2", policy).Wait(Hours(500));
  Story stricter = story;
  policy.plans["gold"].promises["P3"].targets[Metric::kResolution] = OpenTarget(Hours(1));
  stricter.NewTerms("v2", policy).Wait(Hours(500));
  for (const Story* later : {&urgent, &reopened, &looser, &stricter}) {
    const Standing standing = later->See();
    for (const Notice& notice : standing.notices) {
      if (notice.metric != Metric::kResolution) continue;  // P1 promises more
      EXPECT_TRUE(std::find(told.begin(), told.end(), notice.id) != told.end()) << notice.id;
    }
    EXPECT_TRUE(Kinds(standing).contains(NoticeKind::kBreach));
  }
}

TEST(Levels, WhatALaterPolicyAsksForTellsNothingOfTimesThatWereOver) {
  Policy quiet = AtAnyHour();
  quiet.plans["gold"].calendars = {"always"};
  quiet.plans["gold"].warn_at = {};
  quiet.plans["gold"].escalation = {};
  Policy loud = AtAnyHour();
  loud.plans["gold"].calendars = {"always"};
  Story answered(quiet);
  answered.Opens("dave").Wait(Hours(3)).Says("alice", "On it.").Wait(Hours(24));
  answered.NewTerms("v2", loud).Wait(Hours(24));
  EXPECT_TRUE(answered.See().notices.empty());
  Story late(quiet);
  late.Opens("dave").Wait(Hours(24)).NewTerms("v2", loud).Wait(Hours(24));
  EXPECT_EQ(Kinds(late.See()), std::set<NoticeKind>{NoticeKind::kBreach});
  // Later ones are told.
  Story early(quiet);
  early.Opens("dave").Wait(Hours(1)).NewTerms("v2", loud).Wait(Hours(2));
  EXPECT_EQ(Kinds(early.See()), std::set<NoticeKind>{NoticeKind::kWarning});
}

TEST(Mentions, AreANoticeOfTheirOwnWhereThePolicyAsksForThem) {
  Story story(Mentioning());
  story.Opens("dave").Wait(Hours(5));
  const Standing standing = story.See();
  EXPECT_EQ(Kinds(standing), (std::set<NoticeKind>{NoticeKind::kBreach, NoticeKind::kEscalation,
                                                   NoticeKind::kMention}));
  Policy quiet = Mentioning();
  quiet.plans["gold"].escalation[0].mention = false;
  Story silent(quiet);
  silent.Opens("dave").Wait(Hours(5));
  EXPECT_FALSE(Kinds(silent.See()).contains(NoticeKind::kMention));
}

TEST(Mentions, NeverOfAPrivateCustomer) {
  Story story(Mentioning(/*is_public=*/false));
  story.Opens("dave", "Down.\n/support escalate").Wait(Hours(5));
  EXPECT_TRUE(Kinds(story.See()).contains(NoticeKind::kEscalation));
  EXPECT_FALSE(Kinds(story.See()).contains(NoticeKind::kMention));
}

TEST(Mentions, AreMadeOfWhatOutsidersMayKnow) {
  // A private customer's contact escalates a ticket that a public customer claims too. For
  // outsiders this is a stranger's comment.
  Story story(Mentioning());
  story.Opens("dave").Wait(Minutes(1)).Operates(CommandName::kClaim, "beta").Wait(Minutes(1));
  story.Says("bert", "/support escalate").Permission("bert", "read").Wait(Minutes(1));
  const Decision decision =
      Decide(story.context_of(), story.facts(), {}, story.terms(), story.pins(), {}, story.now());
  ASSERT_EQ(decision.standing.questions.size(), 0u);
  EXPECT_TRUE(std::any_of(decision.notices.begin(), decision.notices.end(), [](const Notice& n) {
    return n.kind == NoticeKind::kEscalation && n.customer == "beta";
  }));
  for (const Notice& notice : decision.notices) EXPECT_NE(notice.kind, NoticeKind::kMention);
  // The mention of the public promise comes as it would without the private customer.
  const Decision late = Decide(story.context_of(), story.facts(), {}, story.terms(), story.pins(),
                               {}, story.now() + Hours(5));
  EXPECT_EQ(std::count_if(late.notices.begin(), late.notices.end(),
                          [](const Notice& n) {
                            return n.kind == NoticeKind::kMention && n.customer == "acme";
                          }),
            1);
}

TEST(Mentions, NameTheMembersOnTheTicketsForge) {
  Policy policy = Mentioning();
  policy.teams["lead"].members = {{"github", "carol"}, {"gitlab", "carla"}, {"github", "adam"}};
  Story story(policy);
  story.Opens("dave").Wait(Hours(5));
  const Standing standing = story.See();
  const auto mention = std::find_if(standing.notices.begin(), standing.notices.end(),
                                    [](const Notice& n) { return n.kind == NoticeKind::kMention; });
  ASSERT_NE(mention, standing.notices.end());
  const auto view = PresentMention(*mention, policy);
  ASSERT_TRUE(view.has_value());
  EXPECT_EQ(view->logins, (Strings{"adam", "carol"}));
  EXPECT_EQ(view->kind, MentionView::Kind::kLate);
  EXPECT_EQ(view->promise, "first reply");
  // No mention for other notices, if the customer has become private, or if there are no members.
  EXPECT_FALSE(PresentMention(standing.notices[0], policy).has_value());
  Policy hidden = policy;
  hidden.customers[0].is_public = false;
  EXPECT_FALSE(PresentMention(*mention, hidden).has_value());
  Policy elsewhere = policy;
  elsewhere.teams["lead"].members = {{"gitlab", "carla"}};
  EXPECT_FALSE(PresentMention(*mention, elsewhere).has_value());
}

TEST(Mentions, OurOwnStartsAndStopsNothingAndDeletingItTakesNoStatusCommentAway) {
  Story story(Mentioning());
  story.Opens("dave").Wait(Hours(5));
  // Also while our own id is unknown and our account may write.
  story.context().self_id.clear();
  story.context().self_login.clear();
  story.Permission("retainer-bot", "write");
  Fact own;
  own.kind = FactKind::kOwnComment;
  own.provenance = Provenance::kNetwork;
  own.at = story.now();
  own.subject = IssueCommentId("70");
  own.id = MakeFactId(own.kind, own.subject, "");
  own.value = kOwnMention;
  const Actor self = story.Who("retainer-bot");
  story.Add(own).Add(MakeComment({Provenance::kWebhook, story.now()}, own.subject, self,
                                 Moment::At(story.now()), "@carol first reply was to come."));
  EXPECT_EQ(story.State("acme", kFirst), ClockState::kBreached);
  EXPECT_TRUE(story.See().questions.empty());
  story.Add(MakeCommentDeleted({Provenance::kWebhook, story.now()}, own.subject, story.Who("alice"),
                               self, Moment::At(story.now())));
  EXPECT_FALSE(story.See().comment_deleted_by_hand);
}

TEST(TakenBack, GoesToThoseWhoHadBeenToldAndToNobodyElse) {
  Policy policy = Mentioning();
  policy.teams["night"] = {"night", {{"github", "nick"}}, {}, {}};
  Story story(policy);
  story.Opens("dave").Wait(Hours(5));
  const std::vector<Notice> told = story.See().notices;
  Story mended = story;
  mended.Add(MakeComment({Provenance::kWebhook, story.now()}, "comment/9", story.Who("alice"),
                         Moment::At(story.now() - Hours(3)), "Hi."));
  const auto see = [&](const std::vector<Notice>& known) {
    return WithdrawnBreaches(mended.context_of(), mended.See(), known, *mended.terms().back(),
                             mended.now());
  };
  EXPECT_TRUE(see({}).empty());
  for (const Notice& notice : told) {
    const auto taken_back = see({notice});
    ASSERT_EQ(taken_back.size(), 1u) << notice.id;
    EXPECT_EQ(taken_back[0].teams, notice.teams);
    EXPECT_EQ(taken_back[0].withdraws, Strings{notice.id});
    EXPECT_EQ(taken_back[0].kind, notice.kind == NoticeKind::kMention
                                      ? NoticeKind::kMention
                                      : NoticeKind::kBreachWithdrawn);
  }
  // One for all notices of a promise; mentions separately.
  EXPECT_EQ(see(told).size(), 2u);
  // A breach that stands is not taken back.
  EXPECT_TRUE(
      WithdrawnBreaches(story.context_of(), story.See(), told, *story.terms().back(), story.now())
          .empty());
}

TEST(TakenBack, ALateLearntPauseTakesItBackToo) {
  Story story(Resolution());
  story.Opens("dave").Wait(Hours(11));
  std::vector<Notice> told = story.See().notices;
  std::erase_if(told, [](const Notice& n) { return n.kind == NoticeKind::kWarning; });
  ASSERT_EQ(told.size(), 2u);
  const absl::Time asked = story.now() - Hours(8);
  story.Add(MakeComment({Provenance::kWebhook, story.now()}, "comment/9", story.Who("alice"),
                        Moment::At(asked), "Which version?\n/support waiting"));
  const auto taken_back =
      WithdrawnBreaches(story.context_of(), story.See(), told, *story.terms().back(), story.now());
  ASSERT_EQ(taken_back.size(), 1u);
  EXPECT_EQ(taken_back[0].withdraws.size(), 2u);  // the breach and its escalation
}

}  // namespace
}  // namespace retainer::core
