#include "src/policy/config_parser.h"

#include <gtest/gtest.h>

#include <map>
#include <string>

namespace retainer::policy {
namespace {

constexpr char kSecret[] = "0123456789abcdef0123456789abcdef";
constexpr char kGood[] = R"(listen: 127.0.0.1:0
store: rocksdb:./data
policy: ./policy
public_url: https://support.example.com/
forges:
  - name: github
    kind: github
    webhook_secrets: [env:HOOK, {secret: file:hook, projects: ["github:clients/*"]}]
    app: {id: 123, private_key: file:app.pem}
  - name: gitlab
    kind: gitlab
    api_url: http://127.0.0.1:8090/api/v4/
    signing_tokens: [env:SIGNING]
    token: env:TOKEN
    mutation_interval: 0.25s
sinks: {ops: {kind: slack, url: env:SLACK}}
)";

ConfigSources Fakes() {
  ConfigSources sources;
  sources.environment = [](const std::string& name) -> std::optional<std::string> {
    const std::map<std::string, std::string> values = {
        {"HOOK", kSecret},
        {"SIGNING", "whsec_MDEyMzQ1Njc4OWFiY2RlZg=="},
        {"TOKEN", "glpat-top-secret"},
        {"SLACK", "https://hooks.slack.example/T/B/top-secret"},
        {"PORT", "not-a-port-top-secret"},
        {"EMPTY", ""},
        {"SHORT", "abc"}};
    const auto it = values.find(name);
    if (it == values.end()) return std::nullopt;
    return it->second;
  };
  sources.read_file = [](const std::string& path) -> absl::StatusOr<std::string> {
    if (path == "/etc/desk/hook") return std::string(kSecret) + "\n";
    if (path == "/etc/desk/app.pem") {
      return std::string("-----BEGIN RSA PRIVATE KEY-----\nx\n-----END RSA PRIVATE KEY-----\n");
    }
    return absl::NotFoundError("no such file");
  };
  return sources;
}

std::string Replaced(const std::string& from, const std::string& to) {
  std::string text = kGood;
  const std::size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return text.replace(at, from.size(), to);
}

ConfigResult Parse(const std::string& text) {
  return ParseConfig("retainer.yaml", text, "/etc/desk", Fakes());
}

TEST(ConfigParserTest, AGoodConfiguration) {
  const ConfigResult result = Parse(kGood);
  ASSERT_TRUE(result.config) << FormatProblems(result.problems);
  const Config& config = *result.config;
  EXPECT_EQ(config.listen.port, 0);
  EXPECT_EQ(config.metrics_listen.port, 9090);
  EXPECT_EQ(config.folder, "/etc/desk");
  EXPECT_EQ(config.data, "/etc/desk/data");
  EXPECT_EQ(config.policy, "/etc/desk/policy");
  EXPECT_EQ(config.public_url, "https://support.example.com");
  EXPECT_FALSE(config.observe);
  ASSERT_EQ(config.forges.size(), 2u);
  EXPECT_EQ(config.forges[0].api_url, "https://api.github.com");
  ASSERT_EQ(config.forges[0].webhook_secrets.size(), 2u);
  EXPECT_EQ(config.forges[0].webhook_secrets[1].secret, kSecret) << "without the line's end";
  EXPECT_EQ(config.forges[0].webhook_secrets[1].projects.size(), 1u);
  EXPECT_EQ(config.forges[0].app_id, "123");
  EXPECT_EQ(config.forges[1].api_url, "http://127.0.0.1:8090/api/v4");
  EXPECT_EQ(config.forges[1].mutation_interval, absl::Milliseconds(250));
  EXPECT_TRUE(result.warnings.empty()) << FormatProblems(result.warnings);
}

struct Wrong {
  const char* name;
  const char* from;
  const char* to;
  const char* what;
};

class WrongConfigTest : public ::testing::TestWithParam<Wrong> {};

TEST_P(WrongConfigTest, IsRefusedOnceWithoutShowingASecret) {
  const ConfigResult result = Parse(Replaced(GetParam().from, GetParam().to));
  EXPECT_FALSE(result.config);
  ASSERT_EQ(result.problems.size(), 1u) << FormatProblems(result.problems);
  const std::string text = FormatProblem(result.problems[0]);
  EXPECT_NE(text.find(GetParam().what), std::string::npos) << text;
  EXPECT_EQ(text.find("top-secret"), std::string::npos) << text;
  EXPECT_EQ(text.find(kSecret), std::string::npos) << text;
}

INSTANTIATE_TEST_SUITE_P(
    All, WrongConfigTest,
    ::testing::Values(
        Wrong{"UnknownKey", "listen:", "lisen:", "did you mean \"listen\"?"},
        Wrong{"Listen", "127.0.0.1:0", "8080", "HOST:PORT"},
        Wrong{"ListenFromEnvironment", "127.0.0.1:0", "env:PORT", "HOST:PORT"},
        Wrong{"PortTooHigh", "127.0.0.1:0", "127.0.0.1:70000", "HOST:PORT"},
        Wrong{"Unset", "env:HOOK", "env:NO_SUCH", "NO_SUCH is not set"},
        Wrong{"Empty", "env:HOOK", "env:EMPTY", "EMPTY is empty"},
        Wrong{"NoFile", "file:hook", "file:nope", "/etc/desk/nope"},
        Wrong{"InlineSecret", "env:HOOK", "top-secret", "env:NAME or file:PATH"},
        Wrong{"InlineToken", "env:TOKEN", "top-secret", "env:NAME or file:PATH"},
        Wrong{"InlineSlack", "env:SLACK", "https://hooks.example/top-secret",
              "env:NAME or file:PATH"},
        Wrong{"NoSecret", "    signing_tokens: [env:SIGNING]\n", "", "has no secret"},
        Wrong{"NoSecretInTheList", "[env:SIGNING]", "[]", "has no secret"},
        Wrong{"SecretForNothing", "[\"github:clients/*\"]", "[]", "bound to no project"},
        Wrong{"SecretOfAnotherForge", "github:clients/*", "gitlab:clients/*", "another forge"},
        Wrong{"Signing", "env:SIGNING", "env:HOOK", "whsec_"},
        Wrong{"ForgeTwice", "name: gitlab", "name: github", "twice"},
        Wrong{"ForgeName", "name: gitlab", "name: Git_Lab", "a-z"},
        Wrong{"ForgeKind", "kind: gitlab", "kind: gitea", "known kind"},
        Wrong{"PlainHttp", "http://127.0.0.1:8090", "http://gitlab.example.com", "not encrypted"},
        Wrong{"LooksLikeLoopback", "http://127.0.0.1:8090", "http://localhost.example.com",
              "not encrypted"},
        Wrong{"LooksLikeLoopbackToo", "http://127.0.0.1:8090", "http://127.example.com",
              "not encrypted"},
        Wrong{"UrlWithPassword", "http://127.0.0.1:8090", "https://a:b@gitlab.example.com",
              "not a URL"},
        Wrong{"ApiUrlOfThePages", "http://127.0.0.1:8090/api/v4/", "https://gitlab.example.com",
              "write api_url: https://gitlab.example.com/api/v4"},
        Wrong{"ApiUrlOfGitHubsPages", "    kind: github\n",
              "    kind: github\n    api_url: https://github.com\n",
              "write api_url: https://api.github.com"},
        Wrong{"PublicUrlWithAPath", "https://support.example.com/",
              "https://www.example.com/support", "public_url has a path"},
        Wrong{"KeyOfThePolicy", "store:", "calendars: {}\nstore:", "it belongs into the policy"},
        Wrong{"SecretsNoList", "[env:SIGNING]", "env:SIGNING", "signing_tokens must be a list"},
        Wrong{"AppAndToken", "    app:", "    token: env:TOKEN\n    app:", "an app and a token"},
        Wrong{"NoCredentials", "    token: env:TOKEN\n", "", "no way to sign in"},
        Wrong{"AppHalf", "id: 123, ", "", "its id and its private key"},
        Wrong{"AppKeyNoPem", "file:app.pem", "file:hook", "not PEM"},
        Wrong{"AppOnGitLab", "    token: env:TOKEN\n",
              "    app: {id: 1, private_key: file:app.pem}\n", "GitHub's"},
        Wrong{"Store", "rocksdb:./data", "mysql:./data", "rocksdb:FOLDER"},
        Wrong{"Mode", "store:", "mode: quiet\nstore:", "observe"},
        Wrong{"Proxy", "store:", "trusted_proxies: [proxy.example]\nstore:", "IP address"},
        Wrong{
            "OidcTrustsEverybody", "store:",
            "oidc: [{issuer: https://x.example, audience: a, projects: [\"github:a/b\"]}]\nstore:",
            "trusts everybody"},
        Wrong{"OidcScope", "store:",
              "oidc: [{issuer: https://x.example, audience: a, repository_ids: [1], projects: "
              "[\"github:a/b\"], scope: admin}]\nstore:",
              "gate, read or write"},
        Wrong{"SinkKind", "kind: slack", "kind: pigeon", "known kind"},
        Wrong{"NoPolicy", "policy: ./policy\n", "", "no policy"},
        Wrong{"Interval", "mutation_interval: 0.25s", "mutation_interval: 1bd", "not a duration"}),
    [](const auto& test) { return std::string(test.param.name); });

TEST(ConfigParserTest, AJobsTokenIsForTheGateUnlessItsEntrySaysMore) {
  const auto scope = [](const std::string& more) {
    const ConfigResult result = Parse(
        Replaced("store:",
                 "oidc: [{issuer: https://x.example, audience: a, repository_ids: [1], projects: "
                 "[\"github:a/b\"]" +
                     more + "}]\nstore:"));
    return result.config ? result.config->oidc.at(0).scope : "no configuration";
  };
  EXPECT_EQ(scope(""), "gate");
  EXPECT_EQ(scope(", scope: gate"), "gate");
  EXPECT_EQ(scope(", scope: read"), "read");
}

TEST(ConfigParserTest, WhatWorksButShouldBeKnownIsAWarning) {
  const ConfigResult result = Parse(Replaced("env:HOOK", "env:SHORT"));
  EXPECT_TRUE(result.config);
  ASSERT_EQ(result.warnings.size(), 1u);
  EXPECT_EQ(result.warnings[0].line, 8);
}

// A forge's settings page shows no byte-order mark, so the secret does not include it.
TEST(ConfigParserTest, ASecretFromAFileIsReadAsItIsMeantOrRefused) {
  const auto hook = [](const std::string& content) {
    ConfigSources sources = Fakes();
    sources.read_file = [content, read = sources.read_file](const std::string& path) {
      return path == "/etc/desk/hook" ? absl::StatusOr<std::string>(content) : read(path);
    };
    return ParseConfig("retainer.yaml", kGood, "/etc/desk", sources);
  };
  for (const std::string& content :
       {std::string("\xef\xbb\xbf") + kSecret + "\r\n", std::string(" ") + kSecret + "\n\n"}) {
    const ConfigResult read = hook(content);
    ASSERT_TRUE(read.config) << FormatProblems(read.problems);
    EXPECT_EQ(read.config->forges[0].webhook_secrets[1].secret, kSecret);
  }
  for (const std::string& content :
       {std::string(kSecret) + "\n" + kSecret, std::string(kSecret) + '\0',
        std::string("\xff\xfe") + kSecret, std::string(" \n"), std::string("\u200b") + kSecret}) {
    const ConfigResult read = hook(content);
    ASSERT_EQ(read.problems.size(), 1u);
    EXPECT_NE(read.problems[0].what.find("the file /etc/desk/hook "), std::string::npos);
    EXPECT_EQ(read.problems[0].what.find(kSecret), std::string::npos);
  }
}

TEST(ConfigParserTest, ACredentialIsReadFromTheFolderThatSystemdNames) {
  std::string config = kGood;
  const std::size_t at = config.find("file:hook");
  ASSERT_NE(at, config.npos);
  const auto parse = [&](const std::string& reference, const std::string& folder) {
    ConfigSources sources = Fakes();
    sources.environment = [folder, others = sources.environment](const std::string& name) {
      if (name != "CREDENTIALS_DIRECTORY") return others(name);
      return folder.empty() ? std::nullopt : std::optional<std::string>(folder);
    };
    std::string text = config;
    return ParseConfig("retainer.yaml", text.replace(at, 9, reference), "/etc/other", sources);
  };
  // The other file of the sample, app.pem, is not there.
  const auto secret_is_read = [](const ConfigResult& read) {
    for (const Problem& problem : read.problems) {
      if (problem.what.find("app.pem") == std::string::npos) return false;
    }
    return true;
  };
  EXPECT_TRUE(secret_is_read(parse("credential:hook", "/etc/desk")));
  for (const auto& [reference, folder] :
       {std::pair("credential:hook", ""), std::pair("credential:../desk/hook", "/etc/x"),
        std::pair("credential:", "/etc/desk"), std::pair("credential:none", "/etc/desk")}) {
    EXPECT_FALSE(secret_is_read(parse(reference, folder))) << reference;
  }
}

TEST(ConfigParserTest, ASecretThatEverybodyMayReadIsAWarningWithTheMend) {
  ConfigSources sources = Fakes();
  const auto warnings = [&](unsigned mode) {
    sources.file_mode = [mode](const std::string& path) -> std::optional<unsigned> {
      if (path == "/etc/desk/app.pem") return mode;
      return std::nullopt;
    };
    return ParseConfig("retainer.yaml", kGood, "/etc/desk", sources).warnings;
  };
  ASSERT_EQ(warnings(0644).size(), 1u);
  EXPECT_EQ(warnings(0644)[0].line, 9);
  EXPECT_NE(warnings(0644)[0].what.find("/etc/desk/app.pem (mode 0644)"), std::string::npos);
  EXPECT_NE(warnings(0644)[0].mend.find("chmod o= /etc/desk/app.pem"), std::string::npos);
  EXPECT_TRUE(warnings(0600).empty());
  EXPECT_TRUE(warnings(0640).empty()) << "the service's group reads it";
}

TEST(ConfigParserTest, AMissingFileIsAProblem) {
  const ConfigResult result = LoadConfig("/etc/desk/none.yaml", Fakes());
  ASSERT_EQ(result.problems.size(), 1u);
  EXPECT_NE(result.problems[0].what.find("cannot read"), std::string::npos);
}

TEST(ConfigParserTest, ReadsHowPeopleSignInAndWhoAdministers) {
  const std::string text =
      Replaced("    app: {id: 123, private_key: file:app.pem}\n",
               "    app: {id: 123, private_key: file:app.pem}\n"
               "    sign_in: {client_id: Iv1.abc, client_secret: env:HOOK}\n") +
      "admins: [\"github:carol\"]\n";
  const ConfigResult result = ParseConfig("c.yaml", text, "/etc/desk", Fakes());
  ASSERT_TRUE(result.config) << FormatProblem(result.problems.at(0));
  ASSERT_TRUE(result.config->forges[0].sign_in);
  EXPECT_EQ(result.config->forges[0].sign_in->client_id, "Iv1.abc");
  EXPECT_EQ(result.config->forges[0].sign_in->client_secret, kSecret);
  EXPECT_FALSE(result.config->forges[1].sign_in);
  EXPECT_EQ(result.config->admins, (std::vector<Login>{{"github", "carol"}}));
}

TEST(ConfigParserTest, RefusesASignInThatCannotWork) {
  const auto problem = [](const std::string& sign_in, const std::string& more,
                          const std::string& url = "public_url: https://support.example.com/\n") {
    std::string text =
        Replaced("    token: env:TOKEN\n", "    token: env:TOKEN\n" + sign_in) + more;
    const std::string given = "public_url: https://support.example.com/\n";
    text.replace(text.find(given), given.size(), url);
    const ConfigResult result = ParseConfig("c.yaml", text, "/etc/desk", Fakes());
    return result.problems.empty() ? std::string() : FormatProblem(result.problems[0]);
  };
  const std::string good = "    sign_in: {client_id: x, client_secret: env:HOOK}\n";
  EXPECT_EQ(problem(good, ""), "");
  EXPECT_NE(problem("    sign_in: {client_id: x}\n", "").find("client secret"), std::string::npos);
  EXPECT_NE(problem("    sign_in: {client_id: x, client_secret: y}\n", "").find("env:"),
            std::string::npos)
      << "a secret in the file itself";
  EXPECT_NE(problem(good, "", "").find("public_url"), std::string::npos);
  EXPECT_NE(problem(good, "admins: [\"github:carol\"]\n").find("no sign_in"), std::string::npos);
  EXPECT_NE(problem(good, "admins: [\"nowhere:carol\"]\n").find("no sign_in"), std::string::npos);
}

}  // namespace
}  // namespace retainer::policy
