// What MakeForge refuses, and the offline forge.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/match.h"
#include "src/forge/clients.h"
#include "tests/forge/forge_world.h"

namespace retainer::forge {
namespace {

class MakeForgeTest : public testing::Test {
 protected:
  absl::Status Make(const ForgeConfig& config) { return MakeForge(config, clock_, log_).status(); }
  FakeClock clock_{Start()};
  FakeLog log_;
};

TEST_F(MakeForgeTest, AsksNobodyUntilCalled) {
  for (const ForgeConfig& config :
       {World::GitHubApp(), World::GitHubToken(), World::GitLabToken()}) {
    EXPECT_TRUE(Make(config).ok());
    World world(config);
    EXPECT_THAT(world.script.calls(), testing::IsEmpty());
    (void)world.forge->Check();
    EXPECT_THAT(world.script.calls(), testing::Not(testing::IsEmpty()));
  }
}

TEST_F(MakeForgeTest, RefusesWhatCannotWorkAndNamesIt) {
  ForgeConfig config = World::GitHubToken();
  config.token.clear();
  EXPECT_TRUE(absl::StrContains(Make(config).message(), "app: {id, private_key} or token"));
  config = World::GitLabToken();
  config.token.clear();
  EXPECT_TRUE(absl::StrContains(Make(config).message(), "set token"));
  config.token = "two\r\nlines";
  EXPECT_EQ(Make(config).code(), absl::StatusCode::kInvalidArgument);
  EXPECT_FALSE(absl::StrContains(Make(config).message(), "lines\""));
  config = World::GitHubApp();
  config.private_key = "?";
  EXPECT_TRUE(absl::StrContains(Make(config).message(), "forge github: app.private_key"));
  config = World::GitHubToken();
  config.api_url = "http://api.github.com";
  EXPECT_TRUE(absl::StrContains(Make(config).message(), "https://"));
}

TEST(OfflineForgeTest, AnswersUnavailableToEverything) {
  const std::unique_ptr<Forge> forge = MakeOfflineForge("github");
  EXPECT_EQ(forge->name(), "github");
  EXPECT_EQ(forge->Check().status().code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(forge->ReadTicket({}).status().message(), "github: offline");
  EXPECT_EQ(forge->CreateComment({}, "x").status().code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(forge->AddLabels({}, {"x"}).code(), absl::StatusCode::kUnavailable);
}

}  // namespace
}  // namespace retainer::forge
