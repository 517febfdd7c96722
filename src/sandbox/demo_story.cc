#include "src/sandbox/demo_story.h"

#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "src/sandbox/crypto.h"

namespace retainer::sandbox {
namespace {

// Far more rounds than an exchange of deliveries and answers needs.
constexpr int kMostTurns = 20;

ProjectRef OpenDb() { return {"github", "acme/opendb"}; }
ProjectRef Connector() { return {"gitlab", "acme/connectors/globex"}; }

constexpr char kPolicy[] = R"(version: 1
projects: ["github:acme/*", "gitlab:acme/**"]
since: FROMT00:00:00Z
calendars:
  paris:
    time_zone: Europe/Paris
    hours: {mon-fri: ["09:00-12:30", "13:30-18:00"]}
    holidays: ["12-25", "01-01", "05-01"]
  always: {time_zone: UTC, hours: always}
priorities:
  - {name: P1, title: Production down, when: "Service unusable, no workaround"}
  - {name: P2, title: Severely degraded}
  - {name: P3, title: Normal}
plans:
  gold:
    calendars: [always]
    kind: commitment
    covers: [issue]
    promises:
      P1: {first_response: 1h, next_response: 2h, workaround: 8h, resolution: 24h}
      P2: {first_response: 4h, resolution: 5d}
      P3: {calendars: [paris], first_response: 1bd, resolution: 10bd}
    default_priority: P3
    warn_at: [75%]
    escalation: [{at: 100%, notify: [lead]}]
community: {comment: none, objectives: {first_response: 5bd}, calendars: [paris]}
teams:
  core: {members: ["github:alice", "gitlab:alice"]}
  lead: {members: ["github:carol"]}
customers:
  - id: northwind
    alias: c-4d1
    name: Northwind Traders
    plan: gold
    time_zone: Europe/Paris
    term: {from: FROM, until: UNTIL}
    contacts: {logins: ["github:dave"]}
    visibility: public
  - id: initech
    alias: c-7f3
    name: Initech
    plan: gold
    time_zone: America/New_York
    term: {from: FROM, until: UNTIL}
    contacts: {logins: ["github:erin"]}
    visibility: private
  - id: globex
    alias: c-b20
    name: Globex Corporation
    plan: gold
    time_zone: Europe/Berlin
    term: {from: FROM, until: UNTIL}
    contacts: {logins: ["gitlab:frank"]}
    projects: ["gitlab:acme/connectors/globex"]
    visibility: public
  - id: tailspin
    alias: c-9e2
    name: Tailspin Toys
    entitlements:
      - {plan: gold, term: {from: FROM, until: TODAY}, trial: true}
      - {plan: gold, term: {from: TOMORROW, until: UNTIL}}
      - hours: {block: training, amount: 8h, from: TODAY, until: UNTIL, unit: 15m}
    contacts: {logins: ["github:judy"]}
    visibility: public
requests:
  training: {labels: ["kind: training"], promises: {acknowledgement: 2bd}, hours: true}
labels: {waiting: "waiting for customer", workaround: "workaround available"}
)";

// Tells the story: acts, lets the desk answer, prints. The first error ends the story; later calls
// do nothing.
class Teller {
 public:
  explicit Teller(StoryStage& stage) : stage_(stage) {}

  absl::Status status() const { return status_; }

  void Say(std::string_view text) {
    if (status_.ok()) stage_.Print(absl::StrCat(std::string(text), "\n"));
  }

  void Chapter(std::string_view title) {
    if (status_.ok()) stage_.Print(absl::StrCat("\n== ", std::string(title), "\n\n"));
  }

  // Moves the clock; the desk does what is due.
  void Pass(absl::Duration time) {
    if (!status_.ok()) return;
    status_ = stage_.Advance(time);
    Settle();
  }

  TicketRef Open(const ProjectRef& project, const std::string& user, const std::string& title,
                 const std::string& body) {
    TicketRef ticket;
    if (!status_.ok()) return ticket;
    absl::StatusOr<TicketRef> opened = stage_.sandbox().OpenIssue(project, user, title, body);
    if (opened.ok()) ticket = *opened;
    status_ = opened.status();
    Settle();
    return ticket;
  }

