// The real service, its policy in a git repository, and a forge that shows what commits of it are
// worth.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "tests/e2e/installation.h"
#include "tests/git/git_repository.h"

namespace retainer {
namespace {

using Verdicts = std::vector<sandbox::Sandbox::Verdict>;

const ProjectRef kOpenDb{"github", "acme/opendb"};

class PolicyChecksTest : public testing::Test {
 protected:
  explicit PolicyChecksTest(ProjectRef project = {"github", "acme/support-policy"},
                            std::string proposal_ref = "refs/pull/1/head")
      : project_(std::move(project)),
        proposal_ref_(std::move(proposal_ref)),
        repository_(installation_.path("git/acme/policy.git")),
        policy_(installation_.Read("policy/policy.yaml")) {
    repository_.Write("desk/policy.yaml", policy_);
    first_ = repository_.Commit("The first policy");
    std::filesystem::remove_all(installation_.path("policy"));
    // No poll: a commit is read because a delivery says that it is there.
    const std::string git = absl::StrCat("policy: git+", repository_.file_url(),
                                         "#main\npolicy_git: {path: desk, poll: 24h, project: \"",
                                         project_.forge, ":", project_.path, "\"}\n");
    installation_.Write("retainer.yaml", absl::StrReplaceAll(installation_.Read("retainer.yaml"),
                                                             {{"policy: ./policy\n", git}}));
    AddProject(/*is_private=*/true);
    EXPECT_TRUE(installation_.sandbox().PushBranch(project_, "alice", "main", first_).ok());
  }

  void AddProject(bool is_private) {
    sandbox::SandboxProject project;
    project.ref = project_;
    project.is_private = is_private;
    installation_.sandbox().AddProject(project);
    ASSERT_TRUE(installation_.sandbox().SetRole(project_, "alice", "admin").ok());
    if (project_.forge == "github") return;
    ASSERT_TRUE(installation_.sandbox().SetRole(project_, "support-desk", "maintain").ok());
  }

  // A ticket of a private customer, decided.
  void OpenTicket(Serving& serving) {
    const auto issue =
        installation_.sandbox().OpenIssue(kOpenDb, "erin", "Writes hang", "All.\n\n/priority P1");
    ASSERT_TRUE(issue.ok());
    serving.Deliver();
    ASSERT_TRUE(serving.AwaitLog("decided", "acme/opendb#1"));
  }

  // Commits the policy with `from` replaced by `to`, and pushes it.
  std::string PushVersion(const std::string& from, const std::string& to) {
    repository_.Write("desk/policy.yaml", absl::StrReplaceAll(policy_, {{from, to}}));
    const std::string commit = repository_.Commit("Another version");
    EXPECT_TRUE(installation_.sandbox().PushBranch(project_, "alice", "main", commit).ok());
    return commit;
  }

  // Proposes the policy with `from` replaced by `to`, from a branch that only the change has.
  std::string ProposeVersion(const std::string& from, const std::string& to) {
    repository_.Git({"checkout", "--quiet", "-B", "proposal", first_});
    repository_.Write("desk/policy.yaml", absl::StrReplaceAll(policy_, {{from, to}}));
    const std::string commit = repository_.Commit("A proposal");
    repository_.Git({"update-ref", proposal_ref_, commit});
    repository_.Git({"checkout", "--quiet", "main"});
    repository_.Git({"branch", "--quiet", "-D", "proposal"});
    if (!change_) {
      const auto opened =
          installation_.sandbox().OpenPullRequest(project_, "alice", "Change the policy", "");
      EXPECT_TRUE(opened.ok()) << opened.status();
      change_ = *opened;
    }
    EXPECT_TRUE(installation_.sandbox().Push(*change_, "alice", commit).ok());
    return commit;
  }

  Verdicts On(const std::string& commit) {
    return installation_.sandbox().VerdictsOn(project_, commit);
  }

