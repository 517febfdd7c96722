// Whose ticket it is, what role each person has, and who may give which command.
#include <gtest/gtest.h>

#include "absl/strings/match.h"
#include "story.h"

namespace retainer::core {
namespace {

using absl::Hours;
using absl::Minutes;
constexpr auto kFirst = Metric::kFirstResponse;

Role RoleOf(const Standing& standing, const std::string& login) {
  for (const RoleStanding& role : standing.roles) {
    if (role.actor.login == login) return role.role;
  }
  return Role::kUnknown;
}

Policy WithOrganization() {
  Policy policy = StoryPolicy();
  policy.customers[0].contacts = {{}, {{"github", "acme-inc"}}, {}};
  return policy;
}

TEST(Claims, ByContactLoginWithoutRegardToCase) {
  Policy policy = StoryPolicy();
  policy.customers[0].contacts.logins = {{"github", "DAVE"}};
  const Standing standing = Story(policy).Opens("dave").See();
  ASSERT_EQ(standing.claims.size(), 1u);
  EXPECT_EQ(standing.claims[0].customer, "acme");
  EXPECT_TRUE(absl::StrContains(standing.claims[0].reason, "a contact of acme"));
}

TEST(Claims, ByOrganizationOnceTheForgeHasAnswered) {
  Story story(WithOrganization());
  story.Opens("gina");
  const Standing open = story.See();
  EXPECT_TRUE(open.claims.empty());
  ASSERT_EQ(open.questions.size(), 1u);
  EXPECT_EQ(open.questions[0].kind, Question::Kind::kMembership);
  EXPECT_EQ(open.questions[0].organization, "acme-inc");
  EXPECT_EQ(Story(story).Membership("gina", "acme-inc", "yes").See().claims.size(), 1u);
  EXPECT_TRUE(Story(story).Membership("gina", "acme-inc", "no").See().claims.empty());
}

TEST(Claims, WhatCannotBeSeenFromOutsideIsSaidNotGuessed) {
  Story story(WithOrganization());
  story.Opens("gina").Membership("gina", "acme-inc", "unseen");
  EXPECT_TRUE(story.See().claims.empty());
  EXPECT_TRUE(absl::StrContains(story.Explained(), "cannot be seen from outside"));
}

TEST(Claims, ByConfirmedAddress) {
  Policy policy = StoryPolicy();
  policy.customers[0].contacts = {{}, {}, {"@acme.example"}};
  EXPECT_EQ(Story(policy).Opens("gina").Profile("gina", "g@acme.example").See().claims.size(), 1u);
  EXPECT_TRUE(
      Story(policy).Opens("gina").Profile("gina", "g@notacme.example").See().claims.empty());
}

TEST(Claims, ByProject) {
  Policy policy = StoryPolicy();
  policy.customers[0].projects = {{"github", "acme/*"}};
  const Standing standing = Story(policy).Opens("acme-ci").See();
  ASSERT_EQ(standing.claims.size(), 1u);
  EXPECT_EQ(standing.claims[0].customer, "acme");
}

TEST(Claims, SeveralCustomersCanHaveOneTicket) {
  Story story;
  story.Opens("dave").Wait(Hours(1)).Says("alice", "/support claim c-b").Wait(Minutes(1));
  ASSERT_EQ(story.See().claims.size(), 2u);
  story.Says("bert", "For us too.");
  EXPECT_EQ(story.State("beta", kFirst), ClockState::kRunning);
  story.Says("alice", "/support release c-b");
  EXPECT_TRUE(story.See().claims[1].released);
  EXPECT_EQ(story.State("beta", kFirst), ClockState::kCancelled);
}

TEST(Claims, AStrangerCannotClaimAndGetsNoAnswer) {
  Story story;
  story.Opens("eve").Permission("eve", "read").Says("eve", "/support claim c-7f3");
  const Standing standing = story.See();
  EXPECT_TRUE(standing.claims.empty());
  ASSERT_EQ(standing.refusals.size(), 1u);
  EXPECT_TRUE(standing.refusals[0].customer.empty());
}

TEST(Roles, AreTestedInOrder) {
  Policy policy = StoryPolicy();
  policy.customers[0].contacts.logins.push_back({"github", "alice"});
  Story story(policy);
  story.Opens("dave").Says("alice", "Me too.").Says("bob", "Hm.").Says("bert", "Same.");
  story.Permission("bert", "none")
      .Says("acme-ci", "ok")
      .Says("eve", "hi")
      .Permission("eve", "write");
  const Standing standing = story.See();
  EXPECT_EQ(RoleOf(standing, "alice"), Role::kCustomer);  // her company's own ticket
  EXPECT_EQ(RoleOf(standing, "bob"), Role::kResponder);
  EXPECT_EQ(RoleOf(standing, "bert"), Role::kCommunity);  // another customer's contact
  EXPECT_EQ(RoleOf(standing, "eve"), Role::kResponder);   // by permission
  EXPECT_EQ(story.State("acme", kFirst), ClockState::kMet);
}

TEST(Roles, UnknownAuthorisesNothingAndNothingIsAnnounced) {
  Policy policy = StoryPolicy();
  policy.plans["gold"].warn_at = {0.5};
  Story story(policy);
  story.Opens("dave", "Down\n/support priority P1").Wait(Minutes(10)).Says("eve", "Try this.");
  story.Wait(Minutes(30));
  Standing standing = story.See();
  ASSERT_EQ(standing.questions.size(), 1u);
  EXPECT_EQ(standing.questions[0].kind, Question::Kind::kPermission);
  EXPECT_EQ(story.State("acme", kFirst), ClockState::kRunning);
  EXPECT_TRUE(standing.notices.empty());
  EXPECT_TRUE(absl::StrContains(story.Explained(), "permission of @eve not yet answered"));
  story.Permission("eve", "write");
  EXPECT_EQ(story.Last("acme", kFirst).elapsed, Minutes(10));
}

TEST(Roles, AnAnswerHoldsUntilItExpires) {
  Story story;
  story.Opens("dave").Permission("eve", "read", Hours(1)).Says("eve", "a").Wait(Hours(2));
  EXPECT_TRUE(story.See().questions.empty());
  story.Says("eve", "b");
  EXPECT_EQ(story.See().questions.size(), 1u);
}

TEST(Pins, AnotherIdUnderAPinnedLoginIsRefusedAndReported) {
  Story story;
  story.pins().Add({"github", "alice"}, "9999");
  story.Opens("dave").Wait(Minutes(5)).Says("alice", "Hello.").Permission("alice", "read");
  EXPECT_EQ(RoleOf(story.See(), "alice"), Role::kCommunity);
  ASSERT_EQ(story.See().flags.size(), 1u);
  EXPECT_TRUE(absl::StrContains(story.See().flags[0], "pinned to id 9999"));
}

TEST(Pins, ARenamedPersonKeepsTheRole) {
  Story story;
  story.pins().Add({"github", "alice"}, story.Who("alicia").id);
  story.Opens("dave").Wait(Minutes(5)).Says("alicia", "Hello.");
  EXPECT_EQ(RoleOf(story.See(), "alicia"), Role::kResponder);
}

TEST(PriorityInput, FromAFormALabelOrACommandOfSomebodyAllowed) {
  EXPECT_EQ(Story().Opens("dave", "### Priority\n\nP2\n").See().claims[0].priority, "P2");
  EXPECT_EQ(Story().Opens("dave").Labels("alice", "priority: P1").See().claims[0].priority, "P1");
  EXPECT_EQ(Story().Opens("dave").Labels("dave", "priority: P2").See().claims[0].priority, "P2");
  EXPECT_EQ(Story().Opens("dave").Says("dave", "/priority P1").See().claims[0].priority, "P1");
  EXPECT_EQ(Story().Opens("dave").See().claims[0].priority, "P3");
}

TEST(PriorityInput, AStrangersLabelIsRefusedAndTakenOff) {
  Story story;
  story.Opens("dave").Permission("eve", "triage").Labels("eve", "priority: P1");
  Standing standing = story.See();
  EXPECT_EQ(standing.claims[0].priority, "P3");
  ASSERT_EQ(standing.refusals.size(), 1u);
  EXPECT_EQ(standing.refusals[0].label, "priority: P1");
  // If a responder sets it again, it counts.
  story.Wait(Minutes(1)).Labels("alice", "priority: P1");
  standing = story.See();
  EXPECT_EQ(standing.claims[0].priority, "P1");
  EXPECT_EQ(standing.refusals[0].label, "");
}

TEST(PriorityInput, AContactGetsWhatThePlanHasAndIsToldOtherwise) {
  Policy policy = StoryPolicy();
  policy.plans["gold"].promises.erase("P1");
  const Standing standing = Story(policy).Opens("dave").Says("dave", "/support priority P1").See();
  EXPECT_EQ(standing.claims[0].priority, "P3");
  ASSERT_EQ(standing.refusals.size(), 1u);
  EXPECT_EQ(standing.refusals[0].customer, "acme");
  EXPECT_EQ(standing.refusals[0].reason, "the plan of this ticket has no P1; use P2 or P3");
}

TEST(PriorityInput, TakingTheLabelOffFallsBack) {
  Story story;
  story.Opens("dave").Wait(Minutes(1)).Labels("alice", "priority: P1").Wait(Minutes(1));
  EXPECT_EQ(story.Unlabels("alice", "priority: P1").See().claims[0].priority, "P3");
}

TEST(PriorityInput, ALabelWithoutAnActorCountsForNothing) {
  const Standing standing = Story().Opens("dave").Wait(Minutes(1)).Observes({"priority: P1"}).See();
  EXPECT_EQ(standing.claims[0].priority, "P3");
  EXPECT_EQ(standing.labels, std::vector<std::string>{"priority: P1"});
  EXPECT_EQ(standing.flags.size(), 1u);
}

TEST(Observations, ReconcileAMissedRemoval) {
  Story story;
  story.Opens("dave").Wait(Minutes(1)).Labels("alice", "waiting for customer").Observes({});
  EXPECT_TRUE(story.See().waiting.now);  // says nothing against a label of the same second
  story.Wait(Minutes(1)).Observes({});
  EXPECT_FALSE(story.See().waiting.now);
}

TEST(Commands, AnEditRunsOnlyWhatWasNotThereBefore) {
  Story story;
  story.Opens("dave").Wait(Minutes(1)).Says("dave", "/support priority P1").Wait(Minutes(1));
  story.Labels("alice", "priority: P2").Wait(Minutes(1));
  story.Edits("dave", "dave", "/support priority P1", "/support priority P1\nand more");
  EXPECT_EQ(story.See().claims[0].priority, "P2");
  story.Wait(Minutes(1)).Edits("dave", "dave", "x", "/support priority P3");
  EXPECT_EQ(story.See().claims[0].priority, "P3");
}

TEST(Commands, AnEditBySomebodyElseOrABackfilledOneRunsNone) {
  Story story;
  story.Opens("dave").Wait(Minutes(1)).Says("dave", "hello there").Wait(Minutes(1));
  EXPECT_EQ(
      Story(story).Edits("alice", "dave", "x", "/support priority P1").See().claims[0].priority,
      "P3");
  EXPECT_EQ(Story(story).Backfilled().Says("dave", "/support priority P1").See().claims[0].priority,
            "P3");
}

TEST(Commands, BareOnesCanBeSwitchedOff) {
  Policy policy = StoryPolicy();
  policy.bare_commands = false;
  EXPECT_EQ(Story(policy).Opens("dave").Says("dave", "/priority P1").See().claims[0].priority,
            "P3");
  EXPECT_EQ(
      Story(policy).Opens("dave").Says("dave", "/support priority P1").See().claims[0].priority,
      "P1");
}

TEST(Commands, OfTheProjectsPeopleAreRefusedToContactsWithTheReason) {
  const Standing standing = Story().Opens("dave").Says("dave", "/support waiting").See();
  EXPECT_FALSE(standing.waiting.now);
  ASSERT_EQ(standing.refusals.size(), 1u);
  EXPECT_EQ(standing.refusals[0].customer, "acme");
}

// The refusals shown at `at`: to the contact of which customer, or to `people`.
std::vector<std::string> Told(const Story& story, absl::Time at) {
  std::vector<std::string> told;
  for (const Refusal& refusal : story.See(at).refusals) {
    if (at >= refusal.until) continue;
    told.push_back(
        absl::StrCat(refusal.by_responder ? "people" : refusal.customer, ": ", refusal.what));
  }
  return told;
}

TEST(Commands, WhoMayGiveThemIsToldOfAMistypedOneForADay) {
  Story story;
  story.Opens("dave").Wait(Minutes(1)).Says("dave", "/support escalat");
  story.Says("alice", "/support waitng").Says("eve", "/support claim-it");
  story.Permission("eve", "read");
  const absl::Time typed = story.now();
  EXPECT_EQ(Told(story, typed), (std::vector<std::string>{"acme: unknown command escalat",
                                                          "people: unknown command waitng"}))
      << "a stranger is told nothing";
  EXPECT_EQ(Told(story, typed + absl::Hours(24) - absl::Seconds(1)).size(), 2u);
  EXPECT_TRUE(Told(story, typed + absl::Hours(24)).empty());
  EXPECT_LE(story.See(typed + absl::Hours(23)).next_wake, typed + absl::Hours(24))
      << "it goes by itself";
  EXPECT_FALSE(story.See().claims[0].escalated_by_hand);
}

TEST(Commands, AMistypedOneIsToldUntilItsAuthorsNext) {
  Story story;
  story.Opens("dave").Wait(Minutes(1)).Says("dave", "/support escalat").Wait(Minutes(1));
  story.Says("alice", "/support workaround");
  EXPECT_EQ(Told(story, story.now()).size(), 1u) << "another one's command ends nothing";
  story.Wait(Minutes(1)).Says("dave", "/support priorty P2").Wait(Minutes(1));
  EXPECT_EQ(Told(story, story.now()), std::vector<std::string>{"acme: unknown command priorty"});
  // It is corrected by an edit of the same comment.
  story.Edits("dave", "dave", "/support priorty P2", "/support priority P2");
  EXPECT_TRUE(Told(story, story.now()).empty());
  EXPECT_EQ(story.See().claims[0].priority, "P2");
  // In any order of arrival.
  Story late;
  for (auto fact = story.list().rbegin(); fact != story.list().rend(); ++fact) late.Add(*fact);
  EXPECT_EQ(DebugString(late.See(story.now())), DebugString(story.See()));
}

TEST(Commands, AMistypedOneIsToldOnceAndNotOfWhatIsReadAfterwards) {
  Story story;
  story.Opens("dave").Wait(Minutes(1)).Says("alice", "Look.\n\n/support waitng");
  story.Wait(absl::Hours(25));
  story.Edits("alice", "alice", "Look.\n\n/support waitng", "Look here.\n\n/support waitng");
  EXPECT_TRUE(Told(story, story.now()).empty()) << "an edit runs only what was not there before";
  story.Backfilled().Says("alice", "/support waitng");
  EXPECT_TRUE(Told(story, story.now()).empty());
  story.Backfilled(false).Says("alice", "/support sla\n/support waitng\n/support waitng");
  EXPECT_EQ(Told(story, story.now()).size(), 1u);
}

TEST(Commands, AMistypedOneOfAnInternalNoteIsNotTold) {
  Story story;
  story.Opens("dave").Wait(Minutes(1)).Notes("alice", "/support claim-for-globex");
  for (const Refusal& refusal : story.See().refusals) {
    EXPECT_TRUE(refusal.customer.empty() && !refusal.by_responder) << refusal.what;
  }
}

TEST(Commands, AssignIsWantedUntilItIsDone) {
  Story story;
  story.Opens("dave").Says("alice", "/support assign @bob");
  EXPECT_EQ(story.See().assign_requests, std::vector<std::string>{"bob"});
  EXPECT_TRUE(story.Wait(Minutes(1)).Assigns("alice", "bob").See().assign_requests.empty());
}

TEST(Commands, AContactMayHandItsTicketToTheCommunity) {
  const Standing standing =
      Story().Opens("dave").Wait(Minutes(1)).Says("dave", "/support community").See();
  EXPECT_TRUE(standing.claims[0].released);
  EXPECT_FALSE(standing.worst.has_value());
}

TEST(OwnComment, DeletedByHandComesBackOnlyOnRequest) {
  Story story;
  story.Opens("dave").Posts().Wait(Minutes(1)).DeletesLast("alice", "retainer-bot");
  EXPECT_TRUE(story.See().comment_deleted_by_hand);
  EXPECT_FALSE(story.Wait(Minutes(1)).Says("dave", "/support sla").See().comment_deleted_by_hand);
  Story ours;
  ours.Opens("dave").Posts().Wait(Minutes(1)).DeletesLast("retainer-bot", "retainer-bot");
  EXPECT_FALSE(ours.See().comment_deleted_by_hand);
}

TEST(OurLabels, RemovedByHandAreCounted) {
  Story story;
  story.Opens("dave").Labels("retainer-bot", "support: gold").Wait(Minutes(1));
  story.Unlabels("alice", "support: gold").Wait(Minutes(1)).Labels("retainer-bot", "support: gold");
  EXPECT_EQ(story.See().removed_by_hand.at("support: gold"), 1);
  story.Wait(Minutes(1)).Unlabels("retainer-bot", "support: gold");
  EXPECT_EQ(story.See().removed_by_hand.at("support: gold"), 1);
}

TEST(TermsHistoryRules, ACompletedCycleStandsUnderTheTermsAtItsStop) {
  Story story;
  story.Opens("dave").Wait(Hours(2)).Says("alice", "On it.").Wait(Hours(1));
  Policy strict = StoryPolicy();
  strict.plans["gold"].promises["P3"].targets[kFirst] = OpenTarget(Hours(1));
  strict.teams.erase("core");
  story.NewTerms("v2", strict);
  EXPECT_EQ(story.State("acme", kFirst), ClockState::kMet);
  EXPECT_EQ(story.Last("acme", kFirst).promise->terms_id, "v1");
  EXPECT_EQ(story.Last("acme", Metric::kResolution).promise->terms_id, "v2");
}

TEST(TermsHistoryRules, WhatThePolicyNoLongerHoldsCancelsOpenCyclesAtThatInstant) {
  Story story;
  story.Opens("dave").Wait(Hours(1));
  Policy less = StoryPolicy();
  less.plans["gold"].promises["P3"].targets.erase(kFirst);
  Policy none = StoryPolicy();
  none.customers.erase(none.customers.begin());
  EXPECT_EQ(Story(story).NewTerms("v2", less).State("acme", kFirst), ClockState::kCancelled);
  Story gone = story;
  gone.NewTerms("v2", none).Wait(Hours(100));
  EXPECT_EQ(gone.Last("acme", kFirst).outcome, Outcome::kCancelled);
  EXPECT_EQ(gone.Last("acme", kFirst).stopped, story.now());
  EXPECT_TRUE(gone.See().claims[0].released);
}

TEST(Notices, WarnBreachAfterAMinuteAndEscalate) {
  Policy policy = StoryPolicy();
  policy.plans["gold"].warn_at = {0.5};
  policy.plans["gold"].escalation = {{1.5, kFirst, {"lead"}}};
  policy.plans["gold"].promises["P3"].targets = {{kFirst, OpenTarget(Hours(1))}};
  Story story(policy);
  story.Opens("dave");
  const absl::Time opened = story.now();
  EXPECT_TRUE(story.See(opened + Minutes(29)).notices.empty());
  EXPECT_EQ(story.See(opened + Minutes(30)).notices.size(), 1u);
  EXPECT_EQ(story.See(opened + Minutes(60)).notices.size(), 1u);
  EXPECT_EQ(story.See(opened + Minutes(61)).notices.size(), 2u);
  EXPECT_EQ(story.See(opened + Minutes(91)).notices.size(), 3u);
  // An answer that is late, but comes before the breach is announced, is not told as a breach.
  Story under_way = story;
  under_way.Wait(Minutes(60) + absl::Seconds(30)).Says("alice", "Sorry.").Wait(Hours(9));
  EXPECT_EQ(under_way.See().notices.size(), 1u);
}

TEST(Notices, AReplyInTimeThatReachedUsLaterTakesTheBreachBack) {
  Policy policy = StoryPolicy();
  policy.plans["gold"].promises["P3"].targets = {{kFirst, OpenTarget(Hours(1))}};
  Story story(policy);
  story.Opens("dave");
  const absl::Time later = story.now() + Hours(2);
  const std::vector<Notice> told = story.See(later).notices;
  ASSERT_EQ(told.size(), 1u);
  story.Wait(Minutes(50)).Says("alice", "On it.");
  const auto taken_back =
      WithdrawnBreaches(story.context(), story.See(later), told, *story.terms().back(), later);
  ASSERT_EQ(taken_back.size(), 1u);
  EXPECT_EQ(taken_back[0].withdraws, std::vector<std::string>({told[0].id}));
}

TEST(Objectives, OfTheCommunityAreMeasuredWhereNoClaimIs) {
  Policy policy = StoryPolicy();
  policy.community.calendars = {"always"};
  policy.community.objectives[kFirst] = OpenTarget(Hours(10));
  Story story(policy);
  story.Opens("eve")
      .Permission("eve", "read")
      .Wait(Hours(1))
      .Says("alice", "Thanks for the report, looking.");
  const Standing standing = story.See();
  EXPECT_TRUE(standing.claims.empty());
  ASSERT_EQ(standing.objectives.size(), 1u);
  EXPECT_EQ(standing.objectives[0].state, ClockState::kMet);
  EXPECT_FALSE(standing.worst.has_value());
}

TEST(Explain, ShowsTheSumsOfOpenIntervals) {
  Policy policy = StoryPolicy();
  policy.plans["gold"].calendars = {"office"};
  policy.customers[0].time_zone = "Europe/Paris";
  Story story(policy);
  story.GoTo("2026-03-02 14:00:00")
      .Opens("dave")
      .GoTo("2026-03-03 09:00:00")
      .Says("alice", "Hi, on it.");
  const std::string text = story.Explained();
  EXPECT_TRUE(absl::StrContains(text, "(2026-03-02 14:00:00 UTC) to Mon  2 Mar 2026 17:00:00 CET"));
  EXPECT_TRUE(absl::StrContains(text, "sum      3h"));
  EXPECT_TRUE(absl::StrContains(text, "@alice is in the team core"));
}

}  // namespace
}  // namespace retainer::core
