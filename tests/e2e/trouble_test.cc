// The real binary in trouble: it says what is wrong and how to fix it, and nothing is lost.
#include <gtest/gtest.h>
#include <httplib.h>
#include <signal.h>
#include <unistd.h>

#include <array>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "src/cli/refuser.h"
#include "src/sandbox/hooks.h"
#include "src/sandbox/http_server.h"
#include "tests/e2e/http_get.h"
#include "tests/e2e/installation.h"
#include "tests/fakes/fake_log.h"

namespace retainer {
namespace {

// A body that lacks a field which an issue event needs.
constexpr char kUnreadable[] =
    "{\"action\": \"opened\", \"issue\": {\"title\": \"no number\"}, \"repository\": {}}";
const ProjectRef kOpenDb{"github", "acme/opendb"};

std::string Replaced(std::string text, const std::string& from, const std::string& to) {
  const std::size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return at == std::string::npos ? text : text.replace(at, from.size(), to);
}

bool Says(const Finished& finished, const std::string& text) {
  return (finished.out + finished.err).find(text) != std::string::npos;
}

// Sends a signed delivery with the given body.
int Send(const Installation& installation, const std::string& url, const std::string& id,
         const std::string& body) {
  sandbox::SandboxHook hook;
  hook.secret = installation.credentials().github_secret;
  const sandbox::Message message{ForgeKind::kGitHub, id, "issues", "opened", body};
  const sandbox::HeaderList headers =
      sandbox::SignedHeaders(message, hook, "http://127.0.0.1", absl::Now());
  return sandbox::Post(url + "/webhooks/github", headers, body).status;
}

TEST(TroubleTest, WhatCannotBeParsedIsSetAsideListedAndRetried) {
  Installation installation;
  Serving serving(installation);
  EXPECT_EQ(Send(installation, serving.url(), "d-1", kUnreadable), 202);
  ASSERT_TRUE(serving.AwaitLog("delivery set aside"));
  const Finished list = installation.Command({"inbox", "list"});
  EXPECT_EQ(list.exit_code, 0) << list.err;
  EXPECT_TRUE(Says(list, "d-1")) << list.out;
  const Finished doctor = installation.Command({"doctor"});
  EXPECT_EQ(doctor.exit_code, 1) << doctor.out;
  EXPECT_TRUE(Says(doctor, "1 deliveries are set aside")) << doctor.out;
  EXPECT_TRUE(Says(doctor, "retainer inbox retry")) << doctor.out;

  const Finished retried = installation.Command({"inbox", "retry", "--all"});
  EXPECT_EQ(retried.exit_code, 0) << retried.err;
  ASSERT_TRUE(serving.AwaitLog("delivery set aside"));  // it still cannot be parsed
  EXPECT_EQ(installation.Command({"inbox", "retry", "github/999"}).exit_code, 1);
  EXPECT_EQ(installation.Command({"inbox", "retry"}).exit_code, 2);
  EXPECT_EQ(serving.Stop().exit_code, 0);
  EXPECT_TRUE(Says(installation.Command({"inbox", "list"}), "d-1"));  // also without the service
}

TEST(TroubleTest, DoctorLooksAtWebhooksMembersSinksAndTheLedger) {
  Installation installation;
  std::string config = installation.Read("retainer.yaml");
  installation.Write("retainer.yaml",
                     config + "sinks: {ops: {kind: slack, url: \"file:slack.url\"}}\n");
  installation.Write("slack.url", "https://10.1.2.3/not-to-be-told");
  const std::string policy = installation.Read("policy/policy.yaml");
  installation.Write(
      "policy/policy.yaml",
      Replaced(Replaced(policy, "logins: [\"github:dave\"]",
                        "logins: [\"github:dave\"], organizations: [\"github:northwind-inc\"]"),
               "members: [\"github:carol\"]", "members: [\"github:carol\"], sinks: [pager]"));
  installation.sandbox().AddOrganization(ForgeKind::kGitHub, "northwind-inc");
  Serving serving(installation);  // the hooks' port is not that of public_url
  ASSERT_TRUE(installation.sandbox().OpenIssue(kOpenDb, "bob", "Slow", "Very.").ok());
  serving.Deliver();
  ASSERT_TRUE(serving.AwaitLog("decided"));
  const Finished doctor = installation.Command({"doctor"});
  EXPECT_EQ(doctor.exit_code, 1) << doctor.out << doctor.err;
  EXPECT_TRUE(Says(doctor, "the app's webhook goes to ")) << doctor.out;
  EXPECT_TRUE(Says(doctor, "members of northwind-inc (northwind) who hide it")) << doctor.out;
  EXPECT_TRUE(Says(doctor, "wrong\tsink ops\t10.1.2.3 has a private address")) << doctor.out;
  EXPECT_TRUE(Says(doctor, "team lead has the sink pager")) << doctor.out;
  EXPECT_TRUE(Says(doctor, "ok\tledger\tthe chain of ")) << doctor.out;
  EXPECT_FALSE(Says(doctor, "not-to-be-told"));

  const Finished check = Execute({Binary(), "check", "--policy", installation.path("policy"),
                                  "--config", installation.config()});
  EXPECT_EQ(check.exit_code, 1) << check.out;
  EXPECT_TRUE(Says(check, "team lead has the sink pager")) << check.out;
  const Finished stopped = serving.Stop();
  EXPECT_EQ(stopped.err.find("not-to-be-told"), std::string::npos);
  EXPECT_NE(stopped.err.find("has the sink pager"), std::string::npos);
}

TEST(TroubleTest, DoctorIsContentWhereNothingIsWrong) {
  Installation installation;
  Serving serving(installation);
  installation.Write("retainer.yaml", Replaced(installation.Read("retainer.yaml"),
                                               "http://127.0.0.1:8080", serving.url()));
  const Finished doctor = installation.Command({"doctor"});
  EXPECT_FALSE(Says(doctor, "wrong\tforge")) << doctor.out;
  EXPECT_FALSE(Says(doctor, "wrong\twebhooks")) << doctor.out;
  EXPECT_TRUE(Says(doctor, "ok\twebhooks github")) << doctor.out;
}

TEST(TroubleTest, DoctorSaysWhereOurRoleOnGitLabDoesNotSuffice) {
  Installation installation;
  const auto with_role = [&](const char* role) {
    EXPECT_TRUE(installation.sandbox()
                    .SetRole({"gitlab", "acme/connectors/globex"}, "support-desk", role)
                    .ok());
    return installation.Command({"doctor"});
  };
  EXPECT_TRUE(Says(with_role("write"), "ok\trole gitlab\tis sufficient in each project"));
  const Finished guest = with_role("read");
  EXPECT_EQ(guest.exit_code, 1) << guest.out;
  EXPECT_TRUE(Says(guest,
                   "wrong\trole gitlab\tgitlab: our account support-desk has Guest in "
                   "acme/connectors/globex"))
      << guest.out;
  EXPECT_TRUE(Says(guest, "give it Reporter at least")) << guest.out;
  // With less than this role, only the status on merge requests is missing.
  EXPECT_TRUE(Says(with_role("triage"), "warning\trole gitlab\t"));
  installation.Write("policy/policy.yaml",
                     installation.Read("policy/policy.yaml") + "checks: off\n");
  EXPECT_TRUE(Says(with_role("triage"), "ok\trole gitlab\t"));
}

TEST(TroubleTest, DoctorOfAFreshInstallationMakesNoDataFolder) {
  Installation installation;
  const Finished doctor = installation.Command({"doctor"});
  EXPECT_TRUE(Says(doctor, "does not exist yet")) << doctor.out;
  EXPECT_FALSE(std::filesystem::exists(installation.path("data")));
}

TEST(TroubleTest, ABrokenPolicyOnReloadLeavesTheLastGoodOneInForce) {
  Installation installation;
  Serving serving(installation);
  const std::string good = installation.Read("policy/policy.yaml");
  for (const auto& [from, to, word] : std::vector<std::array<std::string, 3>>{
           {"time_zone: Europe/Paris", "time_zone: Europe/Pariss", "unknown time zone"},
           {"{time_zone: UTC, hours: always}", "{time_zone: UTC, hours: {}}", "never opens"}}) {
    installation.Write("policy/policy.yaml", Replaced(good, from, to));
    serving.process().Signal(SIGHUP);
    const auto line = serving.AwaitLog("policy refused", word);
    ASSERT_TRUE(line) << word;
    EXPECT_NE(line->find("policy.yaml:"), std::string::npos) << *line;
    EXPECT_EQ(HttpGet(serving.url(), "/readyz").status, 200);
    // The same, with an answer.
    const Finished refused = installation.Command({"reload"});
    EXPECT_EQ(refused.exit_code, 2);
    EXPECT_TRUE(Says(refused, word)) << refused.out << refused.err;
    EXPECT_TRUE(Says(refused, "the previous one stays in force")) << refused.err;
  }
  installation.Write("policy/policy.yaml", good + "checks: off\n");
  const Finished reloaded = installation.Command({"reload"});
  EXPECT_EQ(reloaded.exit_code, 0) << reloaded.err;
  EXPECT_TRUE(Says(reloaded, "The policy is in force: ")) << reloaded.out;
  EXPECT_TRUE(Says(installation.Command({"reload"}), "unchanged"));
  ASSERT_TRUE(installation.sandbox().OpenIssue(kOpenDb, "dave", "x", "/support priority P1").ok());
  EXPECT_EQ(serving.Deliver().front(), 202);
  ASSERT_TRUE(serving.AwaitLog("face shown"));
}

TEST(TroubleTest, ADataFolderOfAnotherUserIsRefusedWithTheMend) {
  if (geteuid() != 0) return;  // only root can give a folder to another user
  Installation installation;
  std::filesystem::create_directories(installation.path("data"));
  ASSERT_EQ(chown(installation.path("data").c_str(), 1, 1), 0);
  for (const char* command : {"serve", "queue", "doctor"}) {
    const Finished refused = installation.Command({command});
    EXPECT_NE(refused.exit_code, 0) << command;
    EXPECT_TRUE(Says(refused, "belongs to user")) << command << refused.out << refused.err;
    EXPECT_TRUE(Says(refused, "run this command as that user")) << command;
  }
}

TEST(TroubleTest, WhatWasMissedWhileDownIsAskedForAndTaken) {
  Installation installation;
  {
    Serving serving(installation);
    EXPECT_EQ(serving.Stop().exit_code, 0);
  }
  const auto ticket =
      installation.sandbox().OpenIssue(kOpenDb, "dave", "x", "/support priority P1");
  ASSERT_TRUE(ticket.ok());
  for (const sandbox::DeliveryResult& result : installation.sandbox().DeliverPending()) {
    EXPECT_EQ(result.status, 0);
  }
  Serving serving(installation);
  ASSERT_TRUE(serving.AwaitLog("missed deliveries are asked for again"));
  EXPECT_EQ(serving.Deliver().front(), 202);
  ASSERT_TRUE(serving.AwaitLog("face shown"));
  EXPECT_NE(installation.sandbox().RenderThread(*ticket)->find("first reply by"),
            std::string::npos);
}

TEST(TroubleTest, WhatCannotStartYetAnswersEverythingWith503AndWhenToComeBack) {
  FakeLog log;
  const cli::Refuser refuser({"127.0.0.1", 0}, log);
  ASSERT_GT(refuser.port(), 0);
  httplib::Client client("127.0.0.1", refuser.port());
  const auto delivery = client.Post("/webhooks/github", std::string(1 << 20, 'x'), "text/plain");
  ASSERT_TRUE(delivery);
  EXPECT_EQ(delivery->status, 503);
  EXPECT_EQ(delivery->get_header_value("Retry-After"), "30");
  const auto health = client.Get("/healthz");
  ASSERT_TRUE(health);
  EXPECT_EQ(health->status, 503);
}

TEST(TroubleTest, AnAddressInPlaceOfAFolderIsNotRepeated) {
  const Finished check =
      Execute({Binary(), "check", "--policy", "git+https://erin:top-secret@git.example.com/p.git"});
  EXPECT_EQ(check.exit_code, 2);
  EXPECT_NE(check.out.find("clone the repository"), std::string::npos) << check.out << check.err;
  EXPECT_EQ((check.out + check.err).find("top-secret"), std::string::npos);
}

TEST(TroubleTest, DoctorPrintsJsonAlsoForABadConfiguration) {
  Installation installation;
  installation.Write("retainer.yaml", installation.Read("retainer.yaml") + "lisen: x\n");
  const Finished doctor = installation.Command({"doctor", "--json"});
  EXPECT_NE(doctor.exit_code, 0);
  const auto findings = nlohmann::json::parse(doctor.out);
  ASSERT_EQ(findings.size(), 1u);
  EXPECT_EQ(findings[0]["area"], "configuration");
  EXPECT_EQ(findings[0]["state"], "wrong");
}

}  // namespace
}  // namespace retainer
