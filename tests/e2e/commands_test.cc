// Commands of the real binary, as people and scripts use them.
#include <gtest/gtest.h>
#include <signal.h>

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <nlohmann/json.hpp>
#include <regex>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "tests/e2e/http_get.h"
#include "tests/e2e/installation.h"
#include "tests/fakes/places.h"

namespace retainer {
namespace {

TEST(CommandsTest, EveryCommandHasHelpWithAnExample) {
  for (const std::vector<std::string>& command :
       std::vector<std::vector<std::string>>{{"init"},
                                             {"serve"},
                                             {"demo"},
                                             {"check"},
                                             {"replay"},
                                             {"explain"},
                                             {"queue"},
                                             {"backtest"},
                                             {"doctor"},
                                             {"gate"},
                                             {"policy", "impact"},
                                             {"figures"},
                                             {"report"},
                                             {"feedback", "list"},
                                             {"feedback", "close"},
                                             {"inbox", "list"},
                                             {"inbox", "retry"},
                                             {"ticket", "claim"},
                                             {"ticket", "release"},
                                             {"ticket", "excuse"},
                                             {"ticket", "priority"},
                                             {"token", "create"},
                                             {"token", "list"},
                                             {"token", "revoke"},
                                             {"setup", "github"},
                                             {"setup", "gitlab"},
                                             {"customer", "invite"},
                                             {"customer", "contacts"},
                                             {"customer", "remove"},
                                             {"customer", "invitations"},
                                             {"customer", "revoke"},
                                             {"hours", "balance"},
                                             {"hours", "list"},
                                             {"hours", "log"},
                                             {"hours", "correct"},
                                             {"calendar", "deadline"},
                                             {"calendar", "elapsed"},
                                             {"calendar", "batch"}}) {
    std::vector<std::string> arguments = {Binary()};
    arguments.insert(arguments.end(), command.begin(), command.end());
    arguments.push_back("--help");
    const Finished help = Execute(arguments);
    EXPECT_EQ(help.exit_code, 0) << command.front();
    EXPECT_NE(help.out.find("Example:"), std::string::npos) << command.front();
  }
}

// The commands that a page shows as code: `retainer COMMAND … --option`.
std::vector<std::string> CommandLinesOf(const std::filesystem::path& page) {
  static const std::regex kSpan("`(retainer [a-z][^`]*)`");
  std::vector<std::string> lines;
  std::ifstream file(page);
  std::string text((std::istreambuf_iterator<char>(file)), {});
  // In the examples, comments show commands.
  if (page.extension() == ".yaml") {
    text = absl::StrReplaceAll(absl::StrCat("\n", text), {{"\n#", "\n"}});
  }
  for (const auto line : absl::StrSplit(text, '\n')) {
    const auto trimmed = absl::StripLeadingAsciiWhitespace(line);
    if (line.size() - trimmed.size() >= 4 && absl::StartsWith(trimmed, "retainer ")) {
      lines.emplace_back(trimmed);
    }
  }
  text = absl::StrReplaceAll(text, {{"\n", " "}});
  for (std::sregex_iterator it(text.begin(), text.end(), kSpan), end; it != end; ++it) {
    lines.push_back((*it)[1].str());
  }
  return lines;
}

// The pages name only what the program has: each command and each option is in its help.
TEST(CommandsTest, WhatThePagesNameIsThere) {
  static const std::regex kOption("--[a-z][a-z-]*");
  std::map<std::string, std::string> helps;
  const auto help_of = [&](const std::string& command) -> const std::string& {
    const auto [it, is_new] = helps.try_emplace(command);
    if (is_new) {
      std::vector<std::string> arguments = {Binary()};
      for (const auto word : absl::StrSplit(command, ' ')) arguments.emplace_back(word);
      arguments.emplace_back("--help");
      const Finished help = Execute(arguments);
      if (help.exit_code == 0) it->second = help.out;
    }
    return it->second;
  };
  std::vector<std::filesystem::path> pages = {SourceDir() + "/README.md",
                                              SourceDir() + "/ARCHITECTURE.md"};
  for (const char* folder : {"/deploy", "/.github"}) {
    for (const auto& entry : std::filesystem::recursive_directory_iterator(SourceDir() + folder)) {
      const std::string extension = entry.path().extension().string();
      if (extension == ".md" || extension == ".yaml") pages.push_back(entry.path());
    }
  }
  std::size_t looked = 0;
  for (const std::filesystem::path& page : pages) {
    for (const std::string& line : CommandLinesOf(page)) {
      const std::vector<std::string> words = absl::StrSplit(line, ' ', absl::SkipEmpty());
      if (words[1] == "--help" || words[1] == "--version") continue;
      // `list|retry`: each of them.
      const bool has_second = words.size() > 2 && std::isalpha(words[2][0]) != 0 &&
                              std::islower(static_cast<unsigned char>(words[2][0])) != 0;
      std::vector<std::string> commands;
      for (const auto second : absl::StrSplit(has_second ? words[2] : "", '|')) {
        std::string command = words[1];
        if (!second.empty()) absl::StrAppend(&command, " ", second);
        // The second word is prose: this command has no subcommands.
        const bool has_further = absl::StrContains(help_of(words[1]), "Subcommands:");
        if (!has_further) command = words[1];
        if (has_further && !second.empty()) {
          EXPECT_TRUE(absl::StrContains(help_of(words[1]), absl::StrCat("\n  ", second, " ")))
              << page << ": " << line;
        }
        commands.push_back(command);
      }
      std::string help;
      for (const std::string& command : commands) {
        EXPECT_FALSE(help_of(command).empty()) << page << ": " << line;
        help += help_of(command);
      }
      const std::string shown = line.substr(0, line.find("  "));
      for (std::sregex_iterator it(shown.begin(), shown.end(), kOption), end; it != end; ++it) {
        EXPECT_NE(help.find(it->str()), std::string::npos) << page << ": " << line;
      }
      ++looked;
    }
  }
  EXPECT_GT(looked, 30u);
}

TEST(CommandsTest, WrongUsageIsExitCodeTwo) {
  EXPECT_EQ(Execute({Binary()}).exit_code, 2);
  EXPECT_EQ(Execute({Binary(), "sing"}).exit_code, 2);
  EXPECT_EQ(Execute({Binary(), "explain", "--config", "/nowhere.yaml", "github:a/b#1"}).exit_code,
            2);
}

TEST(CommandsTest, TheDemoPlaysItsStory) {
  const Finished demo = Execute({Binary(), "demo", "--once"});
  EXPECT_EQ(demo.exit_code, 0) << demo.err;
  EXPECT_EQ(demo.err, "");
  EXPECT_NE(demo.out.find("first reply by"), std::string::npos);
  EXPECT_NE(demo.out.find("met late"), std::string::npos);
  EXPECT_NE(demo.out.find("github:grace"), std::string::npos);
  EXPECT_NE(demo.out.find("policy.yaml:"), std::string::npos) << "why a change is refused";
  EXPECT_NE(demo.out.find("gild"), std::string::npos);
  EXPECT_NE(demo.out.find("Due instants that move: "), std::string::npos);
  EXPECT_NE(demo.out.find("plan gold P1 first_response: kept "), std::string::npos);
  // Nothing that readers see names the private customer.
  EXPECT_EQ(demo.out.find("Initech"), std::string::npos);
  EXPECT_EQ(demo.out.find("c-7f3"), std::string::npos);
}

TEST(CommandsTest, CheckShowsEachPromiseAndNamesWhatIsWrong) {
  Installation installation;
  const Finished good = Execute({Binary(), "check", "--policy", installation.path("policy"),
                                 "--config", installation.config()});
  EXPECT_EQ(good.exit_code, 0) << good.out << good.err;
  EXPECT_NE(good.out.find("gold P1 first_response 1h"), std::string::npos) << good.out;

  installation.Write("policy/policy.yaml",
                     installation.Read("policy/policy.yaml") + "priorites: []\n");
  const Finished bad = Execute({Binary(), "check", "--policy", installation.path("policy")});
  EXPECT_EQ(bad.exit_code, 1);
  EXPECT_NE(bad.out.find("policy.yaml:"), std::string::npos) << bad.out;
  EXPECT_NE(bad.out.find("priorites"), std::string::npos) << bad.out;
  EXPECT_NE(bad.out.find("priorities"), std::string::npos) << bad.out;
}

// Mistakes that look right: each is reported with its place and the known names.
TEST(CommandsTest, CheckNamesSlipsThatLookAsIfAllWereWell) {
  Installation installation;
  const std::string good = installation.Read("retainer.yaml");
  const auto check = [&](const std::string& config) {
    installation.Write("retainer.yaml", config);
    return Execute({Binary(), "check", "--policy", installation.path("policy"), "--config",
                    installation.config()});
  };
  const Finished folder = check(absl::StrReplaceAll(good, {{"./policy", "./polcy"}}));
  EXPECT_EQ(folder.exit_code, 1);
  EXPECT_NE(folder.out.find("retainer.yaml:5:9: there is no policy folder"), std::string::npos)
      << folder.out;
  EXPECT_NE(folder.out.find("beside it there is: policy"), std::string::npos) << folder.out;
  EXPECT_EQ(folder.out.find("is good"), std::string::npos) << folder.out;

  const Finished url = check(
      absl::StrReplaceAll(good, {{installation.sandbox().github_api_url(), "https://github.com"}}));
  EXPECT_EQ(url.exit_code, 1);
  EXPECT_NE(url.out.find("write api_url: https://api.github.com"), std::string::npos) << url.out;

  const Finished quiet = check(good);
  EXPECT_EQ(quiet.exit_code, 0) << quiet.out << quiet.err;
  EXPECT_EQ(quiet.err, "");
  namespace fs = std::filesystem;
  fs::permissions(installation.path("app.pem"), fs::perms::others_read, fs::perm_options::add);
  const Finished open = check(good);
  EXPECT_EQ(open.exit_code, 0) << open.out;
  EXPECT_NE(open.err.find("app.pem (mode 0604); chmod o= "), std::string::npos) << open.err;
}

TEST(CommandsTest, CheckTellsTheSameToMachines) {
  Installation installation;
  const std::string folder = installation.path("policy");
  const auto check = [&](const std::string& policy, int exit_code) {
    const Finished done = Execute(
        {Binary(), "check", "--policy", policy, "--config", installation.config(), "--json"});
    EXPECT_EQ(done.exit_code, exit_code) << done.out << done.err;
    EXPECT_EQ(done.err, "") << "all of it is in the document";
    auto document = nlohmann::json::parse(done.out, nullptr, /*allow_exceptions=*/false);
    EXPECT_TRUE(document.is_object()) << done.out;
    return document;
  };
  nlohmann::json document = check(folder, 0);
  EXPECT_EQ(document["valid"], true);
  EXPECT_EQ(document["errors"], nlohmann::json::array());
  EXPECT_EQ(document["policy"]["version"].get<std::string>().size(), 64u) << document["policy"];
  ASSERT_FALSE(document["examples"].empty());
  EXPECT_EQ(document["examples"][0]["metric"], "first_response") << document["examples"][0];

  const std::string good = installation.Read("policy/policy.yaml");
  installation.Write("policy/policy.yaml", "priorites: []\n" + good + "bots: 7\n");
  installation.Write("retainer.yaml", absl::StrReplaceAll(installation.Read("retainer.yaml"),
                                                          {{"mode: full", "mode: observe"}}));
  document = check(folder, 1);
  EXPECT_EQ(document["valid"], false);
  EXPECT_TRUE(document["policy"].is_null());
  ASSERT_EQ(document["errors"].size(), 2u) << document;
  const nlohmann::json& first = document["errors"][0];
  EXPECT_EQ(first["file"], folder + "/policy.yaml");
  EXPECT_EQ(first["line"], 1);
  EXPECT_EQ(first["column"], 1);
  EXPECT_EQ(first["path"], "priorites");
  EXPECT_NE(first["message"].get<std::string>().find("priorites"), std::string::npos) << first;
  EXPECT_NE(first["mend"].get<std::string>().find("priorities"), std::string::npos) << first;
  EXPECT_GT(document["errors"][1]["line"].get<int>(), 1);
  ASSERT_EQ(document["warnings"].size(), 1u) << document;
  EXPECT_FALSE(document["warnings"][0].contains("file")) << "it is of no line";
  EXPECT_NE(document["warnings"][0]["message"].get<std::string>().find("mode: observe"),
            std::string::npos);

  // A problem without a file is reported too, and the exit code is the same as for the text.
  document = check(installation.path("nowhere"), 2);
  EXPECT_EQ(document["valid"], false);
  ASSERT_EQ(document["errors"].size(), 1u) << document;
  installation.Write("policy/policy.yaml", good);
  installation.Write("retainer.yaml", "listen: [\n");
  document = check(folder, 1);
  EXPECT_FALSE(document["policy"].is_null()) << "the policy itself is good";
  ASSERT_FALSE(document["errors"].empty()) << document;
  EXPECT_EQ(document["errors"][0]["file"], installation.config());
}

TEST(CommandsTest, ATokenIsShownOnceOpensTheApiAndIsRevoked) {
  Installation installation;
  Serving serving(installation);
  const auto issue = installation.sandbox().OpenIssue({"github", "acme/opendb"}, "dave", "Hangs",
                                                      "/support priority P1");
  ASSERT_TRUE(issue.ok());
  serving.Deliver();
  ASSERT_TRUE(serving.AwaitLog("face shown"));

  const Finished created = installation.Command({"token", "create", "--scope", "read", "--json"});
  ASSERT_EQ(created.exit_code, 0) << created.err;
  const auto field = [&](const std::string& name) {
    const std::string key = "\"" + name + "\": \"";
    const std::size_t from = created.out.find(key) + key.size();
    return created.out.substr(from, created.out.find('"', from) - from);
  };
  const std::string path = "/api/v1/ticket?ref=github%3Aacme%2Fopendb%231";
  EXPECT_EQ(HttpGet(serving.url(), path).status, 401);
  EXPECT_EQ(HttpGet(serving.url(), path, "rtn_wrong").status, 401);
  const HttpAnswer answer = HttpGet(serving.url(), path, field("token"));
  EXPECT_EQ(answer.status, 200) << answer.body;
  EXPECT_NE(answer.body.find("first_response"), std::string::npos) << answer.body;

  const Finished listed = installation.Command({"token", "list"});
  EXPECT_NE(listed.out.find(field("id")), std::string::npos);
  EXPECT_EQ(listed.out.find(field("token")), std::string::npos);
  EXPECT_EQ(installation.Command({"token", "revoke", field("id")}).exit_code, 0);
  EXPECT_EQ(HttpGet(serving.url(), path, field("token")).status, 401);
  EXPECT_EQ(installation.Command({"token", "revoke", "none"}).exit_code, 1);
}

TEST(CommandsTest, TicketClaimsExcusesAndSetsPriorities) {
  Installation installation;
  Serving serving(installation);
  const auto issue =
      installation.sandbox().OpenIssue({"github", "acme/opendb"}, "bob", "Slow", "Very slow.");
  ASSERT_TRUE(issue.ok());
  serving.Deliver();
  ASSERT_TRUE(serving.AwaitLog("decided"));
  const std::string ref = ToString(*issue);
  const Finished claimed = installation.Command({"ticket", "claim", ref, "c-4d1"});
  EXPECT_EQ(claimed.exit_code, 0) << claimed.err;
  EXPECT_NE(claimed.out.find("northwind (gold, P3)"), std::string::npos) << claimed.out;
  const Finished raised = installation.Command({"ticket", "priority", ref, "P1"});
  EXPECT_NE(raised.out.find("northwind (gold, P1)"), std::string::npos) << raised.out << raised.err;
  const Finished released = installation.Command({"ticket", "release", ref, "northwind"});
  EXPECT_NE(released.out.find("community"), std::string::npos) << released.out << released.err;

  const Finished unknown = installation.Command({"ticket", "claim", ref, "nobody"});
  EXPECT_EQ(unknown.exit_code, 2);
  EXPECT_NE(unknown.err.find("nobody"), std::string::npos) << unknown.err;
  EXPECT_EQ(installation.Command({"explain", "github:acme/opendb#99"}).exit_code, 1);
}

TEST(CommandsTest, ReplayDecidesOfflineAndWritesNothing) {
  Installation installation;
  const auto issue = installation.sandbox().OpenIssue({"github", "acme/opendb"}, "dave", "Hangs",
                                                      "/support priority P1");
  ASSERT_TRUE(issue.ok());
  installation.RecordPending("recorded");
  installation.sandbox().ClearRequests();
  const Finished replayed = installation.Command({"replay", installation.path("recorded")});
  EXPECT_EQ(replayed.exit_code, 0) << replayed.err;
  EXPECT_NE(replayed.out.find("1 accepted (1 decided)"), std::string::npos) << replayed.out;
  EXPECT_NE(replayed.out.find("opened"), std::string::npos) << replayed.out;
  EXPECT_TRUE(installation.sandbox().requests().empty());
  EXPECT_FALSE(std::filesystem::exists(installation.path("data")));
}

TEST(CommandsTest, BacktestComparesPoliciesOnDeliveriesAndOnTheStoreServedOrNot) {
  Installation installation;
  const std::string policy = installation.Read("policy/policy.yaml");
  ASSERT_NE(policy.find("first_response: 1h"), std::string::npos);
  std::string stricter = policy;
  stricter.replace(stricter.find("first_response: 1h"), 18, "first_response: 1s");
  installation.Write("new/policy.yaml", stricter);
  installation.Write("broken/policy.yaml", policy + "priorites: []\n");
  const auto backtest = [&](std::vector<std::string> more) {
    more.insert(more.begin(), {"backtest", "--policy", installation.path("new"), "--json"});
    return installation.Command(more);
  };

  const Finished broken =
      installation.Command({"backtest", "--policy", installation.path("broken")});
  EXPECT_EQ(broken.exit_code, 2);
  EXPECT_NE(broken.err.find("broken/policy.yaml:"), std::string::npos) << broken.err;
  EXPECT_EQ(installation.Command({"backtest", "--policy", installation.path("no")}).exit_code, 2);
  EXPECT_EQ(backtest({"--since", "yesterday"}).exit_code, 2);
  EXPECT_EQ(backtest({"--time-zone", "Mars/Olympus"}).exit_code, 2);
  EXPECT_EQ(backtest({}).exit_code, 1);  // the store has no tickets
  EXPECT_FALSE(std::filesystem::exists(installation.path("data")));

  const auto issue = installation.sandbox().OpenIssue({"github", "acme/opendb"}, "dave", "Hangs",
                                                      "/support priority P1");
  ASSERT_TRUE(issue.ok());
  installation.RecordPending("recorded");
  const Finished offline = backtest({installation.path("recorded")});
  EXPECT_EQ(offline.exit_code, 0) << offline.err;
  EXPECT_NE(offline.out.find("\"tickets\": 1,"), std::string::npos) << offline.out;
  EXPECT_FALSE(std::filesystem::exists(installation.path("data")));

  {
    Serving serving(installation);
    const auto other = installation.sandbox().OpenIssue({"github", "acme/opendb"}, "dave", "Slow",
                                                        "/support priority P1");
    ASSERT_TRUE(other.ok());
    serving.Deliver();
    ASSERT_TRUE(serving.AwaitLog("decided"));
    // Including the issue whose delivery was recorded but never sent.
    ASSERT_TRUE(serving.AwaitLog("a project was read back"));
    const Finished served = backtest({});
    EXPECT_EQ(served.exit_code, 0) << served.err;
    EXPECT_NE(served.out.find("\"tickets\": 2,"), std::string::npos) << served.out;
    EXPECT_NE(served.out.find("\"metric\": \"first_response\""), std::string::npos) << served.out;
    serving.Stop();
  }
  const Finished direct = backtest({"--since", "2020-01-01"});
  EXPECT_EQ(direct.exit_code, 0) << direct.err;
  EXPECT_NE(direct.out.find("\"tickets\": 2,"), std::string::npos) << direct.out;
}

TEST(CommandsTest, ImpactSaysWhatAChangedPolicyMovesServedOrNot) {
  Installation installation;
  std::string stricter = installation.Read("policy/policy.yaml");
  stricter.replace(stricter.find("first_response: 1h"), 18, "first_response: 1m");
  installation.Write("new/policy.yaml", stricter);
  installation.Write("broken/policy.yaml", stricter + "priorites: []\n");
  const auto impact = [&](std::vector<std::string> more) {
    more.insert(more.begin(), {"policy", "impact"});
    return installation.Command(more);
  };
  const Finished broken = impact({installation.path("broken")});
  EXPECT_EQ(broken.exit_code, 2);
  EXPECT_NE(broken.err.find("broken/policy.yaml:"), std::string::npos) << broken.err;
  EXPECT_EQ(impact({installation.path("new")}).exit_code, 1);  // the store has no tickets
  {
    Serving serving(installation);
    const auto issue = installation.sandbox().OpenIssue({"github", "acme/opendb"}, "dave", "Hangs",
                                                        "/support priority P1");
    ASSERT_TRUE(issue.ok());
    serving.Deliver();
    ASSERT_TRUE(serving.AwaitLog("decided"));
    const Finished served = impact({installation.path("new"), "--json"});
    EXPECT_EQ(served.exit_code, 0) << served.err;
    EXPECT_NE(served.out.find("\"moved_promises\": 1,"), std::string::npos) << served.out;
    serving.Stop();
  }
  const Finished direct = impact({installation.path("new")});
  EXPECT_EQ(direct.exit_code, 0) << direct.err;
  EXPECT_NE(direct.out.find("Due instants that move: 1 on 1 tickets."), std::string::npos)
      << direct.out;
}

TEST(CommandsTest, TheDemosOwnDoctorIsContent) {
  Process demo({Binary(), "demo"});
  const auto line = demo.AwaitOutLine(
      [](const std::string& text) { return text.find("retainer explain --config") != text.npos; });
  ASSERT_TRUE(line) << demo.out() << demo.err();
  const std::vector<std::string> words = absl::StrSplit(*line, ' ');
  const std::string config = *std::next(std::find(words.begin(), words.end(), "--config"));
  const Finished doctor = Execute({Binary(), "doctor", "--config", config});
  EXPECT_EQ(doctor.out.find("wrong"), std::string::npos) << doctor.out;
  EXPECT_EQ(doctor.out.find("unreachable"), std::string::npos) << doctor.out;
  EXPECT_EQ(doctor.exit_code, 0) << doctor.out << doctor.err;
  demo.Signal(SIGTERM);
  EXPECT_EQ(demo.Wait().exit_code, 0);
  // Each chapter shows something, except the one that counts.
  const std::vector<std::string> chapters = absl::StrSplit(demo.out(), "\n== ");
  ASSERT_GT(chapters.size(), 5u);
  for (std::size_t i = 1; i < chapters.size(); ++i) {
    if (chapters[i].find("How quiet it is") == 0) continue;
    EXPECT_NE(chapters[i].find("\n  | "), std::string::npos) << chapters[i];
  }
}

// Thirty customers, nine hundred tickets, and a week in which a release broke something.
TEST(CommandsTest, TheDemosQuarterIsInItsFiguresAndReports) {
  Process demo({Binary(), "demo"});
  const auto line = demo.AwaitOutLine(
      [](const std::string& text) { return text.find("retainer explain --config") != text.npos; });
  ASSERT_TRUE(line) << demo.out() << demo.err();
  const std::vector<std::string> words = absl::StrSplit(*line, ' ');
  const std::string config = *std::next(std::find(words.begin(), words.end(), "--config"));
  const auto run = [&](std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), Binary());
    arguments.insert(arguments.end(), {"--config", config});
    Finished done = Execute(arguments);
    EXPECT_EQ(done.exit_code, 0) << done.err;
    return done.out;
  };
  const nlohmann::json customers =
      nlohmann::json::parse(run({"figures", "--by", "customer", "--json"}));
  EXPECT_GT(customers["rows"].size(), 30u);
  std::int64_t opened = 0;
  for (const auto& [name, row] : customers["rows"].items()) {
    opened += row["opened"]["all"].get<std::int64_t>();
  }
  EXPECT_GT(opened, 850);
  const std::string weeks = run({"figures", "--by", "week"});
  EXPECT_NE(weeks.find(", all: "), std::string::npos) << "nothing stands out: " << weeks;
  EXPECT_NE(weeks.find(" tickets opened, usually "), std::string::npos) << weeks;

