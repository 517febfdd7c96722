// retainer explain, retainer queue
#include <CLI/CLI.hpp>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>

#include "src/cli/asking.h"
#include "src/cli/command.h"

namespace retainer::cli {
namespace {

struct Options : AskOptions {
  std::string ticket;
};

}  // namespace

void RegisterExplain(CLI::App& app) {
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand("explain", "Why a ticket stands as it does");
  AddAskOptions(command, options.get());
  command->add_option("TICKET", options->ticket, "github:owner/repo#12, gitlab:group/project!7")
      ->required();
  command->footer("Example: retainer explain --config retainer.yaml 'github:acme/opendb#12'");
  command->callback([options] {
    AskAndPrint(*options, nlohmann::json{{"op", "explain"}, {"ticket", options->ticket}}.dump());
  });
}

void RegisterQueue(CLI::App& app) {
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand("queue", "What to answer next, by due time");
  AddAskOptions(command, options.get());
  command->footer("Example: retainer queue --config retainer.yaml");
  command->callback([options] { AskAndPrint(*options, R"({"op":"queue"})"); });
}

}  // namespace retainer::cli
