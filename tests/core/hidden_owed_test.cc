#include "retainer/hidden_owed.h"

#include <gtest/gtest.h>

#include "retainer/ticket_record.h"

namespace retainer::core {
namespace {

absl::Time Hour(double hour) { return absl::FromUnixSeconds(0) + absl::Hours(24 * 100 + hour); }
constexpr std::uint32_t kShift = 6 * 3600;  // the grid is at 6 o'clock

class HiddenOwedTest : public ::testing::Test {
 protected:
  // A decision at `hour`, with a commitment to a private customer due at `due`; infinite: none is
  // open.
  void Decide(double hour, double due, bool hidden = true) {
    TicketRecord next;
    next.tracked = true;
    next.decided_at = Hour(hour);
    ClaimRecord claim;
    claim.hidden = hidden;
    if (due < 1e6) {
      claim.promises = {
          {Metric::kFirstResponse, PromiseKind::kCommitment, false, Hour(due - 1), Hour(due)}};
    }
    next.claims = {claim};
    next.hidden_owed = NextHiddenOwed(first_ ? nullptr : &record_, next, kShift);
    record_ = next;
    first_ = false;
  }
  bool Counts(double hour) const {
    if (!record_.hidden_owed) return false;
    const HiddenSpan& span = record_.hidden_owed->broken;
    return CoarseAt(span.since, kShift) <= Hour(hour) || Hour(hour) < span.until;
  }
  static constexpr double kNever = 1e9;

  TicketRecord record_;
  bool first_ = true;
};

TEST_F(HiddenOwedTest, TheGridIsOneInstantADay) {
  EXPECT_EQ(CoarseAt(Hour(6), kShift), Hour(6));
  EXPECT_EQ(CoarseAt(Hour(6) + absl::Nanoseconds(1), kShift), Hour(30));
  EXPECT_EQ(CoarseAt(Hour(5), kShift), Hour(6));
  EXPECT_EQ(CoarseAt(absl::InfiniteFuture(), kShift), absl::InfiniteFuture());
}

TEST_F(HiddenOwedTest, CountsFromTheNextInstantOfTheGridAndAsLongAfter) {
  Decide(0, 10);
  EXPECT_FALSE(Counts(29));
  EXPECT_TRUE(Counts(30));
  Decide(40, kNever);  // answered
  EXPECT_TRUE(Counts(53));
  EXPECT_FALSE(Counts(54));
  // Nothing is kept of what has ended.
  Decide(60, kNever);
  EXPECT_FALSE(record_.hidden_owed);
}

TEST_F(HiddenOwedTest, WhatBeganAndEndedWithinADayWasNeverSeen) {
  Decide(0, 10);
  Decide(12, kNever);
  for (int hour = 0; hour < 100; ++hour) EXPECT_FALSE(Counts(hour)) << hour;
}

TEST_F(HiddenOwedTest, ItNeverChangesAtTheInstantOfADecision) {
  // Learnt long after it happened; moved within the past, in both directions; begun again before
  // its end was visible.
  Decide(20, 2);
  EXPECT_FALSE(Counts(20));
  EXPECT_TRUE(Counts(30));
  Decide(33, 1);
  EXPECT_TRUE(Counts(33));
  Decide(34, 31);
  EXPECT_TRUE(Counts(34));
  Decide(40, 45);  // excused; the next is due at 45
  EXPECT_TRUE(Counts(40));
  EXPECT_TRUE(Counts(53));
  EXPECT_TRUE(Counts(54)) << "the next has begun";
  Decide(80, kNever);
  EXPECT_TRUE(Counts(80));
  EXPECT_TRUE(Counts(101));
  EXPECT_FALSE(Counts(102));
  // The clock was set back: what has ended does not change.
  Decide(70, kNever);
  EXPECT_TRUE(Counts(81));
  EXPECT_FALSE(Counts(102));
}

TEST_F(HiddenOwedTest, PublicCustomersAreNotHidden) {
  Decide(0, 10, false);
  EXPECT_FALSE(record_.hidden_owed);
}

}  // namespace
}  // namespace retainer::core
