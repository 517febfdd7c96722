// Which project of a forge holds the policy, and what deliveries say about it.
#include "src/cli/policy_project.h"

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>

#include "absl/strings/str_cat.h"
#include "tests/fakes/places.h"
#include "webhooks/receivers.h"

namespace retainer::cli {
namespace {

ForgeConfig MakeForge(const std::string& name, ForgeKind kind, const std::string& api_url) {
  ForgeConfig forge;
  forge.name = name;
  forge.kind = kind;
  forge.api_url = api_url;
  forge.webhook_secrets = {{"a-secret-that-is-long-enough", {}}};
  return forge;
}

Config ConfigWith(const std::string& url) {
  Config config;
  config.policy_git.emplace();
  config.policy_git->url = url;
  config.forges = {MakeForge("github", ForgeKind::kGitHub, "https://api.github.com"),
                   MakeForge("enterprise", ForgeKind::kGitHub, "https://ghe.example.com/api/v3"),
                   MakeForge("gitlab", ForgeKind::kGitLab, "https://git.example.com/lab/api/v4")};
  return config;
}

std::string Found(const std::string& url) {
  const auto project = FindPolicyProject(ConfigWith(url));
  return project ? absl::StrCat(project->forge, ":", project->path) : "none";
}

TEST(PolicyProjectTest, IsFoundByTheAddressOfTheRepository) {
  EXPECT_EQ(Found("https://github.com/acme/policy.git"), "github:acme/policy");
  EXPECT_EQ(Found("https://GitHub.com/acme/policy"), "github:acme/policy");
  EXPECT_EQ(Found("ssh://git@github.com/acme/policy.git"), "github:acme/policy");
  EXPECT_EQ(Found("ssh://git@ghe.example.com:2222/acme/policy.git"), "enterprise:acme/policy");
  EXPECT_EQ(Found("https://git.example.com/lab/acme/desk/policy.git"), "gitlab:acme/desk/policy");
  EXPECT_EQ(Found("ssh://git@git.example.com/acme/desk/policy.git"), "gitlab:acme/desk/policy");
  EXPECT_EQ(Found("https://elsewhere.example.com/acme/policy.git"), "none");
  EXPECT_EQ(Found("file:///srv/policy.git"), "none");
}

TEST(PolicyProjectTest, IsTheOneThatTheConfigurationNames) {
  Config config = ConfigWith("file:///srv/policy.git");
  config.policy_git->project = ProjectRef{"gitlab", "acme/policy"};
  EXPECT_EQ(FindPolicyProject(config)->path, "acme/policy");
  config.policy_git->project->forge = "nowhere";
  EXPECT_FALSE(FindPolicyProject(config));
  EXPECT_FALSE(FindPolicyProject(Config()));
}

Delivery Sample(const std::string& forge, const std::string& event, const std::string& name) {
  std::ifstream file(absl::StrCat(SourceDir(), "/webhooks/", name));
  Delivery delivery;
  delivery.forge = forge;
  delivery.event_type = event;
  delivery.body.assign(std::istreambuf_iterator<char>(file), {});
  delivery.received = absl::FromUnixSeconds(1'772'560'800);
  return delivery;
}

TEST(PolicyProjectTest, PushesAndOpenChangesAreNews) {
  const ForgeConfig config = MakeForge("github", ForgeKind::kGitHub, "https://api.github.com");
  const auto receiver = *webhooks::MakeReceiver(config);
  const PolicyProject ours{"github", ForgeKind::kGitHub, "ACME/opendb"};
  const Delivery push = Sample("github", "push", "github/samples/push.json");
  const auto pushed = ReadPolicyNews(ours, *receiver, push);
  ASSERT_TRUE(pushed);
  EXPECT_EQ(pushed->proposed, 0);
  const PolicyProject other{"github", ForgeKind::kGitHub, "acme/opendb2"};
  EXPECT_FALSE(ReadPolicyNews(other, *receiver, push));
  const PolicyProject elsewhere{"enterprise", ForgeKind::kGitHub, "acme/opendb"};
  EXPECT_FALSE(ReadPolicyNews(elsewhere, *receiver, push));
  EXPECT_FALSE(ReadPolicyNews(ours, *receiver,
                              Sample("github", "issues", "github/samples/issues.opened.json")));
  const auto opened = ReadPolicyNews(
      ours, *receiver, Sample("github", "pull_request", "github/samples/pull_request.opened.json"));
  ASSERT_TRUE(opened);
  EXPECT_GT(opened->proposed, 0);
  EXPECT_EQ(opened->head.size(), 40u);
  EXPECT_FALSE(opened->author.empty());
}

TEST(PolicyProjectTest, ARefOfAForkIsReadInTheProjectItself) {
  EXPECT_EQ(ProposalRef(ForgeKind::kGitHub, 7), "refs/pull/7/head");
  EXPECT_EQ(ProposalRef(ForgeKind::kGitLab, 7), "refs/merge-requests/7/head");
}

}  // namespace
}  // namespace retainer::cli
