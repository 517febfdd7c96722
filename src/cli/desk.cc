// retainer desk: the way into the desk's pages.
#include <CLI/CLI.hpp>
#include <memory>
#include <nlohmann/json.hpp>

#include "src/cli/asking.h"
#include "src/cli/command.h"

namespace retainer::cli {

void RegisterDesk(CLI::App& app) {
  CLI::App* desk = app.add_subcommand("desk", "The desk in the browser: link");
  desk->require_subcommand(1);
  auto options = std::make_shared<AskOptions>();
  CLI::App* link = desk->add_subcommand(
      "link", "Makes a link that opens the desk once, within ten minutes, with an admin's rights");
  AddAskOptions(link, options.get());
  link->footer("Example: retainer desk link --config retainer.yaml");
  link->callback([options] {
    AskAndPrint(*options, nlohmann::json{{"op", "desk link"}, {"by", OperatorName()}}.dump());
  });
}

}  // namespace retainer::cli
