// Joining with the real binary: a link, the page, the forge's sign-in, the confirmation, and what
// the person then writes.
#include <gtest/gtest.h>
#include <httplib.h>

#include <cstdlib>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "src/sandbox/surfer.h"
#include "tests/e2e/front_proxy.h"
#include "tests/e2e/installation.h"

namespace retainer {
namespace {

using sandbox::Surfer;

const ProjectRef kOpenDb{"github", "acme/opendb"};

class JoinTest : public ::testing::Test {
 protected:
  JoinTest() : installation(proxy.url()) {
    for (const ForgeKind forge : {ForgeKind::kGitHub, ForgeKind::kGitLab}) {
      installation.sandbox().AddCallback(
          forge, absl::StrCat(proxy.url(), "/signed-in/",
                              forge == ForgeKind::kGitHub ? "github" : "gitlab"));
    }
    installation.sandbox().AddUser(ForgeKind::kGitHub, {.login = "grace", .name = "Grace Okoro"});
  }
  void Serve() {
    serving.emplace(installation);
    proxy.Lead(serving->url());
  }

  std::string Invite(std::vector<std::string> more = {}) {
    std::vector<std::string> arguments = {"customer", "invite", "northwind"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    const Finished invited = installation.Command(arguments);
    EXPECT_EQ(invited.exit_code, 0) << invited.err;
    return invited.out.substr(0, invited.out.find('\n'));
  }
  // From the link to the confirmation.
  Surfer::Seen Join(Surfer& surfer, const std::string& url, const std::string& login,
                    const std::string& forge = "github") {
    const Surfer::Seen page = surfer.Open(url);
    if (page.status != 200) return page;
    const Surfer::Seen asked = surfer.Open(Surfer::Link(page, "Sign in with " + forge));
    const Surfer::Seen back = surfer.Send(
        asked, forge == "github" ? "/login/oauth/authorize" : "/oauth/authorize", "login", login);
    if (back.status != 200) return back;
    return surfer.Send(back, url.substr(proxy.url().size()));
  }
  std::string Explained(const TicketRef& ticket) {
    const Finished explained = installation.Command({"explain", ToString(ticket)});
    return explained.out + explained.err;
  }
  TicketRef Opens(const std::string& user) {
    const auto issue = installation.sandbox().OpenIssue(kOpenDb, user, "Writes hang", "All do.");
    EXPECT_TRUE(issue.ok()) << issue.status();
    for (const int status : serving->Deliver()) EXPECT_LT(status, 300);
    return *issue;
  }
  // Waits until the ticket's explanation has this text, or has it no more.
  bool Becomes(const TicketRef& ticket, const std::string& text, bool there) {
    for (int i = 0; i < 100; ++i) {
      if (absl::StrContains(Explained(ticket), text) == there) return true;
    }
    return false;
  }

  FrontProxy proxy;
  Installation installation;
  std::optional<Serving> serving;
};

TEST_F(JoinTest, WhoJoinedSpeaksForTheCustomerUntilRemoved) {
  Serve();
  const TicketRef before = Opens("grace");
  EXPECT_TRUE(Becomes(before, "grace", true));
  EXPECT_FALSE(absl::StrContains(Explained(before), "northwind"));

  const std::string url = Invite();
  ASSERT_TRUE(absl::StartsWith(url, proxy.url() + "/join/")) << url;
  Surfer surfer;
  const Surfer::Seen done = Join(surfer, url, "grace");
  EXPECT_EQ(done.status, 200) << done.body;
  EXPECT_EQ(done.url, proxy.url() + "/joined");
  EXPECT_TRUE(absl::StrContains(done.body, "Northwind Traders")) << done.body;
  EXPECT_EQ(installation.sandbox().live_sign_in_tokens(), 0u) << "the forge's token is thrown away";

  // The open ticket and the next one are the customer's.
  EXPECT_TRUE(Becomes(before, "joined as a contact of northwind", true)) << Explained(before);
  const TicketRef next = Opens("grace");
  EXPECT_TRUE(Becomes(next, "joined as a contact of northwind", true)) << Explained(next);

  const Finished contacts = installation.Command({"customer", "contacts", "northwind"});
  EXPECT_TRUE(absl::StrContains(contacts.out, "github:grace")) << contacts.out;
  EXPECT_TRUE(absl::StrContains(contacts.out, "github:dave  in the policy")) << contacts.out;
  const Finished check = installation.Command({"check", "--policy", installation.path("policy")});
  EXPECT_TRUE(absl::StrContains(check.out, "Joined northwind: github:grace.")) << check.out;
  const Finished doctor = installation.Command({"doctor"});
  EXPECT_TRUE(absl::StrContains(doctor.out, "github:grace joined northwind")) << doctor.out;

  // Used up.
  Surfer other;
  EXPECT_EQ(other.Open(url).status, 404);

  const Finished removed =
      installation.Command({"customer", "remove", "northwind", "github:grace"});
  EXPECT_EQ(removed.exit_code, 0) << removed.err;
  const TicketRef after = Opens("grace");
  EXPECT_TRUE(Becomes(after, "grace", true));
  EXPECT_FALSE(absl::StrContains(Explained(after), "northwind")) << Explained(after);
  EXPECT_EQ(surfer.Open(proxy.url() + "/joined").status, 403) << "the session ended";
}

TEST_F(JoinTest, AccountsOfGitLabJoinToo) {
  Serve();
  installation.sandbox().AddUser(ForgeKind::kGitLab, {.login = "heidi", .name = "Heidi Braun"});
  Surfer surfer;
  const Surfer::Seen done = Join(surfer, Invite(), "heidi", "gitlab");
  EXPECT_EQ(done.status, 200) << done.body;
  const Finished contacts = installation.Command({"customer", "contacts", "northwind", "--json"});
  const auto joined = nlohmann::json::parse(contacts.out)["joined"];
  ASSERT_EQ(joined.size(), 1u) << contacts.out;
  EXPECT_EQ(joined[0]["account"], "gitlab:heidi");
  EXPECT_EQ(installation.sandbox().live_sign_in_tokens(), 0u);
}

TEST_F(JoinTest, GuessedLinksAreLimitedAndNeverFound) {
  Serve();
  const std::string good = Invite();
  httplib::Client client(serving->url());
  client.set_keep_alive(true);
  std::map<int, int> statuses;
  std::string body;
  for (int i = 0; i < 10000; ++i) {
    const auto answer = client.Get(absl::StrCat("/join/guess-", i));
    ASSERT_TRUE(answer);
    ++statuses[answer->status];
    if (answer->status == 404 && body.empty()) body = answer->body;
    if (answer->status == 404) EXPECT_EQ(answer->body, body);
  }
  EXPECT_EQ(statuses[404] + statuses[429], 10000);
  EXPECT_GE(statuses[429], 9000) << "thirty a minute are looked at";
  // What is limited is not looked up: the answer does not tell a good link from a bad one.
  EXPECT_EQ(client.Get(good.substr(proxy.url().size()))->status, 429);
}

TEST_F(JoinTest, ALinkThatWasRevokedOrNobodyMadeAnswersAlike) {
  Serve();
  const std::string revoked = Invite();
  const auto list = nlohmann::json::parse(
      installation.Command({"customer", "invitations", "northwind", "--json"}).out);
  EXPECT_EQ(
      installation.Command({"customer", "revoke", "northwind", list[0]["id"].get<std::string>()})
          .exit_code,
      0);
  Surfer surfer;
  const Surfer::Seen dead = surfer.Open(revoked);
  const Surfer::Seen guessed = surfer.Open(proxy.url() + "/join/nobody-made-this");
  EXPECT_EQ(dead.status, 404);
  EXPECT_EQ(guessed.status, 404);
  EXPECT_EQ(dead.body, guessed.body);
}

TEST_F(JoinTest, APageTakesAShortFormAndNoOtherMethod) {
  Serve();
  httplib::Client client(serving->url());
  const std::string path = "/join/nobody-made-this";
  const std::string form = "application/x-www-form-urlencoded";
  EXPECT_EQ(client.Post(path, std::string(9000, 'a'), form.c_str())->status, 413);
  EXPECT_EQ(client.Post(path, "csrf=x", form.c_str())->status, 403) << "not signed in";
  EXPECT_EQ(client.Put(path, "x", form.c_str())->status, 404);
  const auto head = client.Head(path);
  ASSERT_TRUE(head);
  EXPECT_EQ(head->status, 404);
  EXPECT_TRUE(head->body.empty());
  EXPECT_TRUE(absl::StrContains(head->get_header_value("Content-Security-Policy"), "'none'"));
}

TEST_F(JoinTest, WithoutTheServiceTheStoreIsUsedAndTheNextStartJudgesAgain) {
  Serve();
  const TicketRef ticket = Opens("grace");
  Surfer surfer;
  EXPECT_EQ(Join(surfer, Invite(), "grace").status, 200);
  EXPECT_TRUE(Becomes(ticket, "joined as a contact", true));
  EXPECT_EQ(serving->Stop().exit_code, 0);
  const std::string url = Invite({"--uses", "3", "--expires", "12h"});
  EXPECT_TRUE(absl::StartsWith(url, proxy.url() + "/join/")) << url;
  EXPECT_EQ(installation.Command({"customer", "remove", "northwind", "github:grace"}).exit_code, 0);
  serving.reset();
  Serve();
  EXPECT_EQ(surfer.Open(url).status, 200);
  const TicketRef after = Opens("grace");
  EXPECT_TRUE(Becomes(after, "grace", true));
  EXPECT_FALSE(absl::StrContains(Explained(after), "northwind"));
}

TEST_F(JoinTest, NoSecretIsLogged) {
  Serve();
  Surfer surfer;
  const std::string url = Invite();
  EXPECT_EQ(Join(surfer, url, "grace").status, 200);
  surfer.Open(url);
  const Finished stopped = serving->Stop();
  const std::string token = url.substr(url.rfind('/') + 1);
  EXPECT_FALSE(absl::StrContains(stopped.err, token));
  EXPECT_FALSE(absl::StrContains(stopped.err, installation.credentials().github_client.secret));
  EXPECT_TRUE(absl::StrContains(stopped.err, "contact joined"));
}

// tests/pages/npm/check.sh runs it; without a browser there is nothing to do.
TEST_F(JoinTest, ABrowserGoesThroughIt) {
  const char* script = std::getenv("RETAINER_BROWSER");
  if (script == nullptr) GTEST_SKIP() << "tests/pages/npm/check.sh has a browser";
  Serve();
  const char* shots = std::getenv("RETAINER_SHOTS");
  const Finished browsed =
      Execute({"/usr/bin/node", script, Invite(), "grace", proxy.url() + "/join/nobody-made-this"},
              {{"RETAINER_SHOTS", shots == nullptr ? "" : shots}});
  EXPECT_EQ(browsed.exit_code, 0) << browsed.out << browsed.err;
  const Finished contacts = installation.Command({"customer", "contacts", "northwind"});
  EXPECT_TRUE(absl::StrContains(contacts.out, "github:grace")) << contacts.out;
}

}  // namespace
}  // namespace retainer
