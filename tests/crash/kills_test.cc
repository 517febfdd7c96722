// Runs a few of the kills; `kills` does hundreds.
#include <gtest/gtest.h>

#include <string>

#include "tests/crash/kill_story.h"

namespace retainer {
namespace {

class Kills : public ::testing::TestWithParam<const char*> {};

TEST_P(Kills, NothingIsDoubledStaleOrLost) {
  KillOptions options;
  options.service = RETAINER_KILLED_SERVICE;
  options.forge = GetParam();
  options.kills = 16;
  options.seed = 7;
  const KillReport report = RunKills(options);
  EXPECT_EQ(report.kills, options.kills);
  EXPECT_GT(report.notices, 0);
  EXPECT_TRUE(report.ok()) << report;
}

INSTANTIATE_TEST_SUITE_P(Forges, Kills, ::testing::Values("github", "gitlab"),
                         [](const auto& each) { return std::string(each.param); });

}  // namespace
}  // namespace retainer
