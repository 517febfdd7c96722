// The real binary, from a signed delivery to the comment on the issue.
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>

#include <algorithm>

#include "absl/time/clock.h"
#include "tests/e2e/http_get.h"
#include "tests/e2e/installation.h"

namespace retainer {
namespace {

const ProjectRef kOpenDb{"github", "acme/opendb"};

bool AllTaken(const std::vector<int>& statuses) {
  return std::all_of(statuses.begin(), statuses.end(),
                     [](int status) { return status == 200 || status == 202; });
}

TEST(ServeTest, TakesAsManyDescriptorsAsItMay) {
  rlimit before{};
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &before), 0);
  ASSERT_GT(before.rlim_max, 512u);
  const rlimit low{512, before.rlim_max};
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &low), 0);
  Installation installation;
  Serving serving(installation);
  EXPECT_EQ(setrlimit(RLIMIT_NOFILE, &before), 0);
  rlimit taken{};
  ASSERT_EQ(prlimit(serving.process().pid(), RLIMIT_NOFILE, nullptr, &taken), 0);
  EXPECT_EQ(taken.rlim_cur, std::min<rlim_t>(before.rlim_max, 65536));
}

TEST(ServeTest, ResyncReadsWhatNoDeliveryToldOf) {
  Installation installation;
  Serving serving(installation);
  ASSERT_TRUE(installation.sandbox().OpenIssue(kOpenDb, "dave", "Reads hang", "Some do.").ok());
  EXPECT_TRUE(AllTaken(serving.Deliver()));
  ASSERT_TRUE(serving.AwaitLog("face shown"));
  const auto issue = installation.sandbox().OpenIssue(kOpenDb, "dave", "Writes hang", "All do.");
  ASSERT_TRUE(issue.ok());
  installation.sandbox().TakePending();
  const Finished read = installation.Command({"resync", "--project", "github:acme/opendb"});
  EXPECT_EQ(read.exit_code, 0) << read.err;
  EXPECT_NE(read.out.find("github:acme/opendb  read"), std::string::npos) << read.out;
  const Finished queue = installation.Command({"queue"});
  EXPECT_NE(queue.out.find(ToString(*issue)), std::string::npos) << queue.out;
  const Finished unknown = installation.Command({"resync", "--project", "github:acme/nothing"});
  EXPECT_EQ(unknown.exit_code, 1) << unknown.err;
  EXPECT_NE(unknown.err.find("github:acme/nothing"), std::string::npos) << unknown.err;
}

TEST(ServeTest, ASignedDeliveryBecomesATicketAndAStatusComment) {
  Installation installation;
  Serving serving(installation);
  const auto issue = installation.sandbox().OpenIssue(kOpenDb, "dave", "Writes hang",
                                                      "No write gets through.\n\n/priority P1");
  ASSERT_TRUE(issue.ok());
  EXPECT_TRUE(AllTaken(serving.Deliver()));
  ASSERT_TRUE(serving.AwaitLog("face shown"));
  std::string thread = *installation.sandbox().RenderThread(*issue);
  EXPECT_NE(thread.find("P1"), std::string::npos) << thread;
  EXPECT_NE(thread.find("first reply by"), std::string::npos) << thread;
  EXPECT_NE(thread.find("support: gold"), std::string::npos) << thread;

  // Our own comment and labels come back as deliveries and change nothing.
  EXPECT_TRUE(AllTaken(serving.Deliver()));
  ASSERT_TRUE(installation.sandbox().Comment(*issue, "alice", "I am looking into it.").ok());
  EXPECT_TRUE(AllTaken(serving.Deliver()));
  // The comment, a label and a reaction may be shown at different times.
  for (int shown = 0; shown < 5 && thread.find("met") == std::string::npos; ++shown) {
    ASSERT_TRUE(serving.AwaitLog("face shown")) << thread;
    thread = *installation.sandbox().RenderThread(*issue);
  }
  EXPECT_NE(thread.find("met"), std::string::npos) << thread;

  // One status comment, edited in place.
  int created = 0;
  for (const sandbox::SandboxRequest& request : installation.sandbox().requests()) {
    created += request.method == "POST" && request.path.find("/comments") != std::string::npos;
  }
  EXPECT_EQ(created, 1);

  const Finished explained =
      installation.Command({"explain", ToString(*issue)});  // through the running service
  EXPECT_EQ(explained.exit_code, 0) << explained.err;
  EXPECT_NE(explained.out.find("first_response"), std::string::npos) << explained.out;
  EXPECT_NE(explained.out.find("northwind"), std::string::npos) << explained.out;

  const absl::Time stop = absl::Now();
  EXPECT_EQ(serving.Stop().exit_code, 0);
  EXPECT_LT(absl::Now() - stop, absl::Seconds(10));

  const Finished alone =
      installation.Command({"explain", ToString(*issue)});  // without the service
  EXPECT_EQ(alone.exit_code, 0) << alone.err;
  EXPECT_NE(alone.out.find("first_response"), std::string::npos) << alone.out;
}

