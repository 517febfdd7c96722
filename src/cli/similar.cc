// retainer similar: solved tickets that are like one, and how well they are found.
#include <CLI/CLI.hpp>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>

#include "src/cli/asking.h"
#include "src/cli/command.h"

namespace retainer::cli {

void RegisterSimilar(CLI::App& app) {
  struct SimilarOptions : AskOptions {
    std::string ticket;
    bool eval = false;
  };
  auto options = std::make_shared<SimilarOptions>();
  CLI::App* similar =
      app.add_subcommand("similar", "Solved tickets that are like one; for the project's people");
  AddAskOptions(similar, options.get());
  CLI::Option* ticket = similar->add_option("TICKET", options->ticket,
                                            "github:owner/repo#12, gitlab:group/project!7");
  CLI::Option* eval = similar->add_flag(
      "--eval", options->eval,
      "Measure the search on the project's own duplicates, and keep the threshold that it finds");
  eval->excludes(ticket);
  similar->footer("Example: retainer similar --config retainer.yaml 'github:acme/opendb#12'");
  similar->callback([options] {
    if (!options->eval && options->ticket.empty()) {
      throw CLI::RequiredError("TICKET or --eval");
    }
    AskAndPrint(*options,
                options->eval
                    ? nlohmann::json{{"op", "similar eval"}}.dump()
                    : nlohmann::json{{"op", "similar"}, {"ticket", options->ticket}}.dump());
  });
}

}  // namespace retainer::cli
