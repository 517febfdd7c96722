// `policy: git+…` and `policy_git` of a configuration.
#include <gtest/gtest.h>

#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "src/policy/config_parser.h"

namespace retainer::policy {
namespace {

constexpr char kKey[] = "-----BEGIN OPENSSH PRIVATE KEY-----\nx\n-----END OPENSSH PRIVATE KEY-----";

ConfigResult Parse(const std::string& policy, bool read_secrets = true) {
  ConfigSources sources;
  sources.read_secrets = read_secrets;
  sources.environment = [](const std::string& name) -> std::optional<std::string> {
    if (name == "HOOK") return "0123456789abcdef0123456789abcdef";
    if (name == "TOKEN") return "glpat-top-secret";
    return std::nullopt;
  };
  sources.read_file = [](const std::string& path) -> absl::StatusOr<std::string> {
    if (path == "/etc/desk/key") return std::string(kKey) + "\n";
    if (path == "/etc/desk/hosts") return std::string("git.test ssh-ed25519 AAAA\n");
    return absl::NotFoundError("no such file");
  };
  return ParseConfig("retainer.yaml",
                     absl::StrCat("store: rocksdb:./data\nforges: [{name: github, kind: github, "
                                  "webhook_secrets: [env:HOOK], token: env:TOKEN}]\n",
                                  policy),
                     "/etc/desk", sources);
}

PolicyGitConfig Good(const std::string& policy) {
  const ConfigResult result = Parse(policy);
  EXPECT_TRUE(result.config) << FormatProblems(result.problems);
  if (!result.config || !result.config->policy_git) return {};
  EXPECT_EQ(result.config->policy, "");
  return *result.config->policy_git;
}

TEST(ConfigGitTest, OverHttps) {
  const PolicyGitConfig git = Good(
      "policy: git+https://git.example.com/acme/support-policy.git#main\n"
      "policy_git: {path: ./desk/, poll: 1m, token: env:TOKEN}\n");
  EXPECT_EQ(git.url, "https://git.example.com/acme/support-policy.git");
  EXPECT_EQ(git.branch, "main");
  EXPECT_EQ(git.path, "desk");
  EXPECT_EQ(git.poll, absl::Minutes(1));
  EXPECT_EQ(git.token, "glpat-top-secret");
}

TEST(ConfigGitTest, OverSshAndFromAFolder) {
  const PolicyGitConfig ssh = Good(
      "policy: git+ssh://git@git.example.com:2222/acme/policy.git#release/2026\n"
      "policy_git: {ssh_key: file:key, known_hosts: file:hosts}\n");
  EXPECT_EQ(ssh.url, "ssh://git@git.example.com:2222/acme/policy.git");
  EXPECT_EQ(ssh.branch, "release/2026");
  EXPECT_EQ(ssh.poll, absl::Minutes(5));
  EXPECT_EQ(ssh.ssh_key, std::string(kKey) + "\n");
  EXPECT_EQ(ssh.known_hosts, "git.test ssh-ed25519 AAAA\n");
  const PolicyGitConfig file = Good("policy: git+file:///srv/policy.git\n");
  EXPECT_EQ(file.url, "file:///srv/policy.git");
  EXPECT_EQ(file.branch, "");
}

TEST(ConfigGitTest, CredentialsThatAreNotUsedAreAWarning) {
  const ConfigResult result =
      Parse("policy: git+https://git.test/a.git\npolicy_git: {known_hosts: file:hosts}\n");
  EXPECT_TRUE(result.config) << FormatProblems(result.problems);
  EXPECT_TRUE(absl::StrContains(FormatProblems(result.warnings),
                                "policy_git.known_hosts is not used: it is for addresses with "
                                "git+ssh://"))
      << FormatProblems(result.warnings);
}

TEST(ConfigGitTest, CommandsThatOnlyAskNeedNoSecret) {
  const ConfigResult result =
      Parse("policy: git+https://git.test/a.git\npolicy_git: {token: env:NOT_HERE}\n", false);
  ASSERT_TRUE(result.config) << FormatProblems(result.problems);
  EXPECT_EQ(result.config->policy_git->token, "");
}

TEST(ConfigGitTest, WhatIsWrongIsNamedWithItsMend) {
  const std::string ssh = "policy: git+ssh://git@git.test/a.git\n";
  const std::string https = "policy: git+https://git.test/a.git\n";
  const std::vector<std::pair<std::string, std::string>> wrong = {
      {"policy: git+http://git.test/a.git\n", "git+https://HOST/PATH"},
      {"policy: git+https://git.test\n", "git+https://HOST/PATH"},
      {"policy: git+file://host/a\n", "git+file:///PATH"},
      {"policy: git+https://me:top-secret@git.test/a.git\n", "token: env:NAME"},
      {"policy: \"git+https://git.test/a.git#\"\n", "#main"},
      {"policy: \"git+https://git.test/a.git#-x\"\n", "#main"},
      {"policy: \"git+https://git.test/a.git#a..b\"\n", "#main"},
      {"policy: https://git.test/a.git\n", "git+https://HOST/PATH"},
      {"policy: ./policy\npolicy_git: {poll: 5m}\n", "leave it out"},
      {ssh, "known_hosts: file:PATH"},
      {ssh + "policy_git: {ssh_key: file:key}\n", "known_hosts: file:PATH"},
      {ssh + "policy_git: {ssh_key: file:hosts, known_hosts: file:hosts}\n", "ssh-keygen"},
      {https + "policy_git: {token: top-secret}\n", "env:"},
      {https + "policy_git: {path: ../desk}\n", "path: desk"},
      {https + "policy_git: {poll: 1s}\n", "5m"},
      {https + "policy_git: {pol: 1m}\n", "poll"},
  };
  for (const auto& [policy, mend] : wrong) {
    const ConfigResult result = Parse(policy);
    EXPECT_FALSE(result.config) << policy;
    const std::string problems = FormatProblems(result.problems);
    EXPECT_TRUE(absl::StrContains(problems, mend)) << policy << problems;
    EXPECT_FALSE(absl::StrContains(problems, "top-secret")) << problems;
  }
}

}  // namespace
}  // namespace retainer::policy
