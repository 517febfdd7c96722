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

TEST(ConsistencyTest, AProxyThatIsNotNamedIsSaidWithTheMend) {
  Config config = MakeConfig();
  config.public_url = "https://support.example.com";
  for (const char* own : {"127.0.0.1", "::1", "localhost"}) {
    config.listen = {own, 8080};
    config.trusted_proxies.clear();
    ASSERT_EQ(WarningsOf(config).size(), 1u) << own;
    EXPECT_TRUE(absl::StrContains(WarningsOf(config)[0], "trusted_proxies: [127.0.0.1]"));
    config.trusted_proxies = {"10.0.0.1"};
    EXPECT_EQ(WarningsOf(config).size(), 1u) << "no proxy comes from there";
    config.trusted_proxies = {"127.0.0.1"};
    EXPECT_TRUE(WarningsOf(config).empty());
    config.trusted_proxies = {"::1"};
    EXPECT_TRUE(WarningsOf(config).empty());
  }
  config.trusted_proxies.clear();
  config.public_url = "http://127.0.0.1:8080";
  EXPECT_TRUE(WarningsOf(config).empty()) << "nobody comes from elsewhere";
  config.public_url = "http://[::1]:8080";
  EXPECT_TRUE(WarningsOf(config).empty());
  config.public_url = "https://support.example.com";
  config.listen = {"0.0.0.0", 8080};
  EXPECT_TRUE(WarningsOf(config).empty()) << "there need not be a proxy";
}

}  // namespace
}  // namespace retainer::cli
