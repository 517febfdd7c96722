// retainer inbox: lists what was set aside, and retries it.
#include <CLI/CLI.hpp>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "src/cli/asking.h"
#include "src/cli/command.h"

namespace retainer::cli {
namespace {

struct InboxOptions : AskOptions {
  std::vector<std::string> ids;
  bool all = false;
};

}  // namespace

void RegisterInbox(CLI::App& app) {
  CLI::App* inbox = app.add_subcommand(
      "inbox",
      "Deliveries that were set aside, tickets and notices that were given up: list, retry");
  inbox->require_subcommand(1);
  auto options = std::make_shared<InboxOptions>();

  CLI::App* list = inbox->add_subcommand("list", "Lists them, each with the reason");
  AddAskOptions(list, options.get());
  list->footer("Example: retainer inbox list --config retainer.yaml");
  list->callback([options] { AskAndPrint(*options, R"({"op":"inbox list"})"); });

  CLI::App* retry = inbox->add_subcommand("retry", "Tries them again, after the cause is fixed");
  AddAskOptions(retry, options.get());
  retry->add_option("ID", options->ids, "As `inbox list` shows them");
  retry->add_flag("--all", options->all, "All of them");
  retry->footer("Example: retainer inbox retry --config retainer.yaml github/17");
  retry->callback([options] {
    if (options->all == !options->ids.empty()) {
      Fail(kWrongUsage, "give the IDs to try again, or --all");
    }
    AskAndPrint(
        *options,
        nlohmann::json{{"op", "inbox retry"}, {"ids", options->ids}, {"all", options->all}}.dump(),
        Needs::kForges);
  });
}

}  // namespace retainer::cli