  TicketRef Propose(const ProjectRef& project, const std::string& user, const std::string& title,
                    const std::string& body) {
    TicketRef change;
    if (!status_.ok()) return change;
    absl::StatusOr<TicketRef> opened = stage_.sandbox().OpenPullRequest(project, user, title, body);
    if (opened.ok()) change = *opened;
    status_ = opened.status();
    Settle();
    return change;
  }

  void Merge(const TicketRef& change, const std::string& user) {
    if (status_.ok()) status_ = stage_.sandbox().Merge(change, user);
    Settle();
  }

  void Comment(const TicketRef& ticket, const std::string& user, const std::string& body) {
    if (status_.ok()) status_ = stage_.sandbox().Comment(ticket, user, body).status();
    Settle();
  }

  void InternalNote(const TicketRef& ticket, const std::string& user, const std::string& body) {
    if (status_.ok()) status_ = stage_.sandbox().InternalNote(ticket, user, body).status();
    Settle();
  }

  void Close(const TicketRef& ticket, const std::string& user) {
    if (status_.ok()) status_ = stage_.sandbox().Close(ticket, user);
    Settle();
  }

  void Label(const TicketRef& ticket, const std::string& user, const std::string& label) {
    if (status_.ok()) status_ = stage_.sandbox().Label(ticket, user, label);
    Settle();
  }

  // Prints what the desk has written on the forges so far.
  void Count() {
    if (!status_.ok()) return;
    int comments = 0;
    int edits = 0;
    int checks = 0;
    int reactions = 0;
    int others = 0;
    for (const SandboxRequest& request : stage_.sandbox().requests()) {
      if (request.method == "GET" || request.status < 200 || request.status > 299) continue;
      const bool about_comments =
          absl::StrContains(request.path, "/comments") || absl::StrContains(request.path, "/notes");
      if (absl::StrContains(request.path, "/access_tokens")) continue;
      if (absl::StrContains(request.path, "/reactions") ||
          absl::StrContains(request.path, "/award_emoji")) {
        ++reactions;
        continue;
      }
      const bool about_checks = absl::StrContains(request.path, "/check-runs");
      ++(about_comments ? (request.method == "POST" ? comments : edits)
         : about_checks ? checks
                        : others);
    }
    Say(absl::StrCat("For all of this the desk posted ", comments, " comments, edited them ", edits,
                     " times (an edit notifies nobody),\nmade ", others,
                     " calls to create labels, put them on and take them off, and set ", reactions,
                     " reactions\n(which notify nobody either) and ", checks, " checks."));
  }

  void Show(const TicketRef& ticket, bool as_member = false) {
    if (!status_.ok()) return;
    absl::StatusOr<std::string> thread = stage_.sandbox().RenderThread(ticket, as_member);
    if (!thread.ok()) {
      status_ = thread.status();
      return;
    }
    const std::string page = absl::StrCat(stage_.sandbox().web_url(), "/", ticket.path,
                                          ticket.forge == "gitlab"             ? "/-/issues/"
                                          : ticket.kind == TicketKind::kChange ? "/pull/"
                                                                               : "/issues/",
                                          ticket.number);
    stage_.Print(absl::StrCat(
        "  | ", page, as_member ? " (signed in)" : "", "\n  | ",
        absl::StrReplaceAll(absl::StripTrailingAsciiWhitespace(*thread), {{"\n", "\n  | "}}),
        "\n\n"));
  }

 private:
  // Delivers what is pending and waits for the desk's answers until nothing more comes. The desk's
  // own comments also come back as deliveries, and it must not answer those again.
  void Settle() {
    for (int turn = 0; status_.ok() && stage_.sandbox().pending() > 0; ++turn) {
      if (turn == kMostTurns) {
        status_ = absl::InternalError(
            "the desk goes on answering its own deliveries; this is a bug of Retainer");
        return;
      }
      for (const DeliveryResult& result : stage_.sandbox().DeliverPending()) {
        if (result.status >= 200 && result.status < 300) continue;
        status_ = absl::FailedPreconditionError(absl::StrCat(
            "the desk did not take the delivery ", result.id, " (", result.event, " ",
            result.action, "): ", result.status == 0 ? result.error : absl::StrCat(result.status)));
        return;
      }
      status_ = stage_.Advance(absl::ZeroDuration());
    }
  }