TEST(ServeTest, GitLabDeliveriesAreSignedAndAnswered) {
  Installation installation;
  Serving serving(installation);
  const auto issue = installation.sandbox().OpenIssue({"gitlab", "acme/connectors/globex"}, "frank",
                                                      "Events are dropped", "/support priority P1");
  ASSERT_TRUE(issue.ok());
  EXPECT_TRUE(AllTaken(serving.Deliver()));
  ASSERT_TRUE(serving.AwaitLog("face shown"));
  const std::string thread = *installation.sandbox().RenderThread(*issue);
  EXPECT_NE(thread.find("first reply by"), std::string::npos) << thread;
}

TEST(ServeTest, APrivateCustomersIssueShowsNothing) {
  Installation installation;
  Serving serving(installation);
  const auto issue =
      installation.sandbox().OpenIssue(kOpenDb, "erin", "Backup fails", "/support priority P1");
  ASSERT_TRUE(issue.ok());
  const std::string before = *installation.sandbox().RenderThread(*issue);
  EXPECT_TRUE(AllTaken(serving.Deliver()));
  ASSERT_TRUE(serving.AwaitLog("decided"));
  EXPECT_EQ(serving.Stop().exit_code, 0);
  EXPECT_EQ(*installation.sandbox().RenderThread(*issue), before);
  for (const sandbox::SandboxRequest& request : installation.sandbox().requests()) {
    const bool reads =
        request.method == "GET" || request.path.find("access_tokens") != std::string::npos;
    EXPECT_TRUE(reads) << request.method << " " << request.path;
  }
  const Finished queue = installation.Command({"queue"});
  EXPECT_NE(queue.out.find("initech"), std::string::npos) << queue.out << queue.err;
}

TEST(ServeTest, AWrongSignatureIsRefusedAndNothingIsStored) {
  Installation installation;
  Serving serving(installation);
  sandbox::SandboxHook hook;
  hook.url = serving.url() + "/webhooks/github";
  hook.secret = "not the secret";
  installation.sandbox().SetHook(ForgeKind::kGitHub, hook);
  ASSERT_TRUE(installation.sandbox().OpenIssue(kOpenDb, "dave", "x", "y").ok());
  EXPECT_EQ(serving.Deliver(), std::vector<int>{401});
  ASSERT_TRUE(serving.AwaitLog("delivery refused"));
  EXPECT_EQ(serving.Stop().exit_code, 0);
  const Finished queue = installation.Command({"queue"});
  EXPECT_EQ(queue.out, "Nothing is due.\n") << queue.err;
}

TEST(ServeTest, WhatWasTakenSurvivesAKill) {
  Installation installation;
  const auto issue = [&] {
    Serving serving(installation);
    const auto opened =
        installation.sandbox().OpenIssue(kOpenDb, "dave", "Writes hang", "/support priority P1");
    EXPECT_TRUE(AllTaken(serving.Deliver()));
    serving.process().Signal(SIGKILL);
    EXPECT_EQ(serving.process().Wait().exit_code, -1);
    return *opened;
  }();
  Serving serving(installation);
  const auto is_shown = [&] {
    return installation.sandbox().RenderThread(issue)->find("first reply by") != std::string::npos;
  };
  // The service was killed before the comment was created, so it is created now. If that was
  // already intended, the forge's lists are given time to show it first.
  if (!is_shown()) ASSERT_TRUE(serving.AwaitLog("face shown")) << serving.process().err();
  EXPECT_TRUE(is_shown());
  EXPECT_EQ(serving.Stop().exit_code, 0);
  int created = 0;
  for (const sandbox::SandboxRequest& request : installation.sandbox().requests()) {
    created += request.method == "POST" && request.path.find("/comments") != std::string::npos;
  }
  EXPECT_EQ(created, 1);
}