  Installation installation_;
  const ProjectRef project_;
  const std::string proposal_ref_;
  GitRepository repository_;
  const std::string policy_;
  std::string first_;
  std::optional<TicketRef> change_;
};

TEST_F(PolicyChecksTest, APushIsReadAtOnceAndItsCommitGetsAStatus) {
  Serving serving(installation_);
  ASSERT_TRUE(serving.AwaitLog("policy in force", first_));
  const std::string bad = PushVersion("customers:\n", "customers:\n  - {id: x, plan: silver}\n");
  serving.Deliver();
  ASSERT_TRUE(serving.AwaitLog("policy refused"));
  ASSERT_TRUE(serving.AwaitLog("a commit of the policy was judged", bad));
  Verdicts verdicts = On(bad);
  ASSERT_EQ(verdicts.size(), 1u);
  EXPECT_EQ(verdicts[0].name, "retainer/policy");
  EXPECT_EQ(verdicts[0].state, "failure");
  EXPECT_TRUE(absl::StartsWith(verdicts[0].title, "desk/policy.yaml:")) << verdicts[0].title;
  const Finished log = installation_.Command({"policy", "log", "--json"});
  EXPECT_EQ(nlohmann::json::parse(log.out)[0]["commit"], first_) << "the running policy stays";

  const std::string good = PushVersion("Northwind Traders", "Northwind Trading");
  serving.Deliver();
  ASSERT_TRUE(serving.AwaitLog("policy in force", good));
  ASSERT_TRUE(serving.AwaitLog("a commit of the policy was judged", good));
  verdicts = On(good);
  ASSERT_EQ(verdicts.size(), 1u);
  EXPECT_EQ(verdicts[0].state, "success");
  // Another reading of the same commit says nothing again, also after a restart.
  EXPECT_EQ(installation_.Command({"reload"}).exit_code, 0);
  EXPECT_EQ(serving.Stop().exit_code, 0);
  Serving again(installation_);
  EXPECT_EQ(installation_.Command({"reload"}).exit_code, 0);
  EXPECT_EQ(On(good).size(), 1u);
}

TEST_F(PolicyChecksTest, AProposalIsCheckedOncePerCommit) {
  Serving serving(installation_);
  ASSERT_TRUE(serving.AwaitLog("policy in force", first_));
  OpenTicket(serving);
  const std::string shorter = ProposeVersion("first_response: 1h", "first_response: 15m");
  serving.Deliver();
  ASSERT_TRUE(serving.AwaitLog("a commit of the policy was judged", shorter));
  const Verdicts first = On(shorter);
  ASSERT_EQ(first.size(), 1u);
  EXPECT_EQ(first[0].name, "retainer/policy");
  EXPECT_EQ(first[0].state, "success");
  EXPECT_TRUE(absl::StrContains(first[0].summary, "plan gold: P1 first_response 1h -> 15m"))
      << first[0].summary;
  EXPECT_TRUE(absl::StrContains(first[0].summary, "acme/opendb#1 initech P1 first_response: "))
      << "the team reads whose due instants move: " << first[0].summary;
  EXPECT_TRUE(absl::StrContains(first[0].title, "1 due instant moves")) << first[0].title;

  const std::string broken = ProposeVersion("plan: gold", "plan: golden");
  serving.Deliver();
  ASSERT_TRUE(serving.AwaitLog("a commit of the policy was judged", broken));
  const Verdicts second = On(broken);
  ASSERT_EQ(second.size(), 1u);
  EXPECT_EQ(second[0].state, "failure");
  EXPECT_TRUE(absl::StrContains(second[0].summary, "desk/policy.yaml:")) << second[0].summary;
  EXPECT_TRUE(absl::StrContains(second[0].title, "did you mean")) << second[0].title;
  EXPECT_EQ(On(shorter).size(), 1u);
  EXPECT_EQ(nlohmann::json::parse(installation_.Command({"policy", "log", "--json"}).out).size(),
            1u)
      << "a proposal takes no effect";
}

TEST_F(PolicyChecksTest, APublicRepositoryNamesNoPrivateCustomer) {
  AddProject(/*is_private=*/false);
  Serving serving(installation_);
  ASSERT_TRUE(serving.AwaitLog("policy in force", first_));
  OpenTicket(serving);
  const std::string commit = ProposeVersion("name: Initech", "name: Initrode");
  serving.Deliver();
  ASSERT_TRUE(serving.AwaitLog("a commit of the policy was judged", commit));
  const Verdicts verdicts = On(commit);
  ASSERT_EQ(verdicts.size(), 1u);
  EXPECT_TRUE(absl::StrContains(verdicts[0].summary, "1 private customer changes"))
      << verdicts[0].summary;
  for (const char* name : {"nitech", "nitrode", "c-7f3"}) {
    EXPECT_FALSE(absl::StrContains(verdicts[0].summary, name)) << verdicts[0].summary;
    EXPECT_FALSE(absl::StrContains(verdicts[0].title, name)) << verdicts[0].title;
  }
}

TEST_F(PolicyChecksTest, AForgeThatIsDownBlocksNothing) {
  Serving serving(installation_);
  ASSERT_TRUE(serving.AwaitLog("a commit of the policy was judged", first_));
  sandbox::Fault slow;
  slow.kind = sandbox::FaultKind::kSlow;
  slow.delay = absl::Seconds(8);
  installation_.sandbox().FailNext("POST", "/repos/acme/support-policy/statuses", slow);
  const std::string second = PushVersion("Northwind Traders", "Northwind Trading");
  serving.Deliver();
  // It is in force while the forge is still being told.
  ASSERT_TRUE(serving.AwaitLog("policy in force", second));
  EXPECT_EQ(installation_.Command({"reload"}).exit_code, 0);
  const absl::Time began = absl::Now();
  EXPECT_EQ(serving.Stop().exit_code, 0);
  EXPECT_LT(absl::Now() - began, absl::Seconds(8));
}

class GitLabPolicyTest : public PolicyChecksTest {
 protected:
  GitLabPolicyTest()
      : PolicyChecksTest({"gitlab", "acme/support-policy"}, "refs/merge-requests/1/head") {}
};

// GitLab has no check with words: the status has one line, and one comment has the rest.
TEST_F(GitLabPolicyTest, AProposalGetsAStatusAndOneComment) {
  Serving serving(installation_);
  ASSERT_TRUE(serving.AwaitLog("policy in force", first_));
  const std::string good = PushVersion("Northwind Traders", "Northwind Trading");
  serving.Deliver();
  ASSERT_TRUE(serving.AwaitLog("a commit of the policy was judged", good));
  const std::string shorter = ProposeVersion("first_response: 1h", "first_response: 15m");
  serving.Deliver();
  ASSERT_TRUE(serving.AwaitLog("a commit of the policy was judged", shorter));
  Verdicts verdicts = On(shorter);
  ASSERT_EQ(verdicts.size(), 1u);
  EXPECT_EQ(verdicts[0].name, "retainer/policy");
  EXPECT_EQ(verdicts[0].state, "success");
  const std::string broken = ProposeVersion("plan: gold", "plan: golden");
  serving.Deliver();
  ASSERT_TRUE(serving.AwaitLog("a commit of the policy was judged", broken));
  verdicts = On(broken);
  ASSERT_EQ(verdicts.size(), 1u);
  EXPECT_EQ(verdicts[0].state, "failed");
  EXPECT_TRUE(absl::StartsWith(verdicts[0].title, "desk/policy.yaml:")) << verdicts[0].title;
  const auto shown = installation_.sandbox().Look(*change_);
  ASSERT_TRUE(shown.ok()) << shown.status();
  ASSERT_EQ(shown->comments.size(), 1u) << "it is edited in place";
  EXPECT_TRUE(absl::StrContains(shown->comments[0].second, "is not valid"))
      << shown->comments[0].second;
  ASSERT_EQ(On(good).size(), 1u);
  EXPECT_EQ(On(good)[0].state, "success");
}

}  // namespace
}  // namespace retainer