  const std::string until = customers["until"];
  const std::string from = customers["from"];
  const auto report = [&](const std::string& format) {
    return run({"report", "--customer", "aldermoor", "--from", from, "--until", until, "--format",
                format});
  };
  EXPECT_NE(report("html").find("Support report: Aldermoor Insurance"), std::string::npos);
  EXPECT_EQ(report("md").find("Castellan"), std::string::npos) << "another customer";
  const nlohmann::json data = nlohmann::json::parse(report("json"));
  EXPECT_EQ(data["figures"]["promises"], customers["rows"]["aldermoor"]["promises"]);
  demo.Signal(SIGTERM);
  EXPECT_EQ(demo.Wait().exit_code, 0);
}

TEST(CommandsTest, AReportSaysForWhomAndForWhichDays) {
  Installation installation;
  const auto why = [&](const std::vector<std::string>& command) {
    const Finished refused = installation.Command(command);
    EXPECT_EQ(refused.exit_code, 2);
    return refused.err;
  };
  EXPECT_NE(why({"report", "--from", "2026-10-01", "--until", "2026-10-31"})
                .find("say for whom: --customer C, --project P or --all"),
            std::string::npos);
  EXPECT_NE(why({"report", "--all"}).find("--from DAY --until DAY"), std::string::npos);
  EXPECT_NE(why({"report", "--all", "--customer", "acme"}).find("say for whom"), std::string::npos);
  EXPECT_NE(why({"figures", "--customer", "nope"}).find("the policy has no customer \"nope\""),
            std::string::npos);
  EXPECT_NE(why({"figures", "--from", "soon"}).find("\"soon\" is not a day"), std::string::npos);
}

