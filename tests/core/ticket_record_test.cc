#include "retainer/ticket_record.h"

#include <gtest/gtest.h>

namespace retainer::core {
namespace {

absl::Time At(int seconds) { return absl::FromUnixSeconds(1'767'225'600 + seconds); }

TEST(TicketRecord, StateFollowsFromInstants) {
  OpenPromise promise;
  promise.at_risk_at = At(10);
  promise.due = At(20);
  EXPECT_EQ(StateAt(promise, At(9)), ClockState::kRunning);
  EXPECT_EQ(StateAt(promise, At(10)), ClockState::kAtRisk);
  EXPECT_EQ(StateAt(promise, At(20)), ClockState::kBreached) << "at the due instant, not after it";
  promise.paused = true;
  EXPECT_EQ(StateAt(promise, At(15)), ClockState::kPaused);

  ClaimRecord claim;
  EXPECT_EQ(StateAt(claim, At(0)), std::nullopt);
  claim.settled = ClockState::kMissed;
  promise.paused = false;
  claim.promises = {promise};
  EXPECT_EQ(StateAt(claim, At(0)), ClockState::kMissed);
  EXPECT_EQ(StateAt(claim, At(10)), ClockState::kAtRisk);

  TicketRecord record;
  record.worst = ClockState::kRunning;
  EXPECT_EQ(StateAt(record, At(30)), ClockState::kRunning) << "what an older record knows";
  record.customers = {"acme"};
  record.claims = {claim};
  EXPECT_EQ(StateAt(record, At(30)), ClockState::kBreached);
}

TEST(TicketRecord, AStandingIsSummarized) {
  Standing standing;
  ClaimStanding acme;
  acme.customer = "acme";
  acme.plan = "gold";
  acme.priority = "P1";
  Cycle met;
  met.outcome = Outcome::kMet;
  met.stopped = At(0);
  met.elapsed = absl::Minutes(42);
  Cycle open;
  open.due = At(90);
  PromiseClock first{Metric::kFirstResponse, PromiseKind::kCommitment, ClockState::kMet, {met}, {}};
  PromiseClock next{
      Metric::kNextResponse, PromiseKind::kTarget, ClockState::kRunning, {met, met, open}, {}};
  acme.clocks = {first, next};
  ClaimStanding gone = acme;
  gone.customer = "globex";
  gone.released = true;
  standing.claims = {acme, gone};

  const std::vector<ClaimRecord> claims = SummarizeClaims(standing);
  ASSERT_EQ(claims.size(), 1u);
  EXPECT_EQ(claims[0].settled, ClockState::kMet);
  ASSERT_EQ(claims[0].promises.size(), 1u);
  EXPECT_EQ(claims[0].promises[0].metric, Metric::kNextResponse);
  EXPECT_EQ(claims[0].promises[0].kind, PromiseKind::kTarget);
  EXPECT_EQ(DueOf(claims[0]), At(90));

  const std::vector<EndingCount> endings = CountEndings(standing);
  ASSERT_EQ(endings.size(), 4u) << "of released claims too";
  EXPECT_EQ(endings[0], (EndingCount{"acme", Metric::kFirstResponse, Ending::kMet, DayOf(At(0)),
                                     TookStep(absl::Minutes(42)), 1}));
  EXPECT_EQ(endings[1],
            (EndingCount{"acme", Metric::kNextResponse, Ending::kMet, DayOf(At(0)), 0, 2}));
}

TEST(TicketRecord, StepsOfTimeAreNarrow) {
  EXPECT_EQ(TookStep(absl::ZeroDuration()), 1);
  EXPECT_EQ(TookOf(TookStep(absl::Seconds(30))), absl::Seconds(60));
  for (int minutes = 2; minutes < 60 * 24 * 365; minutes = minutes * 3 / 2 + 1) {
    const double shown = absl::ToDoubleMinutes(TookOf(TookStep(absl::Minutes(minutes))));
    EXPECT_NEAR(shown / minutes, 1, 0.05) << minutes;
  }
  EXPECT_EQ(DayOf(absl::UnixEpoch() + absl::Hours(47)), 1);
}

}  // namespace
}  // namespace retainer::core
