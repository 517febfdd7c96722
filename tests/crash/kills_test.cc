// A few of the kills that `kills` does by the hundred.
#include <gtest/gtest.h>

#include "tests/crash/kill_story.h"

namespace retainer {
namespace {

TEST(Kills, NothingIsDoubledStaleOrLost) {
  KillOptions options;
  options.service = RETAINER_KILLED_SERVICE;
  options.kills = 16;
  options.seed = 7;
  const KillReport report = RunKills(options);
  EXPECT_EQ(report.kills, options.kills);
  EXPECT_GT(report.notices, 0);
  EXPECT_TRUE(report.ok()) << report;
}

}  // namespace
}  // namespace retainer
