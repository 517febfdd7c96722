// retainer explain, retainer queue
#include <CLI/CLI.hpp>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>

#include "src/cli/asking.h"
#include "src/cli/command.h"

namespace retainer::cli {
namespace {

struct ExplainOptions : AskOptions {
  std::string ticket;
  std::string customer;
};

}  // namespace

void RegisterExplain(CLI::App& app) {
  auto options = std::make_shared<ExplainOptions>();
  CLI::App* command = app.add_subcommand("explain", "Explains the state of a ticket");
  AddAskOptions(command, options.get());
  command->add_option("TICKET", options->ticket, "github:owner/repo#12, gitlab:group/project!7")
      ->required();
  command->add_option("--customer", options->customer,
                      "Only what this customer (id or alias) may know. Without it: everything, "
                      "which no customer may see");
  command->footer(
      "Example: retainer explain --config retainer.yaml --customer acme 'github:acme/opendb#12'");
  command->callback([options] {
    AskAndPrint(*options,
                nlohmann::json{
                    {"op", "explain"}, {"ticket", options->ticket}, {"customer", options->customer}}
                    .dump());
  });
}

void RegisterQueue(CLI::App& app) {
  struct QueueCommand : AskOptions {
    std::string team;
    std::string customer;
    std::size_t limit = 50;
  };
  auto options = std::make_shared<QueueCommand>();
  CLI::App* command = app.add_subcommand(
      "queue", "What to answer next, by due time; then the community's longest waiting");
  AddAskOptions(command, options.get());
  command->add_option("--team", options->team, "Tickets of this team, and tickets of no team");
  command->add_option("--customer", options->customer, "Tickets of this customer: id or alias");
  command->add_option("--limit", options->limit, "How many tickets")
      ->capture_default_str()
      ->check(CLI::Range(1, 1000));
  command->footer("Example: retainer queue --config retainer.yaml --team core --limit 20");
  command->callback([options] {
    AskAndPrint(*options, nlohmann::json{{"op", "queue"},
                                         {"team", options->team},
                                         {"customer", options->customer},
                                         {"limit", options->limit}}
                              .dump());
  });
}

}  // namespace retainer::cli
