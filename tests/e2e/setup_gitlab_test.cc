// Setting the service up on GitLab with the real binary: from nothing to the first delivery that is
// taken.
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "tests/e2e/installation.h"

namespace retainer {
namespace {

const ProjectRef kConnector = {"gitlab", "acme/connectors/globex"};

class SetupGitLabTest : public ::testing::Test {
 protected:
  SetupGitLabTest() {
    installation.Write("new/policy/policy.yaml", installation.Read("policy/policy.yaml"));
    installation.Write("new/gitlab.token", installation.credentials().gitlab_token + "\n");
  }

  std::vector<std::string> Arguments(const std::string& public_url,
                                     const std::vector<std::string>& more = {}) {
    std::vector<std::string> arguments = {Binary(),
                                          "setup",
                                          "gitlab",
                                          "--config",
                                          config,
                                          "--project",
                                          kConnector.path,
                                          "--token",
                                          "file:gitlab.token",
                                          "--public-url",
                                          public_url,
                                          "--api-url",
                                          installation.sandbox().gitlab_api_url()};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return arguments;
  }
  Finished Run(const std::string& public_url, const std::vector<std::string>& more = {},
               const Process::Environment& environment = {}) {
    return Process(Arguments(public_url, more), environment).Wait();
  }
  std::string Token(const std::string& login, const std::string& scope = "api") {
    return *installation.sandbox().CreateToken(ForgeKind::kGitLab, login, scope);
  }
  static unsigned ModeOf(const std::string& path) {
    struct stat status {};
    return stat(path.c_str(), &status) == 0 ? status.st_mode & 0777 : 0;
  }