// The service has the secrets; a command needs only the data folder.
TEST(CommandsTest, ARunningServiceIsAskedWithoutTheSecretsThatTheConfigurationNames) {
  Installation installation;
  Serving serving(installation);
  const std::string config = installation.Read("retainer.yaml");
  installation.Write("retainer.yaml",
                     config + "sinks: {ops: {kind: slack, url: env:NO_SUCH_URL}}\n");
  for (const std::vector<std::string>& command :
       std::vector<std::vector<std::string>>{{"queue"}, {"inbox", "list"}, {"token", "list"}}) {
    const Finished asked = installation.Command(command);
    EXPECT_EQ(asked.exit_code, 0) << command[0] << asked.err;
  }
  // The error of the operation itself is reported too.
  const Finished unknown = installation.Command({"explain", "github:acme/opendb#99"});
  EXPECT_EQ(unknown.exit_code, 1) << unknown.err;
  EXPECT_EQ(unknown.err.find("NO_SUCH_URL"), std::string::npos) << unknown.err;
  EXPECT_EQ(serving.Stop().exit_code, 0);
  // Without the service, the store is enough for commands that only read it.
  for (const std::vector<std::string>& command :
       std::vector<std::vector<std::string>>{{"queue"}, {"inbox", "list"}, {"token", "list"}}) {
    const Finished asked = installation.Command(command);
    EXPECT_EQ(asked.exit_code, 0) << command[0] << asked.err;
  }
  // A command that may ask a forge works like the service.
  const Finished alone =
      installation.Command({"ticket", "claim", "github:acme/opendb#1", "northwind"});
  EXPECT_EQ(alone.exit_code, 2) << alone.err;
  EXPECT_NE(alone.err.find("NO_SUCH_URL is not set"), std::string::npos) << alone.err;
  EXPECT_NE(alone.err.find("secrets.env"), std::string::npos) << alone.err;
}

