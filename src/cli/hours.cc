// retainer hours: work that is logged for customers, and what is left of the hours they bought.
#include <CLI/CLI.hpp>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "absl/strings/str_join.h"
#include "src/cli/asking.h"
#include "src/cli/command.h"

namespace retainer::cli {
namespace {

struct HoursOptions : AskOptions {
  std::string customer;
  std::string time;
  std::vector<std::string> words;
  std::string ticket;
  std::string day;
  std::string from;
  std::string until;
  std::string entry;
  std::string reason;
};

void AskOfHours(const HoursOptions& options, const std::string& op,
                nlohmann::json request = nlohmann::json::object()) {
  request["op"] = op;
  request["customer"] = options.customer;
  request["by"] = OperatorName();
  AskAndPrint(options, request.dump());
}

}  // namespace

void RegisterHours(CLI::App& app) {
  CLI::App* hours =
      app.add_subcommand("hours", "Work that is logged for customers: balance, list, log, correct");
  hours->require_subcommand(1);
  auto options = std::make_shared<HoursOptions>();
  const auto add = [&](const std::string& name, const std::string& about) {
    CLI::App* action = hours->add_subcommand(name, about);
    action->add_option("CUSTOMER", options->customer, "Its id or alias")->required();
    AddAskOptions(action, options.get());
    return action;
  };

  CLI::App* balance = add("balance", "Says what is left of the hours that a customer bought");
  balance->footer("Example: retainer hours balance acme --config retainer.yaml");
  balance->callback([options] { AskOfHours(*options, "hours balance"); });

  CLI::App* list = add("list", "Lists the work that was logged");
  list->add_option("--from", options->from, "First day, YYYY-MM-DD");
  list->add_option("--until", options->until, "Last day, YYYY-MM-DD");
  list->footer("Example: retainer hours list acme --config retainer.yaml --from 2026-03-01");
  list->callback([options] {
    AskOfHours(*options, "hours list", {{"from", options->from}, {"until", options->until}});
  });

  CLI::App* log = add("log", "Logs work; more than 8h at once needs a `!`: 9h!");
  log->add_option("TIME", options->time, "45m, 2h, 1h30m")->required();
  log->add_option("WHAT", options->words, "What was done")->required();
  log->add_option("--ticket", options->ticket, "For which ticket: github:owner/repo#12");
  log->add_option("--day", options->day, "When it was done, YYYY-MM-DD; today if left out");
  log->footer("Example: retainer hours log acme --config retainer.yaml 45m 'read the dump'");
  log->callback([options] {
    AskOfHours(*options, "hours log",
               {{"time", options->time},
                {"text", absl::StrJoin(options->words, " ")},
                {"ticket", options->ticket},
                {"day", options->day}});
  });

  CLI::App* correct = add("correct", "Corrects the time of an entry; 0m takes the entry back");
  correct->add_option("ENTRY", options->entry, "As `hours list` shows it")->required();
  correct->add_option("TIME", options->time, "The right time: 45m, 2h, 1h30m, 0m")->required();
  correct->add_option("--reason", options->reason, "Shown beside the entry")->required();
  correct->footer(
      "Example: retainer hours correct acme 3f9a1c0b7d2e 30m --config retainer.yaml "
      "--reason 'a typing error'");
  correct->callback([options] {
    AskOfHours(*options, "hours correct",
               {{"entry", options->entry}, {"time", options->time}, {"reason", options->reason}});
  });
}

}  // namespace retainer::cli
