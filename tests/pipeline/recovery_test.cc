#include "src/pipeline/recovery.h"

#include "tests/pipeline/world.h"

namespace retainer::pipeline {
namespace {

using RecoveryTest = World;

TEST_F(RecoveryTest, LooksFarBackOnceThenOnlyAtWhatIsRecent) {
  Recovery recovery(slot, clock, log, metrics);
  EXPECT_EQ(recovery.RunOnce(), clock.Now() + Recovery::kEvery);
  clock.Advance(Recovery::kEvery);
  recovery.RunOnce();
  EXPECT_EQ(forge.redelivered_since(),
            (std::vector<absl::Time>{At(0) - Recovery::kKept,
                                     At(0) + Recovery::kEvery - Recovery::kRecent}));
}

TEST_F(RecoveryTest, WhereTheForgeKeepsNoLogItNeverAsksAgain) {
  forge.fault = [](const std::string&) { return absl::UnimplementedError("no log"); };
  Recovery recovery(slot, clock, log, metrics);
  EXPECT_EQ(recovery.RunOnce(), absl::InfiniteFuture());
  EXPECT_TRUE(log.lines().empty());
}

TEST_F(RecoveryTest, WaitsAsLongAsALimitSays) {
  forge.fault = [](const std::string&) {
    return WithRetryAfter(absl::ResourceExhaustedError("slow down"), absl::Hours(1));
  };
  Recovery recovery(slot, clock, log, metrics);
  EXPECT_EQ(recovery.RunOnce(), clock.Now() + absl::Hours(1));
}

}  // namespace
}  // namespace retainer::pipeline
