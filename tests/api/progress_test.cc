#include "src/api/progress.h"

#include <gtest/gtest.h>

namespace retainer::api {
namespace {

using State = Progress::State;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr Progress::Steady::time_point kBegan{seconds(1000)};

Progress In(State state, std::uint64_t moved = 0, std::uint64_t declared = 0) {
  return {state, kBegan, kBegan, moved, declared};
}

TEST(Progress, EachStepHasItsTime) {
  const PaceLimits limits;
  EXPECT_EQ(Deadline(In(State::kIdle), limits), kBegan + seconds(2));
  EXPECT_EQ(Deadline(In(State::kFinishing), limits), kBegan + milliseconds(250));
  EXPECT_EQ(Deadline(In(State::kAnswering), limits), Progress::Steady::time_point::max());
  for (const auto& [state, most] :
       {std::pair(State::kHead, seconds(5)), std::pair(State::kBody, seconds(20)),
        std::pair(State::kWriting, seconds(20))}) {
    Progress progress = In(state);
    EXPECT_EQ(Deadline(progress, limits), kBegan + seconds(5)) << "of silence";
    progress.last += seconds(4);
    EXPECT_EQ(Deadline(progress, limits), kBegan + std::min(most, seconds(9)));
    progress.last += seconds(40);
    EXPECT_EQ(Deadline(progress, limits), kBegan + most) << "however much comes";
  }
}

TEST(Progress, WhoDoesNothingGoesBeforeWhoIsSlow) {
  const PaceLimits limits;
  const auto now = kBegan + seconds(10);
  const auto burden = [&](const Progress& progress, std::size_t held = 0) {
    return Burden(progress, held, limits, now);
  };
  Progress longer = In(State::kIdle);
  longer.begun -= seconds(1);
  EXPECT_GT(burden(longer), burden(In(State::kIdle)));
  EXPECT_GT(burden(In(State::kIdle)), burden(In(State::kBody), 25 << 20));
  EXPECT_GT(burden(In(State::kFinishing)), burden(In(State::kBody), 25 << 20));
  // The larger and the slower connections are heavier.
  EXPECT_GT(burden(In(State::kBody), 25 << 20), burden(In(State::kBody), 1 << 20));
  EXPECT_GT(burden(In(State::kBody, 10), 1 << 20), burden(In(State::kBody, 10'000), 1 << 20));
  EXPECT_GT(burden(In(State::kHead)), 0);
  EXPECT_GT(burden(In(State::kWriting, 100)), 0);
  EXPECT_EQ(burden(In(State::kAnswering), 25 << 20), 0) << "that is ours";
}

TEST(Progress, WhoBringsEnoughStays) {
  const PaceLimits limits;
  const auto now = kBegan + seconds(10);
  EXPECT_EQ(Burden(In(State::kBody, 40'960), 1000, limits, now), 0);
  EXPECT_GT(Burden(In(State::kBody, 40'950), 1000, limits, now), 0);
  // A client whose body cannot be complete in time is slow, whatever it sends meanwhile.
  EXPECT_GT(Burden(In(State::kBody, 40'960, 25 << 20), 1000, limits, now), 0);
  EXPECT_EQ(Burden(In(State::kBody, 13 << 20, 25 << 20), 1000, limits, now), 0);
  EXPECT_EQ(Burden(In(State::kBody), 25 << 20, limits, kBegan + milliseconds(900)), 0)
      << "it has only begun";
}

}  // namespace
}  // namespace retainer::api
