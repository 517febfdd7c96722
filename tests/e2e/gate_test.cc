// `retainer gate` against a running service.
#include <gtest/gtest.h>

#include "nlohmann/json.hpp"
#include "tests/e2e/http_get.h"
#include "tests/e2e/installation.h"

namespace retainer {
namespace {

const ProjectRef kOpenDb{"github", "acme/opendb"};

class GateTest : public ::testing::Test {
 protected:
  GateTest() : serving(installation) {}

  Finished Gate(std::vector<std::string> more, const std::string& url,
                const std::string& project = "github:acme/opendb") {
    std::vector<std::string> arguments = {Binary(), "gate", "--url", url, "--project", project};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return Process(arguments, environment).Wait();
  }
  void MakeToken() {
    const Finished made = installation.Command({"token", "create", "--scope", "read", "--json"});
    const auto json = nlohmann::json::parse(made.out, nullptr, false);
    ASSERT_TRUE(json.is_object()) << made.out << made.err;
    environment["RETAINER_TOKEN"] = json["token"];
  }

  Installation installation;
  Serving serving;
  Process::Environment environment;
};

TEST_F(GateTest, AnswersByItsExitCode) {
  ASSERT_TRUE(installation.sandbox()
                  .OpenIssue(kOpenDb, "dave", "Writes stall", "/support priority P1")
                  .ok());
  serving.Deliver();
  ASSERT_TRUE(serving.AwaitLog("face shown"));
  const Finished without = Gate({}, serving.url());
  EXPECT_EQ(without.exit_code, 2) << without.out;
  EXPECT_NE(without.err.find("RETAINER_TOKEN"), std::string::npos) << without.err;

  // Jobs of a fork's pull request get no token.
  environment["CI_MERGE_REQUEST_PROJECT_ID"] = "7";
  environment["CI_MERGE_REQUEST_SOURCE_PROJECT_ID"] = "8";
  const Finished fork = Gate({}, serving.url());
  EXPECT_EQ(fork.exit_code, 0) << fork.err;
  EXPECT_NE(fork.out.find("not asked"), std::string::npos) << fork.out;
  environment.clear();

  MakeToken();
  const std::string summary = installation.path("summary.md");
  environment["GITHUB_STEP_SUMMARY"] = summary;
  const Finished passed = Gate({"--format", "github"}, serving.url());
  EXPECT_EQ(passed.exit_code, 0) << passed.out << passed.err;
  EXPECT_NE(installation.Read("summary.md").find("Every support promise of"), std::string::npos);
  const Finished json = Gate({"--json", "--fail-on", "at_risk", "--priority", "P1"}, serving.url());
  EXPECT_EQ(json.exit_code, 0) << json.out << json.err;
  EXPECT_EQ(nlohmann::json::parse(json.out)["verdict"], "pass");

  const Finished elsewhere = Gate({}, serving.url(), "github:acme/nowhere");
  EXPECT_EQ(elsewhere.exit_code, 2) << elsewhere.out;
  EXPECT_NE(elsewhere.err.find("404"), std::string::npos) << elsewhere.err;
  EXPECT_EQ(Gate({"--priority", "P99"}, serving.url()).exit_code, 2);
}

TEST_F(GateTest, AnOverrideIsPutOnRecordBesideTheRunningService) {
  ASSERT_TRUE(installation.sandbox().OpenIssue(kOpenDb, "dave", "Writes stall", "Help.").ok());
  serving.Deliver();
  ASSERT_TRUE(serving.AwaitLog("face shown"));
  MakeToken();
  const std::vector<std::string> command = {
      "gate", "override", "--project", "github:acme/opendb", "--reason", "must ship"};
  std::vector<std::string> too_long = command;
  too_long.insert(too_long.end(), {"--for", "8d"});
  EXPECT_EQ(installation.Command(too_long).exit_code, 2);
  std::vector<std::string> named = command;
  named.insert(named.end(), {"--by", "carol", "--for", "2h"});
  const Finished added = installation.Command(named);
  ASSERT_EQ(added.exit_code, 0) << added.err;
  const Finished passed = Gate({}, serving.url());
  EXPECT_EQ(passed.exit_code, 0) << passed.err;
  EXPECT_NE(passed.out.find("of carol"), std::string::npos) << passed.out;
  EXPECT_NE(passed.out.find("must ship"), std::string::npos) << passed.out;
  const Finished list = installation.Command({"gate", "overrides", "--json"});
  const auto overrides = nlohmann::json::parse(list.out, nullptr, false);
  ASSERT_EQ(overrides.size(), 1u) << list.out << list.err;
  EXPECT_EQ(installation.Command({"gate", "withdraw", overrides[0]["id"]}).exit_code, 0);
  EXPECT_EQ(Gate({}, serving.url()).out.find("must ship"), std::string::npos);
}

TEST(GateRefTest, TheReleaseWithTheFixMayShip) {
  Installation installation;
  sandbox::Sandbox& forge = installation.sandbox();
  forge.SetClockSkew(-absl::Hours(2));  // what is opened now is late already
  Serving serving(installation);
  const auto issue = forge.OpenIssue(kOpenDb, "dave", "Writes stall", "/support priority P1");
  ASSERT_TRUE(issue.ok());
  const auto fix =
      forge.OpenPullRequest(kOpenDb, "bob", "No stall", absl::StrCat("Fixes #", issue->number));
  ASSERT_TRUE(fix.ok());
  ASSERT_TRUE(forge.Tag(kOpenDb, "alice", "v1.0").ok());
  ASSERT_TRUE(forge.Merge(*fix, "alice").ok());
  ASSERT_TRUE(forge.Tag(kOpenDb, "alice", "v1.1").ok());
  serving.Deliver();
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(serving.AwaitLog("decided"));
  const Finished made = installation.Command({"token", "create", "--scope", "read", "--json"});
  const Process::Environment environment = {
      {"RETAINER_TOKEN", nlohmann::json::parse(made.out)["token"]}};
  const auto gate = [&](std::vector<std::string> more) {
    std::vector<std::string> arguments = {Binary(),      "gate",      "--url",
                                          serving.url(), "--project", "github:acme/opendb"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    // Under load a question to the forge may fail and be retried; until then there is no verdict.
    Finished answer;
    for (int tries = 0; tries < 100; ++tries) {
      answer = Process(arguments, environment).Wait();
      if (answer.exit_code != 2) break;
    }
    return answer;
  };
  EXPECT_EQ(gate({}).exit_code, 1);
  const Finished before = gate({"--ref", "v1.0"});
  EXPECT_EQ(before.exit_code, 1) << before.out << before.err;
  const Finished with = gate({"--ref", "v1.1"});
  EXPECT_EQ(with.exit_code, 0) << with.out << with.err << serving.process().err();
  EXPECT_NE(with.out.find("do not count"), std::string::npos) << with.out;
  const Finished unknown = gate({"--ref", "v9"});
  EXPECT_EQ(unknown.exit_code, 1) << unknown.out << unknown.err;
}

TEST_F(GateTest, ATokenRefusedTooOftenIsNamed) {
  ASSERT_TRUE(installation.sandbox().OpenIssue(kOpenDb, "bob", "A question", "How?").ok());
  serving.Deliver();
  ASSERT_TRUE(serving.AwaitLog("decided"));
  environment["RETAINER_TOKEN"] = "rtn_wrong";
  const auto ask = [&] { return Gate({"--on-unreachable", "warn"}, serving.url()); };
  Finished done = ask();
  EXPECT_EQ(done.exit_code, 2) << done.err;
  EXPECT_NE(done.err.find("HTTP 401"), std::string::npos) << done.err;
  EXPECT_NE(done.err.find("heck the token"), std::string::npos) << done.err;
  int attempts = 0;
  while (HttpGet(serving.url(), "/api/v1/gate", "x").status == 401 && attempts < 100) ++attempts;
  done = ask();
  EXPECT_EQ(done.exit_code, 2) << done.err;
  EXPECT_NE(done.err.find("HTTP 429"), std::string::npos) << done.err;
  EXPECT_NE(done.err.find("ask again in "), std::string::npos) << done.err;
  MakeToken();
  done = Gate({}, serving.url());
  EXPECT_EQ(done.exit_code, 0) << "a token that holds is answered: " << done.out << done.err;
}

TEST_F(GateTest, WhoCannotBeReachedIsInTheWayOnlyWhereThatIsWanted) {
  MakeToken();
  const std::string url = serving.url();
  EXPECT_EQ(serving.Stop().exit_code, 0);
  const Finished warned = Gate({}, url);
  EXPECT_EQ(warned.exit_code, 0) << warned.err;
  EXPECT_NE(warned.err.find("warning"), std::string::npos) << warned.err;
  EXPECT_EQ(Gate({"--on-unreachable", "fail"}, url).exit_code, 3);
  const Finished github = Gate({"--format", "github"}, url);
  EXPECT_TRUE(github.out.starts_with("::warning title=retainer gate::")) << github.out;
  // A token is never sent over an unencrypted connection.
  const Finished open = Gate({}, "http://support.example.com");
  EXPECT_EQ(open.exit_code, 2);
  EXPECT_NE(open.err.find("https"), std::string::npos) << open.err;
}

}  // namespace
}  // namespace retainer
