// The real service with its policy in a git repository.
#include <gtest/gtest.h>
#include <signal.h>

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "tests/e2e/http_get.h"
#include "tests/e2e/installation.h"
#include "tests/git/git_repository.h"

namespace retainer {
namespace {

const ProjectRef kOpenDb{"github", "acme/opendb"};

class PolicyGitTest : public testing::Test {
 protected:
  PolicyGitTest()
      : repository_(installation_.path("git/acme/policy.git")),
        policy_(installation_.Read("policy/policy.yaml")) {
    repository_.Write("desk/policy.yaml", policy_);
    first_ = repository_.Commit("The first policy");
    std::filesystem::remove_all(installation_.path("policy"));
    installation_.Write("retainer.yaml",
                        absl::StrReplaceAll(installation_.Read("retainer.yaml"),
                                            {{"policy: ./policy\n",
                                              absl::StrCat("policy: git+", repository_.file_url(),
                                                           "#main\npolicy_git: {path: desk}\n")}}));
  }

  // Commits the policy with a comment, which makes another version.
  std::string CommitVersion(const std::string& words) {
    repository_.Write("desk/policy.yaml", absl::StrCat(policy_, "# ", words, "\n"));
    return repository_.Commit(words);
  }
  nlohmann::json Json(std::vector<std::string> command) {
    command.push_back("--json");
    const Finished done = installation_.Command(command);
    EXPECT_EQ(done.exit_code, 0) << done.err;
    return nlohmann::json::parse(done.out, nullptr, false);
  }

