#include "retainer/backtest.h"

#include <gtest/gtest.h>

#include "tests/core/story.h"

namespace retainer::core {
namespace {

std::shared_ptr<const Terms> Proposed(Policy policy) {
  auto terms = CompileTerms("new", absl::UnixEpoch(), std::move(policy));
  if (!terms.ok()) std::abort();
  return *std::move(terms);
}

// Half an hour for the first response at P3, where StoryPolicy has 8 h.
Policy Stricter() {
  Policy policy = StoryPolicy();
  policy.plans["gold"].promises["P3"].targets[Metric::kFirstResponse] =
      OpenTarget(absl::Minutes(30));
  return policy;
}

constexpr std::int64_t kTicket = 12;

void AddStory(const Story& story, const Policy& policy, Backtest* backtest,
              const BacktestScope& scope = {}, std::int64_t number = kTicket) {
  const Standing proposed =
      Evaluate(story.context_of(), story.facts(), {Proposed(policy)}, {}, story.now());
  AddTicket(scope, {"github", "acme/opendb", TicketKind::kIssue, number}, story.facts(),
            story.See(), proposed, backtest);
}

const PromiseName kResponse{"gold", "P3", Metric::kFirstResponse};

TEST(BacktestTest, APromiseKeptTodayIsMissedUnderStricterTermsAsIfTheyHadAlwaysBeen) {
  Story story;
  story.Opens("dave").Wait(absl::Minutes(45)).Says("alice", "Looking into it.");
  Backtest result;
  AddStory(story, Stricter(), &result);
  EXPECT_EQ(result.tickets, 1);
  EXPECT_EQ(result.today.promises[kResponse], (PromiseTally{.met = 1}));
  EXPECT_EQ(result.proposed.promises[kResponse], (PromiseTally{.missed = 1}));
  EXPECT_EQ(result.met_to_missed, 1);
  EXPECT_EQ(result.missed_to_met, 0);
  ASSERT_EQ(result.worsened.size(), 1u);
  const WorsenedPromise& worse = result.worsened[0];
  EXPECT_EQ(worse.customer, "acme");
  EXPECT_EQ(worse.due_today, worse.started + absl::Hours(8));
  EXPECT_EQ(worse.due_new, worse.started + absl::Minutes(30));
  EXPECT_EQ(worse.late(), absl::Minutes(15));
}

TEST(BacktestTest, LooserTermsMendWhatWasMissed) {
  Story story;
  story.Opens("dave").Wait(absl::Hours(9)).Says("alice", "Looking into it.");
  Policy looser = StoryPolicy();
  looser.plans["gold"].promises["P3"].targets[Metric::kFirstResponse] = OpenTarget(absl::Hours(10));
  Backtest result;
  AddStory(story, looser, &result);
  EXPECT_EQ(result.missed_to_met, 1);
  EXPECT_EQ(result.met_to_missed, 0);
}

TEST(BacktestTest, WhatIsOpenIsInTimeOrMissedSoFar) {
  Story story;
  story.Opens("dave").Wait(absl::Hours(1));
  Backtest result;
  AddStory(story, Stricter(), &result);
  EXPECT_EQ(result.today.promises[kResponse], (PromiseTally{.open = 1}));
  EXPECT_EQ(result.proposed.promises[kResponse], (PromiseTally{.late = 1}));
  EXPECT_EQ(result.proposed.promises[kResponse].share_met(), 0.0);
  EXPECT_EQ(result.today.promises[kResponse].share_met(), std::nullopt);
}

TEST(BacktestTest, ExcusedAndCancelledCyclesAreNeitherMetNorMissed) {
  Story story;
  story.Opens("dave").Wait(absl::Hours(9)).Excuses("first_response", "acme", "the forge was down");
  story.Wait(absl::Hours(1)).Closes("dave");
  Backtest result;
  AddStory(story, Stricter(), &result);
  EXPECT_EQ(result.today.promises[kResponse], (PromiseTally{.excused = 1}));
  const PromiseName acknowledgement{"gold", "P3", Metric::kAcknowledgement};
  EXPECT_EQ(result.today.promises[acknowledgement], (PromiseTally{.missed = 1}));
  Story other;
  other.Opens("dave").Wait(absl::Minutes(5)).Closes("dave");
  Backtest closed;
  AddStory(other, Stricter(), &closed);
  EXPECT_EQ(closed.today.promises[kResponse], (PromiseTally{.cancelled = 1}));
}

TEST(BacktestTest, MissesAreCountedInTheHourOfTheWeekOfTheirDueInstant) {
  Story story;
  story.GoTo("2026-03-02 23:50:00").Opens("dave").Wait(absl::Hours(9)).Says("alice", "Later then.");
  Policy policy = Stricter();
  policy.plans["gold"].promises["P3"].targets.erase(Metric::kAcknowledgement);
  Backtest utc;
  AddStory(story, policy, &utc);
  EXPECT_EQ(utc.proposed.missed_at[24 + 0], 1);  // due on Tuesday at 0:20
  BacktestScope scope;
  ASSERT_TRUE(absl::LoadTimeZone("America/New_York", &scope.zone));
  Backtest new_york;
  AddStory(story, policy, &new_york, scope);
  EXPECT_EQ(new_york.proposed.missed_at[19], 1);  // there it is Monday, 19:20
}

TEST(BacktestTest, SinceLeavesOutWhatStartedBefore) {
  Story story;
  story.Opens("dave").Wait(absl::Hours(1)).Says("alice", "Looking into it.");
  story.Wait(absl::Hours(1)).Says("dave", "Any news about the crash?");
  Backtest result;
  BacktestScope scope;
  scope.since = story.now();
  AddStory(story, Stricter(), &result, scope);
  EXPECT_EQ(result.today.promises.size(), 1u);
  EXPECT_EQ((result.today.promises[{"gold", "P3", Metric::kNextResponse}]),
            (PromiseTally{.open = 1}));
}

TEST(BacktestTest, WhereNobodySaidWhoAnsweredAMissIsUnclearAndTheQuestionCounted) {
  // Under the new policy bob is in no team, and the forge was never asked about him.
  Policy policy = Stricter();
  policy.teams["core"].members = {{"github", "alice"}};
  Story story;
  story.Opens("dave").Wait(absl::Minutes(5)).Says("bob", "Looking into it.");
  story.Wait(absl::Hours(2)).Says("alice", "It is mended in the main branch.");
  Backtest result;
  AddStory(story, policy, &result);
  EXPECT_EQ(result.today.promises[kResponse], (PromiseTally{.met = 1}));
  EXPECT_EQ(result.proposed.promises[kResponse], (PromiseTally{.unclear = 1}));
  EXPECT_EQ(result.proposed.unanswered_on, 1);
  EXPECT_EQ(result.proposed.unanswered[Question::Kind::kPermission], 1);
  EXPECT_EQ(result.today.unanswered_on, 0);
  EXPECT_EQ(result.met_to_missed, 0);
}

TEST(BacktestTest, ACustomerOfTheNewPolicyClaimsWhatWasCommunity) {
  Policy policy = StoryPolicy();
  Customer gamma = policy.customers[0];
  gamma.id = "gamma";
  gamma.alias = "c-g";
  gamma.contacts.logins = {{"github", "gus"}};
  policy.customers.push_back(gamma);
  Story story;
  story.Opens("gus").Wait(absl::Minutes(5)).Says("alice", "Looking into it.");
  Backtest result;
  AddStory(story, policy, &result);
  EXPECT_EQ(result.today.claimed, 0);
  EXPECT_EQ(result.proposed.claimed, 1);
  EXPECT_EQ(result.proposed.promises[kResponse], (PromiseTally{.met = 1}));
}

TEST(BacktestTest, ATicketWithoutItsOpeningIsCountedAndNotJudged) {
  Story story;
  story.Says("alice", "Looking into it.");
  Backtest result;
  AddStory(story, Stricter(), &result);
  EXPECT_EQ(result.incomplete, 1);
  EXPECT_TRUE(result.today.promises.empty());
}

TEST(BacktestTest, PartsMergedInAnyOrderAreTheWholeAndOnlyTheLatestAreNamed) {
  BacktestScope scope;
  scope.most_changes = 3;
  std::vector<Backtest> parts;
  Backtest whole;
  for (int i = 0; i < 8; ++i) {
    Story story;
    story.Opens("dave").Wait(absl::Minutes(31 + i % 5)).Says("alice", "Looking into it.");
    Backtest part;
    AddStory(story, Stricter(), &part, scope, i + 1);
    AddStory(story, Stricter(), &whole, scope, i + 1);
    parts.push_back(part);
  }
  Backtest forwards;
  for (const Backtest& part : parts) Merge(scope, part, &forwards);
  Backtest backwards;
  for (auto it = parts.rbegin(); it != parts.rend(); ++it) Merge(scope, *it, &backwards);
  EXPECT_EQ(forwards, whole);
  EXPECT_EQ(backwards, whole);
  EXPECT_EQ(whole.met_to_missed, 8);
  ASSERT_EQ(whole.worsened.size(), 3u);
  EXPECT_EQ(whole.worsened[0].ticket.number, 5);
  EXPECT_EQ(whole.worsened[1].ticket.number, 4);
  EXPECT_EQ(whole.worsened[2].ticket.number, 3);
}

}  // namespace
}  // namespace retainer::core
