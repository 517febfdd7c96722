// What a standing tells a person who checks its sums.
#include <gtest/gtest.h>

#include "tests/core/story.h"

namespace retainer {
namespace {

TEST(ExplainTest, AChangeOfPriorityWithinACycleIsKeptWithBothLegs) {
  Story story;
  story.Opens("dave").Wait(absl::Hours(2)).Says("dave", "/support priority P1");
  const Cycle& cycle = story.Last("acme", Metric::kResolution);
  ASSERT_EQ(cycle.stretches.size(), 2u);
  const Stretch& first = cycle.stretches[0];
  EXPECT_EQ(first.why, "");
  EXPECT_EQ(first.priority, "P3");
  EXPECT_EQ(first.target, absl::Hours(8 * 24));
  EXPECT_TRUE(first.has_leg);
  EXPECT_EQ(first.due, cycle.started + absl::Hours(8 * 24));
  const Stretch& second = cycle.stretches[1];
  EXPECT_EQ(second.why, "priority P1 by @dave, a customer");
  EXPECT_EQ(second.elapsed, absl::Hours(2));
  EXPECT_EQ(second.open, absl::Hours(24));
  EXPECT_EQ(second.due, story.now() + absl::Hours(24));
  EXPECT_EQ(cycle.due, second.due);
  EXPECT_FALSE(cycle.due_stands);
  EXPECT_EQ(cycle.plan, "gold");
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

}  // namespace
}  // namespace retainer
