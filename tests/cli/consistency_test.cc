#include "src/cli/consistency.h"

#include <gtest/gtest.h>

#include "absl/strings/match.h"

namespace retainer::cli {
namespace {

Config MakeConfig() {
  Config config;
  config.forges.resize(1);
  config.forges[0].name = "github";
  return config;
}

TEST(ConsistencyTest, ASinkThatTheConfigurationLacksIsNamedWithTheMend) {
  Policy policy;
  policy.teams["lead"] = {"lead", {{"github", "carol"}}, {}, {"ops"}};
  Config config = MakeConfig();
  const Disagreements found = Compare(policy, config);
  ASSERT_EQ(found.wrong.size(), 1u);
  EXPECT_TRUE(absl::StrContains(found.wrong[0], "team lead has the sink ops")) << found.wrong[0];
  EXPECT_TRUE(absl::StrContains(found.wrong[0], "add ops")) << found.wrong[0];
  config.sinks["ops"] = {"slack", "https://hooks.example.com/", "", false};
  EXPECT_TRUE(Compare(policy, config).wrong.empty());
}

TEST(ConsistencyTest, ASinkThatNothingCanBeSentByIsSaid) {
  Config config = MakeConfig();
  config.sinks["ops"] = {"slack", "https://hooks.example.com/top-secret", "", false};
  EXPECT_TRUE(WrongSinks(config).empty());
  config.sinks["crm"] = {"webhook", "https://crm.example.com/", "top-secret", false};
  const std::vector<std::string> wrong = WrongSinks(config);
  ASSERT_EQ(wrong.size(), 1u);
  EXPECT_TRUE(absl::StrContains(wrong[0], "sink crm: ")) << wrong[0];
  EXPECT_TRUE(absl::StrContains(wrong[0], "whsec_")) << wrong[0];
  EXPECT_FALSE(absl::StrContains(wrong[0], "top-secret")) << wrong[0];
}

TEST(ConsistencyTest, AForgeThatTheConfigurationLacksIsNamedOnce) {
  Policy policy;
  policy.projects = {{"github", "acme/opendb"}, {"gitlb", "acme/*"}};
  policy.bots = {{"gitlb", "ci"}};
  const Disagreements found = Compare(policy, MakeConfig());
  ASSERT_EQ(found.wrong.size(), 1u);
  EXPECT_TRUE(absl::StrContains(found.wrong[0], "gitlb (projects)")) << found.wrong[0];
}

TEST(ConsistencyTest, ObserveModeIsSaidPlainly) {
  Config config = MakeConfig();
  config.observe = true;
  ASSERT_EQ(WarningsOf(config).size(), 1u);
  EXPECT_TRUE(absl::StrContains(WarningsOf(config)[0], "nothing is written"));
}

}  // namespace
}  // namespace retainer::cli
