// The store is checked in the background, step by step, once a day.
#include "src/pipeline/scrubber.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "tests/contract/store_samples.h"
#include "tests/fakes/fake_clock.h"
#include "tests/fakes/fake_log.h"
#include "tests/fakes/fake_metrics.h"
#include "tests/fakes/faulty_store.h"

namespace retainer::pipeline {
namespace {

class ScrubberTest : public testing::Test {
 protected:
  // Runs until a pass has ended. Returns the number of steps.
  int Pass() {
    int steps = 0;
    for (absl::Time next; steps < 1000; ++steps) {
      next = *scrubber_.RunOnce();
      if (next - clock_.Now() > absl::Hours(1)) return steps;
      clock_.Set(next);
    }
    ADD_FAILURE() << "no pass ended";
    return steps;
  }

  FaultyStore store_;
  FakeClock clock_{At(0)};
  FakeLog log_;
  FakeMetrics metrics_;
  Scrubber scrubber_{store_, clock_, log_, metrics_};
};

TEST_F(ScrubberTest, WaitsAfterTheStartThenLooksOnceADay) {
  const absl::Time first = *scrubber_.RunOnce();
  EXPECT_EQ(first, At(0) + Scrubber::kFirstAfter);
  clock_.Set(first);
  EXPECT_EQ(*scrubber_.RunOnce(), first + Scrubber::kStepPause);
  Pass();
  EXPECT_EQ(*scrubber_.RunOnce(), first + Scrubber::kPassPause);
}

TEST_F(ScrubberTest, WhatIsDamagedIsSaidUntilAPassFindsItWell) {
  ASSERT_TRUE(store_.Commit(SampleWrite(SampleTicket(1), 0)).ok());
  store_.Spoil(SampleTicket(1));
  Pass();
  ASSERT_EQ(scrubber_.damaged().size(), 1u);
  EXPECT_NE(scrubber_.damaged()[0].find("table tickets"), std::string::npos);
  EXPECT_EQ(metrics_.Value("retainer_store_damaged_places"), 1);
  const auto lines = log_.lines();
  EXPECT_TRUE(std::any_of(lines.begin(), lines.end(), [](const std::string& line) {
    return line.starts_with("the store is damaged") && line.find("mend=") != line.npos;
  }));
}

TEST_F(ScrubberTest, AClockThatWasSetBackHoldsItUpNotAtAll) {
  clock_.Set(*scrubber_.RunOnce());
  Pass();
  const absl::Time next = *scrubber_.RunOnce();
  clock_.ChangeDate(-absl::Hours(24 * 30));
  clock_.Advance(next - clock_.Steady());
  EXPECT_EQ(*scrubber_.RunOnce(), clock_.Steady() + Scrubber::kStepPause);
}

}  // namespace
}  // namespace retainer::pipeline