  StoryStage& stage_;
  absl::Status status_;
};

void TellCommunity(Teller& tell) {
  tell.Chapter("A community issue");
  tell.Say("Bob uses OpenDB for free. He opens an issue, and a maintainer answers when she can.");
  const TicketRef issue = tell.Open(OpenDb(), "bob", "Typo in the manual",
                                    "Chapter 3 says `vaccum` where it means `vacuum`.");
  tell.Pass(absl::Minutes(25));
  tell.Comment(issue, "alice", "Well spotted! Would you like to send a pull request?");
  tell.Say("Nobody promised Bob anything, so the desk stays out of the way:\n");
  tell.Show(issue);
}

void TellCustomer(Teller& tell) {
  tell.Chapter("A customer's production is down");
  tell.Say(
      "Dave works for Northwind Traders, which pays for support. He sets the priority in the "
      "issue.");
  const TicketRef issue = tell.Open(OpenDb(), "dave", "Writes hang after a fail-over",
                                    "No write gets through on node 2 since then. Reads work.\n\n"
                                    "/support priority P1");
  tell.Say("The desk knows him, starts the clocks and says what Northwind may count on:\n");
  tell.Show(issue);

  tell.Chapter("The answer, in time");
  tell.Pass(absl::Minutes(42));
  tell.Comment(issue, "alice", "I am on it. The fail-over left a lock behind, it seems.");
  tell.Say("Forty-two minutes later Alice answers. The first reply was promised within an hour:\n");
  tell.Show(issue);

  tell.Chapter("Waiting for the customer");
  tell.Pass(absl::Minutes(18));
  tell.Comment(issue, "alice",
               "Could you send the log of node 2 around the fail-over?\n\n/support waiting");
  tell.Say("Alice needs something from Dave. While she waits, the time to resolve stands still:\n");
  tell.Show(issue);
  tell.Pass(absl::Hours(3));
  tell.Comment(issue, "dave", "Here it is: https://logs.northwind.example/node2");
  tell.Say("Any comment of Dave's sets the clocks going again, three hours later:\n");
  tell.Show(issue);

  tell.Chapter("A workaround");
  tell.Pass(absl::Minutes(50));
  tell.Comment(issue, "alice",
               "Restarting node 2 with `--recover-locks` frees it.\n\n/support workaround");
  tell.Say("Dave can work again. That promise is kept; the one to resolve it runs on:\n");
  tell.Show(issue);

  tell.Chapter("A fix on its way");
  tell.Pass(absl::Hours(4));
  const TicketRef fix = tell.Propose(OpenDb(), "bob", "Drop the locks of a node that is gone",
                                     absl::StrCat("Fixes #", issue.number));
  tell.Say(
      "Bob sends a fix. Its check says which promise rides on it, so whoever reviews it knows what "
      "hurries:\n");
  tell.Show(fix);

  tell.Chapter("The fix, and a close");
  tell.Pass(absl::Hours(1));
  tell.Merge(fix, "alice");
  tell.Comment(issue, "alice", "Fixed in 4.2.1, which is out now.");
  tell.Close(issue, "alice");
  tell.Say("What was promised, and what it took:\n");
  tell.Show(issue);
}

void TellLate(Teller& tell) {
  tell.Chapter("An answer that comes too late");
  tell.Pass(absl::Hours(9));
  const TicketRef issue = tell.Open(OpenDb(), "dave", "Replication has stopped",
                                    "All replicas are 40 minutes behind and falling.\n\n"
                                    "/support priority P1");
  tell.Say("Everybody is at a conference, and nobody looks. An hour goes by, and a little more:\n");
  tell.Pass(absl::Minutes(50));
  tell.Pass(absl::Minutes(12));
  tell.Show(issue);
  tell.Pass(absl::Minutes(33));
  tell.Comment(issue, "carol", "Sorry for the wait. I am looking at the replicas now.");
  tell.Say(
      "The desk called the lead. Carol answers. What comes next stands first; that the first reply "
      "was\nlate stays in the fold:\n");
  tell.Show(issue);
}

void TellPrivate(Teller& tell) {
  tell.Chapter("A private customer");
  tell.Say(
      "Erin's company pays too, and wants nobody to know. Its clocks run all the same; look at\n"
      "`retainer queue`. What everybody can read is what they would read on any other issue:\n");
  const TicketRef issue = tell.Open(OpenDb(), "erin", "Backup fails with error 17",
                                    "It worked until yesterday.\n\n/support priority P1");
  tell.Pass(absl::Minutes(20));
  tell.Comment(issue, "alice", "Thank you for the report. Which version is this?");
  tell.Show(issue);
}

// On the first day, which is the last one of the trial.
void TellTrial(Teller& tell) {
  tell.Chapter("A trial");
  tell.Say("Tailspin tries the support. The promises are the same, and the fold says so:\n");
  const TicketRef issue = tell.Open(OpenDb(), "judy", "How do I size the cache?",
                                    "We have 64 GB and many small tables.");
  tell.Show(issue);
}

void TellHours(Teller& tell) {
  tell.Chapter("A trial becomes a plan, and a training is drawn from hours");
  tell.Pass(absl::Hours(4));
  const TicketRef training =
      tell.Open(OpenDb(), "judy", "A training for two of us", "Backups and fail-over, please.");
  tell.Label(training, "alice", "kind: training");
  tell.Say(
      "The next day Tailspin holds the plan, and eight hours. A training has promises of its "
      "own:\n");
  tell.Show(training);
  tell.Pass(absl::Hours(2));
  tell.Comment(training, "alice",
               "That was it; the slides are linked above.\n\n"
               "/support log 2h20m the training\n/support log 30m slides");
  tell.Say("Alice writes down what she did. It counts in whole quarters of an hour:\n");
  tell.Show(training);
}

void TellCost(Teller& tell) {
  tell.Chapter("How quiet it is");
  tell.Count();
}

void TellGitLab(Teller& tell) {
  tell.Chapter("The same desk on GitLab");
  tell.Say("Frank of Globex opens a ticket. Alice first talks to her team in an internal note.");
  const TicketRef issue = tell.Open(Connector(), "frank", "The connector drops every tenth event",
                                    "Seen on three machines.\n\n/support priority P1");
  tell.Pass(absl::Minutes(10));
  tell.InternalNote(issue, "alice", "I fear this is the old batching bug. Who knows it best?");
  tell.Say("Frank cannot read that, so it is no answer. The team sees:\n");
  tell.Show(issue, true);
  tell.Pass(absl::Minutes(15));
  tell.Comment(issue, "alice", "We think we know this one. A fix is being tested.");
  tell.Say("This one he can read. Frank sees:\n");
  tell.Show(issue);
}

}  // namespace

