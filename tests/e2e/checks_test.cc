// The check on a pull request, from its opening to the answer on the issue that it fixes.
#include <gtest/gtest.h>

#include "tests/e2e/installation.h"

namespace retainer {
namespace {

const ProjectRef kOpenDb{"github", "acme/opendb"};

TEST(ChecksTest, APullRequestShowsThePromisesThatRideOnIt) {
  Installation installation;
  Serving serving(installation);
  sandbox::Sandbox& forge = installation.sandbox();
  const auto issue =
      forge.OpenIssue(kOpenDb, "dave", "Writes hang", "No write gets through.\n\n/priority P1");
  ASSERT_TRUE(issue.ok());
  serving.Deliver();
  ASSERT_TRUE(serving.AwaitLog("face shown"));
  const auto change =
      forge.OpenPullRequest(kOpenDb, "bob", "Do not hang", absl::StrCat("Fixes #", issue->number));
  ASSERT_TRUE(change.ok());
  serving.Deliver();
  ASSERT_TRUE(serving.AwaitLog("face shown", absl::StrCat("!", change->number)));
  std::string thread = *forge.RenderThread(*change);
  EXPECT_NE(thread.find("check retainer/sla: neutral"), std::string::npos) << thread;
  EXPECT_NE(thread.find("first reply by"), std::string::npos) << thread;

  ASSERT_TRUE(forge.Comment(*issue, "alice", "I am looking into it.").ok());
  serving.Deliver();
  ASSERT_TRUE(serving.AwaitLog("face shown", absl::StrCat("!", change->number)));
  thread = *forge.RenderThread(*change);
  EXPECT_NE(thread.find("workaround by"), std::string::npos) << thread;
  EXPECT_NE(thread.find("met"), std::string::npos) << thread;

  // A new head commit gets its own check.
  ASSERT_TRUE(forge.Push(*change, "bob").ok());
  EXPECT_EQ(forge.RenderThread(*change)->find("retainer/sla"), std::string::npos);
  serving.Deliver();
  ASSERT_TRUE(serving.AwaitLog("face shown", absl::StrCat("!", change->number)));
  EXPECT_NE(forge.RenderThread(*change)->find("retainer/sla"), std::string::npos);

  int made = 0;
  int changed = 0;
  for (const sandbox::SandboxRequest& request : forge.requests()) {
    if (request.path.find("/check-runs") == std::string::npos) continue;
    made += request.method == "POST";
    changed += request.method == "PATCH";
  }
  EXPECT_EQ(made, 2);
  EXPECT_EQ(changed, 1);
}

TEST(ChecksTest, APrivateCustomersIssueShowsWhatACommunityIssueDoes) {
  Installation installation;
  Serving serving(installation);
  sandbox::Sandbox& forge = installation.sandbox();
  const auto theirs = forge.OpenIssue(kOpenDb, "erin", "Backup fails", "/support priority P1");
  const auto anybodys = forge.OpenIssue(kOpenDb, "bob", "Typo", "In the manual.");
  ASSERT_TRUE(theirs.ok() && anybodys.ok());
  for (const TicketRef& issue : {*theirs, *anybodys}) {
    ASSERT_TRUE(
        forge.OpenPullRequest(kOpenDb, "bob", "A fix", absl::StrCat("Fixes #", issue.number)).ok());
  }
  serving.Deliver();
  for (int i = 0; i < 4; ++i) ASSERT_TRUE(serving.AwaitLog("decided"));
  EXPECT_EQ(serving.Stop().exit_code, 0);
  for (const sandbox::SandboxRequest& request : forge.requests()) {
    EXPECT_EQ(request.path.find("/check-runs"), std::string::npos) << request.path;
  }
}

TEST(ChecksTest, AMergeRequestShowsThemAsACommitStatus) {
  Installation installation;
  Serving serving(installation);
  sandbox::Sandbox& forge = installation.sandbox();
  const ProjectRef connector{"gitlab", "acme/connectors/globex"};
  const auto issue =
      forge.OpenIssue(connector, "frank", "Events are dropped", "/support priority P1");
  ASSERT_TRUE(issue.ok());
  serving.Deliver();
  ASSERT_TRUE(serving.AwaitLog("face shown"));
  const auto change = forge.OpenPullRequest(
      connector, "alice", absl::StrCat("Resolve #", issue->number), "No more drops.");
  ASSERT_TRUE(change.ok());
  serving.Deliver();
  ASSERT_TRUE(serving.AwaitLog("face shown", absl::StrCat("!", change->number)));
  const std::string thread = *forge.RenderThread(*change);
  EXPECT_NE(thread.find("check retainer/sla: success"), std::string::npos) << thread;
  EXPECT_NE(thread.find("first reply by"), std::string::npos) << thread;
}

}  // namespace
}  // namespace retainer