TEST(CommandsTest, ReplayTakesEveryRecordedPayload) {
  Installation installation;
  const std::string shared = SharedDir() + "/payloads";
  const std::string own = SourceDir() + "/webhooks/github/samples";
  const bool present = std::filesystem::exists(shared);
  const Finished replayed = installation.Command({"replay", present ? shared : own, "--json"});
  EXPECT_EQ(replayed.exit_code, 0) << replayed.err;
  EXPECT_NE(replayed.err.find(" deliveries: "), std::string::npos) << replayed.err;
  if (!present) return;
  // Refused are deliveries of a forge that is not configured, and one that names no project.
  EXPECT_NE(replayed.err.find("162 deliveries: 108 accepted ("), std::string::npos) << replayed.err;
  EXPECT_NE(replayed.err.find("), 49 ignored, 5 refused"), std::string::npos) << replayed.err;
}

TEST(CommandsTest, DoctorFindsAnUnreachableForge) {
  Installation installation;
  const Finished well = installation.Command({"doctor"});
  EXPECT_NE(well.out.find("retainer-desk"), std::string::npos) << well.out << well.err;
  installation.sandbox().Stop();
  const Finished ill = installation.Command({"doctor"});
  EXPECT_EQ(ill.exit_code, 3) << ill.out << ill.err;
  EXPECT_NE(ill.out.find("unreachable"), std::string::npos) << ill.out;
}