absl::StatusOr<StoryCredentials> SetStory(Sandbox& sandbox) {
  for (const auto& [login, name] :
       std::vector<std::pair<std::string, std::string>>{{"alice", "Alice Martin"},
                                                        {"bob", "Bob Okafor"},
                                                        {"carol", "Carol Lindt"},
                                                        {"dave", "Dave Brooks"},
                                                        {"erin", "Erin Walsh"},
                                                        {"judy", "Judy Kim"}}) {
    sandbox.AddUser(ForgeKind::kGitHub, {.login = login, .name = name});
  }
  sandbox.AddUser(ForgeKind::kGitLab, {.login = "alice", .name = "Alice Martin"});
  sandbox.AddUser(ForgeKind::kGitLab, {.login = "frank", .name = "Frank Huber"});
  sandbox.AddUser(ForgeKind::kGitLab,
                  {.login = "support-desk", .name = "Support desk", .machine = true});
  sandbox.AddOrganization(ForgeKind::kGitHub, "acme");
  sandbox.AddOrganization(ForgeKind::kGitLab, "acme");
  sandbox.AddProject({.ref = OpenDb()});
  sandbox.AddProject({.ref = Connector()});
  for (const auto& [project, login, role] :
       std::vector<std::tuple<ProjectRef, std::string, std::string>>{
           {OpenDb(), "alice", "maintain"},
           {OpenDb(), "carol", "admin"},
           {Connector(), "alice", "maintain"},
           {Connector(), "support-desk", "maintain"}}) {
    absl::Status set = sandbox.SetRole(project, login, role);
    if (!set.ok()) return set;
  }
  StoryCredentials credentials;
  absl::StatusOr<SandboxApp> app = sandbox.RegisterApp("retainer-desk");
  if (!app.ok()) return app.status();
  credentials.app = *std::move(app);
  absl::StatusOr<std::string> token = sandbox.CreateToken(ForgeKind::kGitLab, "support-desk");
  if (!token.ok()) return token.status();
  credentials.gitlab_token = *std::move(token);
  credentials.github_client = sandbox.RegisterClient(ForgeKind::kGitHub);
  credentials.gitlab_client = sandbox.RegisterClient(ForgeKind::kGitLab);
  credentials.github_secret = sandbox::RandomHex(32);
  credentials.gitlab_secret = sandbox::RandomHex(32);
  credentials.gitlab_signing_token =
      absl::StrCat("whsec_", absl::Base64Escape(absl::HexStringToBytes(sandbox::RandomHex(32))));
  return credentials;
}