  Installation installation;
  const std::string config = installation.path("new/retainer.yaml");
};

TEST_F(SetupGitLabTest, FromNothingToTheFirstDeliveryThatIsTaken) {
  const Finished first = Run("http://127.0.0.1:9");
  EXPECT_TRUE(absl::StrContains(first.out, "the token in file:gitlab.token has the scope api"))
      << first.out << first.err;
  EXPECT_TRUE(absl::StrContains(first.out, "the webhook of acme/connectors/globex is made"));
  EXPECT_TRUE(absl::StrContains(first.out, "answers; we write as support-desk")) << first.out;
  EXPECT_TRUE(absl::StrContains(first.out, "go to http://127.0.0.1:9/webhooks/gitlab"))
      << "doctor: " << first.out;

  const std::string secret = installation.Read("new/gitlab.webhook.secret");
  EXPECT_EQ(secret.size(), 64u);
  EXPECT_EQ(ModeOf(installation.path("new/gitlab.webhook.secret")), 0600u);
  std::string written = installation.Read("new/retainer.yaml");
  EXPECT_TRUE(absl::StrContains(written, "webhook_secrets: [\"file:gitlab.webhook.secret\"]"))
      << written;
  EXPECT_TRUE(absl::StrContains(written, "token: \"file:gitlab.token\"")) << written;
  for (const std::string& shown : {first.out, first.err, written}) {
    EXPECT_FALSE(absl::StrContains(shown, secret));
    EXPECT_FALSE(absl::StrContains(shown, installation.credentials().gitlab_token));
  }

  written = absl::StrReplaceAll(written, {{"listen: 127.0.0.1:8080", "listen: 127.0.0.1:0"}});
  installation.Write("new/retainer.yaml", written + "metrics_listen: 127.0.0.1:0\n");
  Process serving({Binary(), "serve", "--verbose", "--config", config});
  const auto line = serving.AwaitErrLine(
      [](const std::string& text) { return absl::StrContains(text, "\"event\":\"listening\""); });
  ASSERT_TRUE(line) << serving.err();
  const std::string url = Serving::Field(*line, "url");

  // The service has another address now. A repetition changes the webhook and keeps the secret.
  const Finished moved = Run(url);
  EXPECT_TRUE(absl::StrContains(moved.out, "the webhook of acme/connectors/globex is made"))
      << moved.out << moved.err;
  const Finished again = Run(url);
  EXPECT_TRUE(absl::StrContains(again.out, "the webhook of acme/connectors/globex is renewed"))
      << again.out << again.err;
  EXPECT_EQ(installation.Read("new/gitlab.webhook.secret"), secret);
  EXPECT_EQ(installation.Read("new/retainer.yaml"), written + "metrics_listen: 127.0.0.1:0\n");

  ASSERT_TRUE(installation.sandbox()
                  .OpenIssue(kConnector, "frank", "The connector drops events", "Every tenth.")
                  .ok());
  const auto delivered = installation.sandbox().DeliverPending();
  ASSERT_EQ(delivered.size(), 1u);
  EXPECT_EQ(delivered[0].status, 202) << delivered[0].error;
  EXPECT_TRUE(serving.AwaitErrLine([](const std::string& text) {
    return absl::StrContains(text, "decided") && absl::StrContains(text, "globex#1");
  })) << serving.err();
  const Finished explained =
      Execute({Binary(), "explain", "--config", config, "gitlab:acme/connectors/globex#1"});
  EXPECT_TRUE(absl::StrContains(explained.out, "globex")) << explained.out << explained.err;
  serving.Signal(SIGTERM);
  EXPECT_EQ(serving.Wait(absl::Seconds(20)).exit_code, 0);
}

TEST_F(SetupGitLabTest, ATokenThatMayTooLittleIsRefusedWithWhatToDo) {
  installation.Write("new/gitlab.token", Token("support-desk", "read_api"));
  const Finished narrow = Run("http://127.0.0.1:9");
  EXPECT_EQ(narrow.exit_code, 2);
  EXPECT_TRUE(absl::StrContains(narrow.err, "lacks the scope api")) << narrow.err;

  installation.Write("new/gitlab.token", "glpat-wrong");
  const Finished wrong = Run("http://127.0.0.1:9");
  EXPECT_TRUE(absl::StrContains(wrong.err, "refuses the token")) << wrong.err;
  EXPECT_FALSE(absl::StrContains(wrong.err, "glpat-wrong"));

  installation.Write("new/gitlab.token", Token("support-desk"));
  ASSERT_TRUE(installation.sandbox().SetRole(kConnector, "support-desk", "write").ok());
  const Finished developer = Run("http://127.0.0.1:9");
  EXPECT_EQ(developer.exit_code, 2);
  EXPECT_TRUE(absl::StrContains(developer.err, "--owner-token env:NAME")) << developer.err;
  EXPECT_EQ(installation.Read("new/retainer.yaml"), "") << "no entry without a webhook";

  // A maintainer's token makes the webhook, and is not kept.
  const std::string owner = Token("alice");
  const Finished owned =
      Run("http://127.0.0.1:9", {"--owner-token", "env:OWNER"}, {{"OWNER", owner}});
  EXPECT_TRUE(absl::StrContains(owned.out, "is made")) << owned.out << owned.err;
  EXPECT_TRUE(absl::StrContains(owned.out, "so that people can sign in, make an application"));
  EXPECT_TRUE(absl::StrContains(owned.out, "redirect URI http://127.0.0.1:9/signed-in/gitlab"));
  EXPECT_FALSE(absl::StrContains(installation.Read("new/retainer.yaml"), "OWNER"));
  EXPECT_FALSE(absl::StrContains(owned.out, owner));
}

TEST_F(SetupGitLabTest, AnAdministratorsTokenMakesTheApplicationToo) {
  installation.sandbox().AddUser(ForgeKind::kGitLab, {.login = "root", .administrator = true});
  ASSERT_TRUE(installation.sandbox().SetRole(kConnector, "root", "admin").ok());
  const Finished made =
      Run("http://127.0.0.1:9", {"--owner-token", "env:OWNER"}, {{"OWNER", Token("root")}});
  EXPECT_TRUE(absl::StrContains(made.out, "the application with which people sign in is made"))
      << made.out << made.err;
  const std::string written = installation.Read("new/retainer.yaml");
  EXPECT_TRUE(absl::StrContains(
      written, absl::StrCat("sign_in: {client_id: \"", installation.credentials().gitlab_client.id,
                            "\", client_secret: \"file:gitlab.client.secret\"}")))
      << written;
  EXPECT_EQ(installation.Read("new/gitlab.client.secret"),
            installation.credentials().gitlab_client.secret);
  EXPECT_EQ(ModeOf(installation.path("new/gitlab.client.secret")), 0600u);
  EXPECT_FALSE(absl::StrContains(made.out, installation.credentials().gitlab_client.secret));
}

TEST_F(SetupGitLabTest, NothingThatIsInTheWayIsOverwritten) {
  std::vector<std::string> in_clear = Arguments("http://127.0.0.1:9");
  in_clear[8] = "glpat-in-the-open";
  const Finished open = Execute(in_clear);
  EXPECT_EQ(open.exit_code, 2);
  EXPECT_TRUE(absl::StrContains(open.err, "write env:NAME or file:PATH")) << open.err;
  EXPECT_FALSE(absl::StrContains(open.err, "glpat-in-the-open"));

  const std::string by_hand =
      "public_url: http://127.0.0.1:9\nstore: rocksdb:./data\npolicy: ./policy\nforges:\n"
      "  - name: gitlab\n    kind: gitlab\n    api_url: http://127.0.0.1:9/api/v4\n"
      "    webhook_secrets: [env:X]\n    token: env:Y\n";
  installation.Write("new/retainer.yaml", by_hand);
  const Finished other = Run("http://127.0.0.1:9");
  EXPECT_EQ(other.exit_code, 2);
  EXPECT_TRUE(absl::StrContains(other.err, "was not set up by this command")) << other.err;
  EXPECT_EQ(installation.Read("new/retainer.yaml"), by_hand);
  EXPECT_EQ(installation.Read("new/gitlab.webhook.secret"), "");
}

}  // namespace
}  // namespace retainer
