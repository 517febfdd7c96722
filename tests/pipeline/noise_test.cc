// The notifications that we cause are counted once each, and an edit causes none.
#include "retainer/noise.h"

#include "tests/pipeline/world.h"

namespace retainer::pipeline {
namespace {

class NoiseTest : public World {
 protected:
  NoiseCounts Counts(std::int64_t number) {
    return *store.ReadNoiseOf(Key(number), MonthOf(clock.Now()));
  }
};

TEST_F(NoiseTest, ACommentAndAnAssignmentNotifyAnEditAndALabelDoNot) {
  Face face = MakeFace("first");
  face.labels = {{"support: gold", "", ""}};
  face.assignees = {"alice", "bob"};
  Want(1, face);
  Dispatch();
  const NoiseCounts counts = {{NoiseKind::kStatus, 1}, {NoiseKind::kAssignment, 2}};
  EXPECT_EQ(Counts(1), counts);
  face.comment->headline = "second";
  face.labels = {{"support: silver", "", ""}};
  Want(1, face);
  Dispatch();
  EXPECT_EQ(forge.Count("update"), 1u);
  EXPECT_EQ(Counts(1), counts);
  EXPECT_EQ(
      metrics.Value("retainer_notifications_total", {{"forge", "github"}, {"kind", "assignment"}}),
      2);
}

TEST_F(NoiseTest, ACommentThatIsFoundAfterACrashCountsOnce) {
  Want(1, MakeFace("first"));
  store.FailWritesAfter(1, absl::UnavailableError("power went"));
  EXPECT_FALSE(dispatcher->RunOnce().ok());
  store.FailWrites(absl::OkStatus());
  MakeDispatcher(false);
  clock.Advance(absl::Minutes(30));
  Dispatch();
  EXPECT_EQ(Counts(1), (NoiseCounts{{NoiseKind::kStatus, 1}}));
}

TEST_F(NoiseTest, WhatWasRefusedNotifiedNobody) {
  forge.fault = [](const std::string& call) {
    return call == "create" ? absl::InvalidArgumentError("locked") : absl::OkStatus();
  };
  Want(1, MakeFace("first"));
  (void)dispatcher->RunOnce();
  EXPECT_TRUE(Counts(1).empty());
}

TEST_F(NoiseTest, MonthsAreThoseOfTheCalendarInUtc) {
  const auto at = [](int year, int month) {
    return absl::FromCivil(absl::CivilMonth(year, month), absl::UTCTimeZone());
  };
  EXPECT_EQ(MonthOf(at(2026, 3)), 2026 * 12 + 2);
  EXPECT_EQ(MonthOf(at(2026, 3) - absl::Nanoseconds(1)), 2026 * 12 + 1);
  EXPECT_EQ(MonthOf(at(2027, 1)), MonthOf(at(2026, 12)) + 1);
}

}  // namespace
}  // namespace retainer::pipeline