std::string StoryPolicyYaml(absl::Time now) {
  const absl::CivilDay today = absl::ToCivilDay(now, absl::UTCTimeZone());
  const absl::CivilYear year(today);
  return absl::StrReplaceAll(kPolicy, {{"TODAY", absl::FormatCivilTime(today)},
                                       {"TOMORROW", absl::FormatCivilTime(today + 1)},
                                       {"FROM", absl::StrCat(year.year() - 1, "-01-01")},
                                       {"UNTIL", absl::StrCat(year.year() + 1, "-12-31")}});
}

std::map<std::string, std::string> StoryFiles(const Sandbox& sandbox,
                                              const StoryCredentials& credentials,
                                              const StoryService& service, absl::Time now) {
  const std::string config = absl::StrCat(
      "listen: \"", service.listen, "\"\nmetrics_listen: \"", service.metrics_listen,
      "\"\npublic_url: \"", service.public_url, "\"\nstore: \"rocksdb:", service.data,
      "\"\npolicy: ./policy\nmode: full\nforges:\n  - name: github\n    kind: github\n    "
      "api_url: ",
      sandbox.github_api_url(),
      "\n    webhook_secrets: [\"file:github.secret\"]\n    app: {id: ", credentials.app.id,
      ", private_key: \"file:app.pem\"}\n    mutation_interval: 0s\n"
      "    sign_in: {client_id: \"",
      credentials.github_client.id,
      "\", client_secret: \"file:github.client\"}\n  - name: gitlab\n"
      "    kind: gitlab\n    api_url: ",
      sandbox.gitlab_api_url(),
      "\n    webhook_secrets: [\"file:gitlab.secret\"]\n"
      "    signing_tokens: [\"file:gitlab.signing\"]\n    token: \"file:gitlab.token\"\n"
      "    mutation_interval: 0s\n    sign_in: {client_id: \"",
      credentials.gitlab_client.id,
      "\", client_secret: \"file:gitlab.client\"}\nadmins: [\"github:carol\"]\n");
  return {{"retainer.yaml", config},
          {"policy/policy.yaml", StoryPolicyYaml(now)},
          {"app.pem", credentials.app.private_key_pem},
          {"github.secret", credentials.github_secret},
          {"github.client", credentials.github_client.secret},
          {"gitlab.client", credentials.gitlab_client.secret},
          {"gitlab.secret", credentials.gitlab_secret},
          {"gitlab.signing", credentials.gitlab_signing_token},
          {"gitlab.token", credentials.gitlab_token}};
}

void PointHooks(Sandbox& sandbox, const StoryCredentials& credentials,
                const std::string& service_url) {
  sandbox.SetHook(ForgeKind::kGitHub,
                  {.url = service_url + "/webhooks/github", .secret = credentials.github_secret});
  sandbox.SetHook(ForgeKind::kGitLab, {.url = service_url + "/webhooks/gitlab",
                                       .token = credentials.gitlab_secret,
                                       .signing_token = credentials.gitlab_signing_token});
  sandbox.AddCallback(ForgeKind::kGitHub, service_url + "/signed-in/github");
  sandbox.AddCallback(ForgeKind::kGitLab, service_url + "/signed-in/gitlab");
}

absl::Status PlayStory(StoryStage& stage) {
  Teller tell(stage);
  TellTrial(tell);
  TellCommunity(tell);
  TellCustomer(tell);
  TellLate(tell);
  TellPrivate(tell);
  TellGitLab(tell);
  TellHours(tell);
  TellCost(tell);
  return tell.status();
}

}  // namespace retainer::sandbox
