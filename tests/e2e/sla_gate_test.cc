// The gate as CI runs it, in a real shell, with the job's own OIDC token, against the real service:
// the GitHub action with the inputs and the step of action.yml, and the GitLab template with its
// variables.
#include <gtest/gtest.h>
#include <yaml-cpp/yaml.h>

#include <functional>
#include <map>
#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/time/clock.h"
#include "tests/e2e/ci_forge.h"
#include "tests/e2e/http_get.h"
#include "tests/e2e/installation.h"
#include "tests/fakes/places.h"
#include "tests/sinks/fake_receivers.h"

namespace retainer {
namespace {

std::string ReadSource(const std::string& name) {
  std::ifstream file(SourceDir() + "/" + name, std::ios::binary);
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

  // A promise to a public customer that is broken a second after its ticket was opened.
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

  using Texts = std::map<std::string, std::string>;

  // Runs the action's step with `inputs`. The event has only the GitHub values in `github`.
  Finished Act(const std::string& url, Texts inputs = {}, Texts github = {},
               Process::Environment more = {}) {
    inputs["url"] = url;
    const std::string folder = SourceDir() + "/.github/actions/sla-gate";
    const YAML::Node action = YAML::LoadFile(folder + "/action.yml");
    const YAML::Node declared = action["inputs"];
    for (const auto& [name, value] : inputs) {
      EXPECT_TRUE(declared[name].IsDefined()) << "no input " << name;
    }
    github.emplace("repository", "acme/opendb");
    Texts known;
    for (const auto& [name, value] : github) known["github." + name] = value;
    for (const auto& input : declared) {
      const auto name = input.first.as<std::string>();
      const auto given = inputs.find(name);
      EXPECT_TRUE(given != inputs.end() || !input.second["required"]) << name;
      known["inputs." + name] = given != inputs.end()
                                    ? given->second
                                    : Expand(input.second["default"].as<std::string>(""), known);
    }
    EXPECT_EQ(action["runs"]["steps"].size(), 1u);
    const YAML::Node step = action["runs"]["steps"][0];
    EXPECT_EQ(step["shell"].as<std::string>(), "sh");
    Process::Environment environment = {
        {"GITHUB_ACTION_PATH", folder},
        {"GITHUB_OUTPUT", installation_.path("output")},
        {"GITHUB_STEP_SUMMARY", installation_.path("summary")},
        {"GITHUB_EVENT_NAME", "push"},
        {"ACTIONS_ID_TOKEN_REQUEST_URL", forge_.request_url()},
        {"ACTIONS_ID_TOKEN_REQUEST_TOKEN", CiForge::request_token()}};
    for (const auto& variable : step["env"]) {
      environment[variable.first.as<std::string>()] =
          Expand(variable.second.as<std::string>(), known);
    }
    for (auto& [name, value] : more) environment[name] = value;
    installation_.Write("output", "");
    installation_.Write("summary", "");
    return Execute({"/bin/sh", "-ec", step["run"].as<std::string>()}, environment);
  }
  // The value of an expression `${{ }}`; empty when it is not known, as on GitHub.
  static std::string Expand(std::string text, const Texts& known) {
    for (std::size_t begin; (begin = text.find("${{")) != text.npos;) {
      const std::size_t end = text.find("}}", begin);
      if (end == text.npos) {
        ADD_FAILURE() << text;
        return text;
      }
      const std::string name(
          absl::StripAsciiWhitespace(absl::string_view(text).substr(begin + 3, end - begin - 3)));
      EXPECT_TRUE(name.starts_with("github.") || known.contains(name)) << "nothing says " << name;
      const auto it = known.find(name);
      text.replace(begin, end + 2 - begin, it == known.end() ? "" : it->second);
    }
    return text;
  }

  // Runs the GitLab template's job as its runner does.
  Finished RunOnGitLab(const std::string& url, const std::string& token,
                       Process::Environment more = {}) {
    const YAML::Node job = YAML::Load(ReadSource("deploy/gitlab/sla-gate.yml"))["sla-gate"];
    Process::Environment environment = {{"GITLAB_CI", "true"},
                                        {"RETAINER_URL", url},
                                        {"CI_PROJECT_PATH", "acme/x"},
                                        {"CI_PROJECT_ID", "77"}};
    for (const auto& id_token : job["id_tokens"]) {
      environment[id_token.first.as<std::string>()] = token;
    }
    for (const auto& variable : job["variables"]) {
      std::string value = variable.second.as<std::string>();
      for (const char* name : {"RETAINER_URL", "CI_PROJECT_PATH"}) {
        value = absl::StrReplaceAll(value, {{absl::StrCat("$", name), environment[name]}});
      }
      environment[variable.first.as<std::string>()] = value;
    }
    // A project's variables take precedence over a job's.
    for (auto& [name, value] : more) environment[name] = value;
    return Execute({"/bin/sh", "-c", job["script"][0].as<std::string>()}, environment);
  }
  // Repeats until the exit code is `exit_code`, for half a minute at most.
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
  // The desk does not get to know the project by itself.
  installation_.sandbox().Watch([](const sandbox::SandboxRequest& request, sandbox::Moment) {
    return request.path.find("/repos") == std::string::npos ||
           request.path.find("/repos/") != std::string::npos;
  });
  Serving serving(installation_);
  // For an unknown project there is no verdict, and `on-unreachable` decides.
  Finished done = Act(serving.url(), {{"on-unreachable", "fail"}});
  EXPECT_EQ(done.exit_code, 2) << done.out << done.err;
  EXPECT_NE(done.out.find("404"), std::string::npos) << done.out;
  done = Act(serving.url());
  EXPECT_EQ(done.exit_code, 0) << done.out << done.err;
  EXPECT_NE(done.out.find("::warning"), std::string::npos) << done.out;
  EXPECT_EQ(Verdict(), "verdict=unknown\n");

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
  EXPECT_NE(installation_.Read("summary").find("1 promise is broken"), std::string::npos);
  EXPECT_NE(installation_.Read("summary").find("first\\_response"), std::string::npos);
  const Finished overridden = installation_.Command(
      {"gate", "override", "--project", "github:acme/opendb", "--reason", "security fix"});
  ASSERT_EQ(overridden.exit_code, 0) << overridden.err;
  // A job gets the same answer for a second, whatever is written meanwhile.
  const Finished through = Once([&] { return Act(serving.url()); }, 0);
  EXPECT_EQ(through.exit_code, 0) << through.out << through.err;
  EXPECT_EQ(Verdict(), "verdict=pass\n");
  EXPECT_NE(through.out.find("override "), std::string::npos) << through.out;
  EXPECT_NE(installation_.Read("summary").find("security fix"), std::string::npos);
  const Finished list = installation_.Command({"gate", "overrides"});
  const Finished withdrawn =
      installation_.Command({"gate", "withdraw", list.out.substr(0, list.out.find(' '))});
  ASSERT_EQ(withdrawn.exit_code, 0) << withdrawn.err;

  // The command also uses the job's own token.
  done = Execute({Binary(), "gate", "--url", serving.url(), "--project", "github:acme/opendb"},
                 {{"ACTIONS_ID_TOKEN_REQUEST_URL", forge_.request_url()},
                  {"ACTIONS_ID_TOKEN_REQUEST_TOKEN", CiForge::request_token()}});
  EXPECT_EQ(done.exit_code, 1) << done.out << done.err;
  done = Execute({Binary(), "gate", "--url", serving.url(), "--project", "github:acme/opendb"},
                 {{"RETAINER_ID_TOKEN", forge_.GitLabToken("retainer", "77")}});
  EXPECT_EQ(done.exit_code, 1) << done.out << done.err;

  // Promises outside the filter do not count.
  EXPECT_EQ(Act(serving.url(), {{"priority", "P2"}}).exit_code, 0);
  // For a job, a private customer is an unknown name.
  EXPECT_EQ(Act(serving.url(), {{"customer", "initech"}}).exit_code, 2);
  EXPECT_EQ(Act(serving.url(), {{"customer", "nobody"}}).exit_code, 2);
  for (const Texts& same : {Texts{{"priority", "P1"}}, Texts{{"plan", "gold"}},
                            Texts{{"ref", "v1"}}, Texts{{"fail-on", "at_risk"}}}) {
    EXPECT_EQ(Act(serving.url(), same).exit_code, 1) << same.begin()->first;
  }
  EXPECT_EQ(Act(serving.url(), {{"plan", "none"}}).exit_code, 2) << "it is asked for";

  done = Act(serving.url(), {{"warn-only", "true"}});
  EXPECT_EQ(done.exit_code, 0) << done.out << done.err;
  EXPECT_NE(done.out.find("::warning"), std::string::npos) << done.out;

  // Another repository's job, and another audience.
  forge_.SetRepository("4");
  done = Act(serving.url());
  EXPECT_EQ(done.exit_code, 2) << done.out << done.err;
  EXPECT_NE(done.out.find("401"), std::string::npos) << done.out;
  forge_.SetRepository("1296269");
  EXPECT_EQ(Act(serving.url(), {{"audience", "other"}}).exit_code, 2);
  // The job may ask only about its own project.
  EXPECT_EQ(Act(serving.url(), {{"project", "gitlab:acme/connectors/globex"}}).exit_code, 2);
  // The token is printed only for the runner, which masks it.
  EXPECT_EQ(done.err.find("eyJ"), std::string::npos) << done.err;
}

TEST_F(SlaGateTest, WhereNobodyAnswersTheJobDecides) {
  const std::string nobody = "http://127.0.0.1:1";
  Finished done = Act(nobody);
  EXPECT_EQ(done.exit_code, 0) << done.out << done.err;
  EXPECT_NE(done.out.find("::warning"), std::string::npos) << done.out;
  EXPECT_EQ(Verdict(), "verdict=unknown\n");
  EXPECT_EQ(Act(nobody, {{"on-unreachable", "fail"}}).exit_code, 3);
}

TEST_F(SlaGateTest, AForksPullRequestIsNeutralAndAMissingPermissionIsNamed) {
  const std::string url = "https://support.example.com";
  const auto act = [&](const std::string& event, const std::string& head, const std::string& base) {
    Texts github;
    if (!head.empty()) github["event.pull_request.head.repo.id"] = head;
    if (!base.empty()) github["event.pull_request.base.repo.id"] = base;
    return Act(url, {}, github,
               {{"ACTIONS_ID_TOKEN_REQUEST_URL", ""}, {"GITHUB_EVENT_NAME", event}});
  };
  for (const char* head : {"4", ""}) {  // a deleted fork has no id
    const Finished done = act("pull_request", head, "1296269");
    EXPECT_EQ(done.exit_code, 0) << done.out;
    EXPECT_EQ(Verdict(), "verdict=unknown\n");
    EXPECT_NE(done.out.find("::notice"), std::string::npos) << done.out;
  }
  // A job of the repository itself that only lacks the permission must not look successful; nor
  // must an event that is not a pull request.
  for (const Finished& done :
       {act("pull_request", "1296269", "1296269"), act("pull_request_target", "1296269", "1296269"),
        act("pull_request", "", ""), act("push", "", "")}) {
    EXPECT_EQ(done.exit_code, 2) << done.out;
    EXPECT_NE(done.out.find("id-token: write"), std::string::npos) << done.out;
  }
  const Finished done = Act("http://support.example.com");
  EXPECT_EQ(done.exit_code, 2) << "a token must not travel in the open";
}

TEST_F(SlaGateTest, TheGitLabTemplateRunsTheActionsScript) {
  const YAML::Node job = YAML::Load(ReadSource("deploy/gitlab/sla-gate.yml"))["sla-gate"];
  ASSERT_EQ(job["script"].size(), 1u);
  EXPECT_EQ(job["script"][0].as<std::string>(), ReadSource(".github/actions/sla-gate/gate.sh"));
  // All inputs of the action, except those that GitLab fixes or provides by itself.
  const YAML::Node action = YAML::Load(ReadSource(".github/actions/sla-gate/action.yml"));
  for (const auto& variable : action["runs"]["steps"][0]["env"]) {
    const auto name = variable.first.as<std::string>();
    const bool elsewhere = name == "GATE_AUDIENCE" || name == "GATE_TOKEN" ||
                           name == "GATE_HEAD_ID" || name == "GATE_BASE_ID";
    EXPECT_NE(job["variables"][name].IsDefined(), elsewhere) << name;
  }
}

TEST_F(SlaGateTest, TheGitLabTemplateAsksToo) {
  const Process::Environment project = {{"GATE_PROJECT", "github:acme/opendb"}};
  const auto with = [&](Process::Environment more) {
    for (const auto& [name, value] : project) more[name] = value;
    return more;
  };
  PromiseTheImpossible();
  Serving serving(installation_);
  BreakAPromise(serving);
  const std::string token = forge_.GitLabToken("retainer", "77");
  Finished done = Once([&] { return RunOnGitLab(serving.url(), token, project); }, 1);
  EXPECT_EQ(done.exit_code, 1) << done.out << done.err;
  EXPECT_NE(done.out.find("1 promise is broken"), std::string::npos) << done.out;
  EXPECT_NE(done.out.find("first_response"), std::string::npos) << done.out;
  EXPECT_EQ(done.out.find("::"), std::string::npos) << "GitHub's words\n" << done.out;
  done = RunOnGitLab(serving.url(), token, with({{"GATE_WARN_ONLY", "true"}}));
  EXPECT_EQ(done.exit_code, 0) << done.out;
  EXPECT_NE(done.out.find("Only warned"), std::string::npos) << done.out;
  EXPECT_EQ(RunOnGitLab(serving.url(), token, with({{"GATE_PRIORITY", "P2"}})).exit_code, 0);
  EXPECT_EQ(RunOnGitLab(serving.url(), token, with({{"GATE_CUSTOMER", "initech"}})).exit_code, 2);
  done = RunOnGitLab(serving.url(), token, with({{"GATE_REF", "v1"}}));
  EXPECT_EQ(done.exit_code, 1) << done.out;
  EXPECT_NE(done.out.find("Tickets whose fix is part of this ref do not count."), std::string::npos)
      << done.out;

  const std::string other = forge_.GitLabToken("retainer", "78");
  EXPECT_EQ(RunOnGitLab(serving.url(), other, project).exit_code, 2);
  EXPECT_EQ(RunOnGitLab(serving.url(), "", project).exit_code, 2);
  // A fork's pipeline has a token, but one of the fork. A pipeline of its merge request that
  // members run in the project itself asks the gate.
  const Process::Environment fork = with({{"CI_PROJECT_ID", "78"},
                                          {"CI_MERGE_REQUEST_PROJECT_ID", "77"},
                                          {"CI_MERGE_REQUEST_SOURCE_PROJECT_ID", "78"}});
  done = RunOnGitLab(serving.url(), other, fork);
  EXPECT_EQ(done.exit_code, 0) << done.out;
  EXPECT_NE(done.out.find("Not asked"), std::string::npos) << done.out;
  Process::Environment here = fork;
  here["CI_PROJECT_ID"] = "77";
  EXPECT_EQ(RunOnGitLab(serving.url(), token, here).exit_code, 1);

  EXPECT_EQ(RunOnGitLab("http://127.0.0.1:1", "x", project).exit_code, 0);
  EXPECT_EQ(
      RunOnGitLab("http://127.0.0.1:1", "x", with({{"GATE_ON_UNREACHABLE", "fail"}})).exit_code, 3);
  EXPECT_EQ(RunOnGitLab("http://support.example.com", "x", project).exit_code, 2)
      << "a token must not travel in the open";
  // A busy service counts as not answering. A 429 for this address's refused tokens is an answer.
  sinks::HttpReceiver busy;
  busy.Answer(503, {}, R"({"detail": "Busy."})");
  busy.Answer(503, {}, R"({"detail": "Busy."})");
  busy.Answer(503, {}, R"({"detail": "Busy."})");
  done = RunOnGitLab(absl::StrCat("http://127.0.0.1:", busy.port()), "x", project);
  EXPECT_EQ(done.exit_code, 0) << done.out;
  EXPECT_NE(done.out.find("503"), std::string::npos) << done.out;
}

TEST_F(SlaGateTest, ATokenRefusedTooOftenIsNoTroubleOfTheWay) {
  Serving serving(installation_);
  forge_.SetRepository("4");
  int attempts = 0;
  while (HttpGet(serving.url(), "/api/v1/gate", "x").status == 401 && attempts < 100) ++attempts;
  Finished done = RunOnGitLab(serving.url(), "x", {{"GATE_PROJECT", "github:acme/opendb"}});
  EXPECT_EQ(done.exit_code, 2) << done.out;
  EXPECT_NE(done.out.find("HTTP 429"), std::string::npos) << done.out;
  EXPECT_NE(done.out.find("oidc"), std::string::npos) << done.out;
  EXPECT_NE(done.out.find("in a minute"), std::string::npos) << done.out;
  // The action gives the same result. `warn` changes nothing, because the service did answer.
  done = Act(serving.url(), {{"on-unreachable", "warn"}});
  EXPECT_EQ(done.exit_code, 2) << done.out << done.err;
  EXPECT_NE(done.out.find("::error"), std::string::npos) << done.out;
  EXPECT_NE(done.out.find("HTTP 429"), std::string::npos) << done.out;
  // Other clients of that address that may ask are answered.
  ASSERT_TRUE(installation_.sandbox()
                  .OpenIssue({"github", "acme/opendb"}, "bob", "Typo", "Chapter 3 has one.")
                  .ok());
  serving.Deliver();
  ASSERT_TRUE(serving.AwaitLog("decided"));
  forge_.SetRepository("1296269");
  done = Act(serving.url());
  EXPECT_EQ(done.exit_code, 0) << done.out << done.err;
}

}  // namespace
}  // namespace retainer
