// The gate as CI runs it: the GitHub action's script and the GitLab template's, in a real shell, with
// the job's own OIDC token, against the real service.
#include <gtest/gtest.h>

#include <functional>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "absl/time/clock.h"
#include "tests/e2e/ci_forge.h"
#include "tests/e2e/installation.h"

namespace retainer {
namespace {

std::string ReadSource(const std::string& name) {
  std::ifstream file(std::string(RETAINER_SOURCE_DIR) + "/" + name, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

class SlaGateTest : public testing::Test {
 protected:
  SlaGateTest() {
    installation_.Write("retainer.yaml", absl::StrCat(installation_.Read("retainer.yaml"),
                                                      "oidc:\n", Entry("repository_ids: [1296269]"),
                                                      Entry("project_ids: [77]")));
  }

  std::string Entry(const std::string& ids) const {
    return absl::StrCat("  - {issuer: \"", forge_.issuer(), "\", audience: retainer, ", ids,
                        ", projects: [\"github:acme/opendb\"]}\n");
  }

  // A promise of a public customer that is broken a second after its ticket was opened.
  void BreakAPromise(Serving& serving) {
    ASSERT_TRUE(installation_.sandbox()
                    .OpenIssue({"github", "acme/opendb"}, "dave", "Writes hang",
                               "No write gets through.\n\n/support priority P1")
                    .ok());
    serving.Deliver();
    ASSERT_TRUE(serving.AwaitLog("face shown"));
  }
  void PromiseTheImpossible() {
    for (const char* name : {"policy/policy.yaml", "policy.yaml"}) {
      const std::string policy = installation_.Read(name);
      if (policy.empty()) continue;
      installation_.Write(
          name,
          absl::StrReplaceAll(policy, {{"P1: {first_response: 1h", "P1: {first_response: 1s"}}));
    }
  }

  Finished Act(const std::string& url, Process::Environment more = {}) {
    Process::Environment environment = {
        {"GATE_URL", url},
        {"GATE_PROJECT", "github:acme/opendb"},
        {"GITHUB_OUTPUT", installation_.path("output")},
        {"GITHUB_STEP_SUMMARY", installation_.path("summary")},
        {"GITHUB_EVENT_NAME", "push"},
        {"ACTIONS_ID_TOKEN_REQUEST_URL", forge_.request_url()},
        {"ACTIONS_ID_TOKEN_REQUEST_TOKEN", CiForge::request_token()}};
    for (auto& [name, value] : more) environment[name] = value;
    installation_.Write("output", "");
    installation_.Write("summary", "");
    return Execute(
        {"/bin/sh", std::string(RETAINER_SOURCE_DIR) + "/.github/actions/sla-gate/gate.sh"},
        environment);
  }
  // Asks again until the answer is `exit_code`, for half a minute at most.
  static Finished Once(const std::function<Finished()>& ask, int exit_code) {
    const absl::Time end = absl::Now() + absl::Seconds(30);
    Finished done = ask();
    while (done.exit_code != exit_code && absl::Now() < end) done = ask();
    return done;
  }
  std::string Verdict() { return installation_.Read("output"); }

  CiForge forge_;
  Installation installation_;
};

TEST_F(SlaGateTest, PassesFailsAndWarnsOnTheJobsOwnToken) {
  PromiseTheImpossible();
  Serving serving(installation_);
  // A project that Retainer has not heard of is no reason to ship.
  Finished done = Act(serving.url());
  EXPECT_EQ(done.exit_code, 2) << done.out << done.err;
  EXPECT_NE(done.out.find("404"), std::string::npos) << done.out;

  ASSERT_TRUE(installation_.sandbox()
                  .OpenIssue({"github", "acme/opendb"}, "bob", "Typo", "Chapter 3 has one.")
                  .ok());
  serving.Deliver();
  ASSERT_TRUE(serving.AwaitLog("decided"));
  done = Act(serving.url());
  EXPECT_EQ(done.exit_code, 0) << done.out << done.err;
  EXPECT_EQ(Verdict(), "verdict=pass\n");

  BreakAPromise(serving);
  done = Once([&] { return Act(serving.url()); }, 1);
  EXPECT_EQ(done.exit_code, 1) << done.out << done.err;
  EXPECT_EQ(Verdict(), "verdict=fail\n");
  EXPECT_NE(done.out.find("::error"), std::string::npos) << done.out;
  EXPECT_NE(installation_.Read("summary").find("first_response"), std::string::npos);
  const Finished overridden = installation_.Command(
      {"gate", "override", "--project", "github:acme/opendb", "--reason", "security fix"});
  ASSERT_EQ(overridden.exit_code, 0) << overridden.err;
  const Finished through = Act(serving.url());
  EXPECT_EQ(through.exit_code, 0) << through.out << through.err;
  EXPECT_EQ(Verdict(), "verdict=pass\n");
  EXPECT_NE(through.out.find("recorded override"), std::string::npos) << through.out;
  EXPECT_NE(installation_.Read("summary").find("security fix"), std::string::npos);
  const Finished list = installation_.Command({"gate", "overrides"});
  const Finished withdrawn =
      installation_.Command({"gate", "withdraw", list.out.substr(0, list.out.find(' '))});
  ASSERT_EQ(withdrawn.exit_code, 0) << withdrawn.err;

  // The command asks with the job's own token too.
  done = Execute({Binary(), "gate", "--url", serving.url(), "--project", "github:acme/opendb"},
                 {{"ACTIONS_ID_TOKEN_REQUEST_URL", forge_.request_url()},
                  {"ACTIONS_ID_TOKEN_REQUEST_TOKEN", CiForge::request_token()}});
  EXPECT_EQ(done.exit_code, 1) << done.out << done.err;
  done = Execute({Binary(), "gate", "--url", serving.url(), "--project", "github:acme/opendb"},
                 {{"RETAINER_ID_TOKEN", forge_.GitLabToken("retainer", "77")}});
  EXPECT_EQ(done.exit_code, 1) << done.out << done.err;

  done = Act(serving.url(), {{"GATE_WARN_ONLY", "true"}});
  EXPECT_EQ(done.exit_code, 0) << done.out << done.err;
  EXPECT_NE(done.out.find("::warning"), std::string::npos) << done.out;

  // Another repository's job, and another audience.
  forge_.SetRepository("4");
  done = Act(serving.url());
  EXPECT_EQ(done.exit_code, 2) << done.out << done.err;
  EXPECT_NE(done.out.find("401"), std::string::npos) << done.out;
  forge_.SetRepository("1296269");
  EXPECT_EQ(Act(serving.url(), {{"GATE_AUDIENCE", "other"}}).exit_code, 2);
  // Its own project, and no other.
  EXPECT_EQ(Act(serving.url(), {{"GATE_PROJECT", "gitlab:acme/connectors/globex"}}).exit_code, 2);
  // No token was told to anybody but the runner, which masks it.
  EXPECT_EQ(done.err.find("eyJ"), std::string::npos) << done.err;
}

TEST_F(SlaGateTest, WhereNobodyAnswersTheJobDecides) {
  const std::string nobody = "http://127.0.0.1:1";
  Finished done = Act(nobody);
  EXPECT_EQ(done.exit_code, 0) << done.out << done.err;
  EXPECT_NE(done.out.find("::warning"), std::string::npos) << done.out;
  EXPECT_EQ(Verdict(), "verdict=unknown\n");
  EXPECT_EQ(Act(nobody, {{"GATE_ON_UNREACHABLE", "fail"}}).exit_code, 2);
}

TEST_F(SlaGateTest, AForksPullRequestIsNeutralAndAMissingPermissionIsNamed) {
  const Process::Environment no_token = {{"ACTIONS_ID_TOKEN_REQUEST_URL", ""}};
  Process::Environment fork = no_token;
  fork["GITHUB_EVENT_NAME"] = "pull_request";
  Finished done = Act("https://support.example.com", fork);
  EXPECT_EQ(done.exit_code, 0) << done.out;
  EXPECT_EQ(Verdict(), "verdict=unknown\n");
  done = Act("https://support.example.com", no_token);
  EXPECT_EQ(done.exit_code, 2) << done.out;
  EXPECT_NE(done.out.find("id-token: write"), std::string::npos) << done.out;
  done = Act("http://support.example.com");
  EXPECT_EQ(done.exit_code, 2) << "a token must not travel in the open";
}

// The script of the GitLab template, as its runner runs it.
TEST_F(SlaGateTest, TheGitLabTemplateAsksToo) {
  const std::string yaml = ReadSource("deploy/gitlab/sla-gate.yml");
  const std::size_t begin = yaml.find("    - |\n");
  ASSERT_NE(begin, std::string::npos);
  std::string script;
  for (absl::string_view line : absl::StrSplit(absl::string_view(yaml).substr(begin + 8), '\n')) {
    absl::StrAppend(&script, line.size() > 6 ? line.substr(6) : "", "\n");
  }
  const auto run = [&](const std::string& url, const std::string& token,
                       const std::string& on_unreachable) {
    return Execute({"/bin/sh", "-c", script}, {{"RETAINER_URL", url},
                                               {"RETAINER_ID_TOKEN", token},
                                               {"CI_PROJECT_PATH", "acme/x"},
                                               {"GATE_PROJECT", "github:acme/opendb"},
                                               {"GATE_FAIL_ON", "breached"},
                                               {"GATE_PRIORITY", "P1,P2"},
                                               {"GATE_ON_UNREACHABLE", on_unreachable}});
  };
  PromiseTheImpossible();
  Serving serving(installation_);
  BreakAPromise(serving);
  Finished done =
      Once([&] { return run(serving.url(), forge_.GitLabToken("retainer", "77"), "warn"); }, 1);
  EXPECT_EQ(done.exit_code, 1) << done.out << done.err;
  EXPECT_NE(done.out.find("SLA gate: fail"), std::string::npos) << done.out;
  EXPECT_EQ(run(serving.url(), forge_.GitLabToken("retainer", "78"), "warn").exit_code, 2);
  EXPECT_EQ(run("http://127.0.0.1:1", "x", "warn").exit_code, 0);
  EXPECT_EQ(run("http://127.0.0.1:1", "x", "fail").exit_code, 2);
}

}  // namespace
}  // namespace retainer
