// retainer explain, retainer queue
#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>

#include "src/cli/command.h"
#include "src/cli/loading.h"
#include "src/cli/operations.h"

namespace retainer::cli {
namespace {

struct Options {
  std::string config;
  std::string ticket;
  bool json = false;
};

void AskAndPrint(const Options& options, const nlohmann::json& request) {
  const auto config = LoadConfigFile(options.config);
  if (!config.ok()) Fail(config.status());
  const auto answered = Ask(*config, request.dump());
  if (!answered.ok()) Fail(answered.status());
  std::cout << (options.json ? answered->data + "\n" : answered->text);
}

}  // namespace

void RegisterExplain(CLI::App& app) {
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand("explain", "Why a ticket stands as it does");
  command->add_option("--config", options->config, "The service's configuration")->required();
  command->add_option("TICKET", options->ticket, "github:owner/repo#12, gitlab:group/project!7")
      ->required();
  command->add_flag("--json", options->json, "Print JSON");
  command->footer("Example: retainer explain --config retainer.yaml 'github:acme/opendb#12'");
  command->callback([options] {
    AskAndPrint(*options, {{"op", "explain"}, {"ticket", options->ticket}});
  });
}

void RegisterQueue(CLI::App& app) {
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand("queue", "What to answer next, by due time");
  command->add_option("--config", options->config, "The service's configuration")->required();
  command->add_flag("--json", options->json, "Print JSON");
  command->footer("Example: retainer queue --config retainer.yaml");
  command->callback([options] { AskAndPrint(*options, {{"op", "queue"}}); });
}

}  // namespace retainer::cli
