// retainer inbox: what was set aside, and trying it again.
#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "src/cli/command.h"
#include "src/cli/loading.h"
#include "src/cli/operations.h"

namespace retainer::cli {
namespace {

struct Options {
  std::string config;
  std::vector<std::string> ids;
  bool all = false;
  bool json = false;
};

void AskAndPrint(const Options& options, const nlohmann::json& request) {
  const auto config = LoadConfigFile(options.config);
  if (!config.ok()) Fail(config.status());
  const auto answered = Ask(*config, request.dump());
  if (!answered.ok()) Fail(answered.status());
  std::cout << (options.json ? answered->data + "\n" : answered->text);
}

CLI::App* AddAction(CLI::App* inbox, const std::string& name, const std::string& about,
                    const std::shared_ptr<Options>& options) {
  CLI::App* action = inbox->add_subcommand(name, about);
  action->add_option("--config", options->config, "The service's configuration")->required();
  action->add_flag("--json", options->json, "Print JSON");
  return action;
}

}  // namespace

void RegisterInbox(CLI::App& app) {
  CLI::App* inbox = app.add_subcommand(
      "inbox", "Deliveries that were set aside and tickets that were given up: list, retry");
  inbox->require_subcommand(1);
  auto options = std::make_shared<Options>();

  CLI::App* list = AddAction(inbox, "list", "Lists them, each with the reason", options);
  list->footer("Example: retainer inbox list --config retainer.yaml");
  list->callback([options] { AskAndPrint(*options, {{"op", "inbox list"}}); });

  CLI::App* retry =
      AddAction(inbox, "retry", "Tries them again, once the cause is mended", options);
  retry->add_option("ID", options->ids, "As `inbox list` shows them");
  retry->add_flag("--all", options->all, "All of them");
  retry->footer("Example: retainer inbox retry --config retainer.yaml github/17");
  retry->callback([options] {
    if (options->all == !options->ids.empty()) {
      Fail(kWrongUsage, "give the IDs to try again, or --all");
    }
    AskAndPrint(*options, {{"op", "inbox retry"}, {"ids", options->ids}, {"all", options->all}});
  });
}

}  // namespace retainer::cli
