#include "src/cli/consistency.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "absl/strings/match.h"
#include "tests/fakes/temporary_folder.h"

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

TEST(ConsistencyTest, AForgeThatIsLackingIsNamedWithItsPlaceAndThoseThatThereAre) {
  Policy policy;
  policy.bots = {{"gh", "ci"}};
  policy::PolicyPlaces places;
  places.forges["gh"] = {"policy/p.yaml", 7, 3};
  const std::vector<policy::Problem> found = Lacking(policy, MakeConfig(), places);
  ASSERT_EQ(found.size(), 1u);
  EXPECT_TRUE(
      absl::StartsWith(policy::FormatProblem(found[0]), "policy/p.yaml:7:3: the policy names"))
      << policy::FormatProblem(found[0]);
  EXPECT_TRUE(absl::StrContains(found[0].mend, "the configuration has github")) << found[0].mend;
}

TEST(ConsistencyTest, ATermThatIsOverIsSaidWithItsDay) {
  Policy policy;
  Customer customer;
  customer.id = "acme";
  customer.time_zone = "Europe/Paris";
  const Term over{absl::CivilDay(2025, 1, 1), absl::CivilDay(2026, 1, 31)};
  customer.entitlements = {{.plan = "gold", .term = over}};
  policy.customers = {customer};
  const auto at = [](const char* text) {
    absl::Time time;
    EXPECT_TRUE(absl::ParseTime(absl::RFC3339_full, text, &time, nullptr));
    return time;
  };
  EXPECT_TRUE(EndedTerms(policy, {}, at("2026-01-31T22:59:59Z")).empty())
      << "its last second there";
  const std::vector<policy::Problem> ended = EndedTerms(policy, {}, at("2026-01-31T23:00:00Z"));
  ASSERT_EQ(ended.size(), 1u);
  EXPECT_TRUE(absl::StrContains(ended[0].what, "\"acme\" ended on 2026-01-31")) << ended[0].what;
}

TEST(ConsistencyTest, ANameThatIsNearlyOneOfTheConfigurationsIsOffered) {
  Policy policy;
  policy.teams["lead"] = {"lead", {{"githb", "carol"}}, {}, {"op"}};
  Config config = MakeConfig();
  config.sinks["ops"] = {"slack", "https://hooks.example.com/", "", false};
  const std::vector<policy::Problem> found = Lacking(policy, config, {});
  ASSERT_EQ(found.size(), 2u);
  EXPECT_EQ(found[0].mend, "did you mean \"ops\"?");
  EXPECT_EQ(found[1].mend, "did you mean \"github\"?");
}

TEST(ConsistencyTest, HolidaysThatAreAllPastAreSaidWithTheirLastDay) {
  Policy policy;
  CalendarSpec& paris = policy.calendars["paris"];
  paris.time_zone = "Europe/Paris";
  paris.holidays = {absl::CivilDay(2025, 12, 25), absl::CivilDay(2026, 1, 1)};
  policy::PolicyPlaces places;
  places.holidays["paris"] = {"p.yaml", 4, 9, "calendars.paris.holidays"};
  const auto at = [&](const char* text) {
    absl::Time time;
    EXPECT_TRUE(absl::ParseTime(absl::RFC3339_full, text, &time, nullptr));
    return OutOfDate(policy, places, time);
  };
  EXPECT_TRUE(at("2026-01-01T22:59:59Z").empty()) << "its last second there";
  const std::vector<policy::Problem> past = at("2026-01-01T23:00:00Z");
  ASSERT_EQ(past.size(), 1u);
  EXPECT_EQ(policy::FormatProblem(past[0]),
            "p.yaml:4:9: the holidays of calendar \"paris\" are all past: the last was 2026-01-01; "
            "add those to come, or write MM-DD for days of every year");
  EXPECT_EQ(past[0].path, "calendars.paris.holidays");
  paris.yearly_holidays = {{5, 1}};
  EXPECT_TRUE(at("2030-01-01T00:00:00Z").empty()) << "there is one every year";
}

TEST(ConsistencyTest, APolicyFolderThatIsNotThereIsNamedWithThoseThatAre) {
  const TemporaryFolder folder;
  std::filesystem::create_directories(folder.path() + "/policy");
  std::ofstream(folder.path() + "/policy/p.yaml") << "version: 1\n";
  Config config = MakeConfig();
  config.policy = folder.path() + "/policy";
  EXPECT_FALSE(MissingPolicyFolder(config, {}).has_value());
  config.policy = folder.path() + "/polcy";
  const auto missing = MissingPolicyFolder(config, {"retainer.yaml", 3, 9});
  ASSERT_TRUE(missing.has_value());
  EXPECT_TRUE(
      absl::StartsWith(policy::FormatProblem(*missing), "retainer.yaml:3:9: there is no policy"));
  EXPECT_TRUE(absl::StrContains(missing->what, "/polcy")) << missing->what;
  EXPECT_EQ(missing->mend, "beside it there is: policy");
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