TEST(ServeTest, ASecondServiceOnTheSameFolderIsRefusedWithTheMend) {
  Installation installation;
  Serving serving(installation);
  const Finished second = Execute({Binary(), "serve", "--config", installation.config()});
  EXPECT_EQ(second.exit_code, 2);
  EXPECT_NE(second.err.find("another process"), std::string::npos) << second.err;
}

TEST(ServeTest, ABrokenPolicyStoresAndWaitsForTheMend) {
  Installation installation;
  const std::string good = installation.Read("policy/policy.yaml");
  installation.Write("policy/policy.yaml", good + "\nplannns: {}\n");
  Serving serving(installation);
  ASSERT_TRUE(installation.sandbox()
                  .OpenIssue(kOpenDb, "dave", "Writes hang", "/support priority P1")
                  .ok());
  EXPECT_EQ(serving.Deliver(), std::vector<int>{202});
  EXPECT_NE(HttpGet(serving.url(), "/readyz").status, 200);
  EXPECT_EQ(HttpGet(serving.url(), "/healthz").status, 200);
  EXPECT_NE(serving.process().err().find("plannns"), std::string::npos);

  installation.Write("policy/policy.yaml", good);
  serving.process().Signal(SIGHUP);
  ASSERT_TRUE(serving.AwaitLog("policy in force"));
  ASSERT_TRUE(serving.AwaitLog("face shown"));
  EXPECT_EQ(HttpGet(serving.url(), "/readyz").status, 200);
}

TEST(ServeTest, StopsWithinTenSecondsThoughAForgeDoesNotAnswer) {
  Installation installation;
  Serving serving(installation);
  sandbox::Fault slow;
  slow.kind = sandbox::FaultKind::kSlow;
  slow.delay = absl::Seconds(10);
  slow.count = 100;
  installation.sandbox().FailNext("", "/", slow);
  ASSERT_TRUE(installation.sandbox().OpenIssue(kOpenDb, "bob", "Typo", "vaccum").ok());
  EXPECT_TRUE(AllTaken(serving.Deliver()));
  const absl::Time stop = absl::Now();
  EXPECT_EQ(serving.Stop().exit_code, 0);
  EXPECT_LT(absl::Now() - stop, absl::Seconds(10));
}

TEST(ServeTest, TheFiguresAreOnTheirOwnPortAlone) {
  Installation installation;
  Serving serving(installation);
  ASSERT_TRUE(installation.sandbox().OpenIssue(kOpenDb, "bob", "Typo", "vaccum").ok());
  EXPECT_TRUE(AllTaken(serving.Deliver()));
  EXPECT_EQ(HttpGet(serving.url(), "/metrics").status, 404);
  const HttpAnswer figures = HttpGet(serving.metrics_url(), "/metrics");
  EXPECT_EQ(figures.status, 200);
  EXPECT_NE(figures.body.find("retainer_"), std::string::npos);
}

TEST(ServeTest, NothingSecretIsLogged) {
  Installation installation;
  Serving serving(installation);
  ASSERT_TRUE(
      installation.sandbox()
          .OpenIssue(kOpenDb, "dave", "A-title-of-theirs", "a-body-of-theirs\n\n/priority P1")
          .ok());
  EXPECT_TRUE(AllTaken(serving.Deliver()));
  ASSERT_TRUE(serving.AwaitLog("face shown"));
  const Finished finished = serving.Stop();
  const sandbox::StoryCredentials& secrets = installation.credentials();
  for (const std::string& secret :
       {secrets.github_secret, secrets.gitlab_secret, secrets.gitlab_signing_token,
        secrets.gitlab_token, std::string("a-body-of-theirs"), std::string("PRIVATE KEY")}) {
    EXPECT_EQ(finished.err.find(secret), std::string::npos);
  }
}

}  // namespace
}  // namespace retainer