  Installation installation_;
  GitRepository repository_;
  const std::string policy_;
  std::string first_;
};

TEST_F(PolicyGitTest, ACommitTakesEffectWhenItsPolicyIsValid) {
  std::string second;
  {
    Serving serving(installation_);
    ASSERT_TRUE(serving.AwaitLog("policy in force", first_));
    const auto issue =
        installation_.sandbox().OpenIssue(kOpenDb, "dave", "Writes hang", "All.\n\n/priority P1");
    ASSERT_TRUE(issue.ok());
    serving.Deliver();
    ASSERT_TRUE(serving.AwaitLog("face shown"));
    const Finished why = installation_.Command({"explain", ToString(*issue)});
    EXPECT_TRUE(absl::StrContains(why.out, absl::StrCat("(commit ", first_.substr(0, 7), ")")))
        << why.out << why.err;

    repository_.Write("desk/policy.yaml", policy_ + "plan: {}\n");
    const std::string broken = repository_.Commit("A mistake");
    const Finished refused = installation_.Command({"reload"});
    EXPECT_EQ(refused.exit_code, 2) << refused.out;
    EXPECT_TRUE(absl::StrContains(refused.err, "desk/policy.yaml:")) << refused.err;
    ASSERT_TRUE(serving.AwaitLog("policy refused", "is stale, it was last known to be current at"));
    EXPECT_TRUE(absl::StrContains(HttpGet(serving.metrics_url(), "/metrics").body,
                                  "\nretainer_policy_refused 1"));
    EXPECT_TRUE(
        absl::StrContains(HttpGet(serving.metrics_url(), "/readyz").body, "desk/policy.yaml:"));
    EXPECT_FALSE(absl::StrContains(HttpGet(serving.metrics_url(), "/metrics").body,
                                   "\nretainer_policy_current_timestamp_seconds 0"));

    second = CommitVersion("Mended");
    serving.process().Signal(SIGHUP);
    ASSERT_TRUE(serving.AwaitLog("policy in force", second));
    EXPECT_TRUE(absl::StrContains(HttpGet(serving.metrics_url(), "/metrics").body,
                                  "\nretainer_policy_refused 0"));
    const nlohmann::json log = Json({"policy", "log"});
    ASSERT_EQ(log.size(), 2u) << log;
    EXPECT_EQ(log[0]["version"], 2);
    EXPECT_EQ(log[0]["commit"], second);
    EXPECT_EQ(log[0]["author"], "Carol <c@x.test>");
    EXPECT_EQ(log[0]["subject"], "Mended");
    EXPECT_EQ(log[0]["committed"], "2026-03-01T10:00:00Z");
    EXPECT_EQ(log[0]["in_force"], true);
    EXPECT_EQ(log[1]["commit"], first_);
  }
  // A start without the repository uses the policy on record.
  std::filesystem::remove_all(repository_.folder());
  Serving serving(installation_);
  EXPECT_TRUE(absl::StrContains(serving.process().err(), second)) << serving.process().err();
  const auto trouble = serving.AwaitLog("policy refused", "last known to be current at");
  ASSERT_TRUE(trouble);
  EXPECT_TRUE(absl::StrContains(*trouble, "there is no such repository")) << *trouble;
  EXPECT_EQ(HttpGet(serving.url(), "/readyz").status, 200);
  const Finished doctor = installation_.Command({"doctor"});
  EXPECT_TRUE(absl::StrContains(doctor.out, "last known to be current at")) << doctor.out;
  EXPECT_TRUE(absl::StrContains(doctor.out, "there is no such repository")) << doctor.out;
}

TEST_F(PolicyGitTest, VersionsAreShownWithAndWithoutTheService) {
  std::string second;
  {
    Serving serving(installation_);
    ASSERT_TRUE(serving.AwaitLog("policy in force", first_));
    second = CommitVersion("Another");
    EXPECT_EQ(installation_.Command({"reload"}).exit_code, 0);
    EXPECT_EQ(Json({"policy", "show", first_.substr(0, 7)})["files"]["policy.yaml"], policy_);
  }
  const Finished log = installation_.Command({"policy", "log"});
  EXPECT_EQ(log.exit_code, 0) << log.err;
  EXPECT_TRUE(absl::StrContains(
      log.out, absl::StrCat("commit ", second.substr(0, 7), "  Carol <c@x.test>  Another")))
      << log.out;
  EXPECT_EQ(Json({"policy", "show"})["version"], 2);
  EXPECT_EQ(Json({"policy", "show", "1"})["files"]["policy.yaml"], policy_);
  const nlohmann::json diff = Json({"policy", "diff", "1", "2"});
  EXPECT_EQ(diff["files"], nlohmann::json::parse(R"([{"file":"policy.yaml","change":"changed"}])"));
  EXPECT_EQ(diff["to"]["commit"], second);
  EXPECT_EQ(diff["changes"], nlohmann::json::array()) << "only a comment changed";
  const Finished unknown = installation_.Command({"policy", "show", "7"});
  EXPECT_EQ(unknown.exit_code, 1) << unknown.out;
  EXPECT_TRUE(absl::StrContains(unknown.err, "policy log")) << unknown.err;
}

TEST_F(PolicyGitTest, ARewrittenBranchWaitsForAnOperator) {
  const std::string second = CommitVersion("Two");
  Serving serving(installation_);
  ASSERT_TRUE(serving.AwaitLog("policy in force", second));
  repository_.Git({"reset", "--quiet", "--hard", first_});
  const std::string other = CommitVersion("Other");
  const Finished refused = installation_.Command({"reload"});
  EXPECT_EQ(refused.exit_code, 2) << refused.out;
  EXPECT_TRUE(absl::StrContains(refused.err, "the branch was rewritten")) << refused.err;
  EXPECT_EQ(Json({"policy", "log"})[0]["commit"], second);
  EXPECT_EQ(installation_.Command({"policy", "accept", "nonsense"}).exit_code, 2);
  const Finished accepted = installation_.Command({"policy", "accept", other.substr(0, 12)});
  EXPECT_EQ(accepted.exit_code, 0) << accepted.err;
  EXPECT_EQ(Json({"policy", "log"})[0]["commit"], other);
  // A branch that is gone changes nothing.
  repository_.Git({"branch", "--quiet", "--move", "main", "gone"});
  const Finished gone = installation_.Command({"reload"});
  EXPECT_EQ(gone.exit_code, 2) << gone.out;
  EXPECT_TRUE(absl::StrContains(gone.err, "no refs/heads/main")) << gone.err;
  EXPECT_EQ(Json({"policy", "log"})[0]["commit"], other);
}

}  // namespace
}  // namespace retainer