TEST(CommandsTest, CalendarAnswersOnThePolicysCalendars) {
  Installation installation;
  const Finished due =
      Execute({Binary(), "calendar", "deadline", "--policy", installation.path("policy"),
               "--calendar", "paris", "--from", "2026-03-06T17:00:00+01:00", "--for", "1bd"});
  EXPECT_EQ(due.out, "2026-03-09T16:00:00Z\n") << due.err;
  const Finished elapsed = Execute(
      {Binary(), "calendar", "elapsed", "--policy", installation.path("policy"), "--calendar",
       "paris", "--from", "2026-03-06T17:00:00+01:00", "--to", "2026-03-09T10:00:00+01:00"});
  EXPECT_EQ(elapsed.out, "2h (7200 s)\n") << elapsed.err;
  const Finished batch =
      Execute({Binary(), "calendar", "batch"}, {},
              "{\"id\":1,\"kind\":\"is_open\",\"calendars\":[{\"time_zone\":\"UTC\","
              "\"weekly\":{\"mon\":[[\"09:00\",\"17:00\"]]}}],"
              "\"at_utc\":\"2026-03-02T10:00:00Z\"}\nnonsense\n");
  EXPECT_EQ(batch.out.substr(0, 24), "{\"id\":1,\"result\":true}\n{") << batch.out;
  EXPECT_EQ(batch.exit_code, 0);
}

}  // namespace
}  // namespace retainer
