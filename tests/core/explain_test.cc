// The explanation of a standing, with which a person can check its figures.
#include <gtest/gtest.h>

#include "absl/strings/match.h"
#include "tests/core/story.h"

namespace retainer::core {
namespace {

TEST(ExplainTest, AChangeOfPriorityWithinACycleIsKeptWithBothLegs) {
  Story story;
  story.Opens("dave").Wait(absl::Hours(2)).Says("dave", "/support priority P1");
  const Cycle& cycle = story.Last("acme", Metric::kResolution);
  ASSERT_EQ(cycle.stretches.size(), 2u);
  const Stretch& first = cycle.stretches[0];
  EXPECT_EQ(first.why, "");
  EXPECT_EQ(first.promise->priority, "P3");
  EXPECT_EQ(first.promise->target, absl::Hours(8 * 24));
  EXPECT_TRUE(first.has_leg);
  EXPECT_EQ(first.due, cycle.started + absl::Hours(8 * 24));
  const Stretch& second = cycle.stretches[1];
  EXPECT_EQ(second.why, "priority P1 by @dave, a customer");
  EXPECT_EQ(second.elapsed, absl::Hours(2));
  EXPECT_EQ(second.open, absl::Hours(24));
  EXPECT_EQ(second.due, story.now() + absl::Hours(24));
  EXPECT_EQ(cycle.due, second.due);
  EXPECT_FALSE(cycle.due_stands);
  EXPECT_EQ(cycle.promise->plan, "gold");
}

TEST(ExplainTest, AnUnchangedCycleHasNoStretches) {
  Story story;
  story.Opens("dave");
  EXPECT_TRUE(story.Last("acme", Metric::kResolution).stretches.empty());
}

TEST(ExplainTest, ALooserPolicyReplacesTheLegAndABrokenPromiseStands) {
  Policy looser = StoryPolicy();
  looser.plans["gold"].promises["P3"].targets[Metric::kResolution] = OpenTarget(absl::Hours(400));
  looser.plans["gold"].promises["P3"].targets[Metric::kFirstResponse] = OpenTarget(absl::Hours(40));
  Story story;
  story.Opens("dave").Wait(absl::Hours(10)).NewTerms("v2", looser);
  const Cycle resolution = story.Last("acme", Metric::kResolution);
  ASSERT_EQ(resolution.stretches.size(), 2u);
  EXPECT_FALSE(resolution.stretches[0].has_leg);
  EXPECT_EQ(resolution.stretches[1].why, "policy v2");
  EXPECT_EQ(resolution.stretches[1].open, absl::Hours(390));
  const Cycle response = story.Last("acme", Metric::kFirstResponse);  // 8 h had passed
  EXPECT_TRUE(response.due_stands);
  EXPECT_FALSE(response.stretches[1].has_leg);
}

TEST(ExplainTest, TheFactsThatBeganAndEndedAPauseAreKnown) {
  Story story;
  story.Opens("dave").Wait(absl::Hours(1)).Says("alice", "Which version?\n\n/support waiting");
  story.Wait(absl::Hours(3)).Says("dave", "It is version four of it.");
  story.Wait(absl::Hours(1)).Closes("alice").Wait(absl::Hours(5)).Reopens("dave");
  const Standing standing = story.See();
  ASSERT_EQ(standing.waits.size(), 1u);
  EXPECT_EQ(standing.waits[0].span.until - standing.waits[0].span.from, absl::Hours(3));
  EXPECT_NE(story.facts().Find(standing.waits[0].begin_fact), nullptr);
  EXPECT_EQ(story.facts().Find(standing.waits[0].end_fact)->actor.login, "dave");
  const Cycle& cycle = story.Last("acme", Metric::kResolution);
  ASSERT_EQ(cycle.resumed.size(), 1u);
  EXPECT_EQ(story.facts().Find(cycle.resumed[0].begin_fact)->kind, FactKind::kClosed);
  EXPECT_EQ(story.facts().Find(cycle.resumed[0].end_fact)->kind, FactKind::kReopened);
}

TEST(ExplainTest, WhatIsToBeToldIsKnownBeforehand) {
  Policy policy = StoryPolicy();
  policy.plans["gold"].warn_at = {0.5};
  policy.plans["gold"].escalation = {{1.5, Metric::kFirstResponse, {"lead"}}};
  Story story(policy);
  story.Opens("dave");
  const absl::Time start = story.now();
  const auto& coming = story.Clock("acme", Metric::kFirstResponse)->to_come;
  ASSERT_EQ(coming.size(), 3u);
  EXPECT_EQ(coming[0], (Coming{start + absl::Hours(4), NoticeKind::kWarning, 0.5}));
  EXPECT_EQ(coming[1], (Coming{start + absl::Hours(8) + kBreachGrace, NoticeKind::kBreach, 1.0}));
  EXPECT_EQ(coming[2],
            (Coming{start + absl::Hours(12) + kBreachGrace, NoticeKind::kEscalation, 1.5}));
  story.Wait(absl::Hours(5));
  EXPECT_EQ(story.Clock("acme", Metric::kFirstResponse)->to_come.size(), 2u);
  story.Says("alice", "We are looking into it now.");
  EXPECT_TRUE(story.Clock("acme", Metric::kFirstResponse)->to_come.empty());
}

void ExpectIn(const std::string& text, const std::string& what) {
  EXPECT_TRUE(absl::StrContains(text, what)) << what << "\nis not in\n" << text;
}

TEST(ExplainTest, ACycleSaysWhichFactsStartedPausedAndStoppedIt) {
  Story story;
  story.Opens("dave").Wait(absl::Hours(1)).Says("alice", "Which version?\n\n/support waiting");
  story.Wait(absl::Hours(3)).Says("dave", "It is version four of it.");
  story.Wait(absl::Hours(1)).Closes("alice").Wait(absl::Hours(5)).Reopens("dave");
  story.Wait(absl::Hours(2));
  const std::string text = story.Explained();
  ExpectIn(text, "      started  2026-03-02 09:00:00 UTC [opened::");
  ExpectIn(text, "      paused   2026-03-02 10:00:00 UTC to 2026-03-02 13:00:00 UTC = 3h\n");
  ExpectIn(text,
           "               waiting for the customer by [comment:comment/1: by @alice], "
           "until [comment:comment/2: by @dave]\n");
  ExpectIn(text, "      paused   2026-03-02 14:00:00 UTC to 2026-03-02 19:00:00 UTC = 5h\n");
  ExpectIn(text, "               stopped by [closed:");
  ExpectIn(text,
           "      target   192h = 192h open time for P3 by always (always open), policy v1 in "
           "force since 2026-01-01 00:00:00 UTC\n");
  ExpectIn(text,
           "      counted  2026-03-02 09:00:00 UTC to 2026-03-02 10:00:00 UTC = 1h\n"
           "      counted  2026-03-02 13:00:00 UTC to 2026-03-02 14:00:00 UTC = 1h\n"
           "      counted  2026-03-02 19:00:00 UTC to 2026-03-02 21:00:00 UTC = 2h\n"
           "      sum      4h\n"
           "      elapsed  4h\n");
  ExpectIn(text, ": the target after the start, the pauses not counted\n");
}

TEST(ExplainTest, TermsThatChangedWithinACycleAreToldWithBothLegs) {
  Policy office = StoryPolicy();
  office.plans["gold"].calendars = {"office"};
  Story story;
  story.Opens("dave").Wait(absl::Hours(2)).NewTerms("v2", office);
  story.Wait(absl::Hours(1)).Says("dave", "/support priority P1").Wait(absl::Hours(1));
  const std::string text = story.Explained();
  ExpectIn(text, "      terms    1, from 2026-03-02 09:00:00 UTC\n");
  ExpectIn(text, "policy v1 in force since 2026-01-01 00:00:00 UTC\n");
  ExpectIn(text, "      so far   2h\n");
  ExpectIn(text, "      terms    2, from 2026-03-02 11:00:00 UTC: policy v2\n");
  ExpectIn(text, "by office (Europe/Paris), policy v2 in force since 2026-03-02 11:00:00 UTC\n");
  ExpectIn(text, "      so far   2h before + 1h = 3h\n");
  ExpectIn(text,
           "      terms    3, from 2026-03-02 12:00:00 UTC: priority P1 by @dave, a customer\n");
  ExpectIn(text, "      elapsed  3h before + 1h = 4h\n");
  // The resolution: first a looser calendar, so the rest of the target counts; then a stricter one.
  ExpectIn(text,
           "      leg      terms 2: 192h less the 2h used = 190h open time after 2026-03-02 "
           "11:00:00 UTC = ");
  ExpectIn(text, "      leg      terms 3: 24h open time after 2026-03-02 12:00:00 UTC = ");
  ExpectIn(text, " UTC: the earliest of the legs\n");
}

TEST(ExplainTest, WhatWasBrokenBeforeTheTermsChangedIsToldSo) {
  Policy looser = StoryPolicy();
  looser.plans["gold"].promises["P3"].targets[Metric::kFirstResponse] = OpenTarget(absl::Hours(40));
  Story story;
  story.Opens("dave").Wait(absl::Hours(10)).NewTerms("v2", looser).Wait(absl::Hours(1));
  ExpectIn(story.Explained(),
           "      due      2026-03-02 17:00:00 UTC: it was broken then, and later changes do not "
           "repair that\n");
}

TEST(ExplainTest, TimeFromAnotherTicketIsToldWithItsNumbers) {
  Story first;
  first.Opens("dave").Wait(absl::Hours(3)).Moves("alice", "github/77/issue/20");
  const Standing left = first.See();
  ASSERT_FALSE(left.carried.empty());
  Story second;
  second.Wait(absl::Hours(2)).Opens("dave").Wait(absl::Hours(1));
  Fact arrived;
  arrived.kind = FactKind::kArrived;
  arrived.provenance = Provenance::kNetwork;
  arrived.at = second.now();
  arrived.subject = "github/77/issue/12";
  arrived.value = left.carried;
  arrived.id = MakeFactId(arrived.kind, arrived.subject, "");
  second.Add(arrived).Wait(absl::Hours(1));
  const std::string text = second.Explained();
  ExpectIn(text,
           "a claim came from another ticket, where it had used 3h; here 1h was used: the longer "
           "time counts\n");
  ExpectIn(text, "      elapsed  3h before + 1h = 4h\n");
  ExpectIn(text, "less the 3h used = ");
  EXPECT_FALSE(absl::StrContains(text, "not on record")) << text;
}

TEST(ExplainTest, ALongListOfIntervalsIsToldByItsHeadAndItsSum) {
  Policy policy = StoryPolicy();
  policy.plans["gold"].calendars = {"office"};
  Story story(policy);
  story.Opens("dave").Wait(absl::Hours(24 * 120));
  ExpectIn(story.Explained(), "      counted  … and more: ");
}

TEST(ExplainTest, WhatIsToComeIsToldWithItsInstant) {
  Policy policy = StoryPolicy();
  policy.plans["gold"].warn_at = {0.5};
  policy.plans["gold"].escalation = {{1.5, Metric::kFirstResponse, {"lead"}}};
  Story story(policy);
  story.Opens("dave").Wait(absl::Minutes(1));
  const std::string text = story.Explained();
  ExpectIn(text, "    to come  2026-03-02 13:00:00 UTC: warning at 50%\n");
  ExpectIn(text, "    to come  2026-03-02 17:01:00 UTC: breach\n");
  ExpectIn(text, "    to come  2026-03-02 21:01:00 UTC: escalation at 150% to lead\n");
}

TEST(ExplainTest, AnExcusedCycleStopsCounting) {
  Story story;
  story.Opens("dave").Wait(absl::Hours(9)).Excuses("first_response", "acme", "the forge was down");
  EXPECT_EQ(story.Last("acme", Metric::kFirstResponse).elapsed, absl::Hours(9));
  story.Wait(absl::Hours(20));
  EXPECT_EQ(story.Last("acme", Metric::kFirstResponse).elapsed, absl::Hours(9));
}

}  // namespace
}  // namespace retainer::core
