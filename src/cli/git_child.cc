// The hidden subcommand that fetches the policy for the service (src/git/child.h).
#include <CLI/CLI.hpp>

#include "src/cli/command.h"
#include "src/git/child.h"

namespace retainer::cli {

void RegisterGitChild(CLI::App& app) {
  CLI::App* child = app.add_subcommand(git::kChildCommand, "Fetches the policy for the service");
  child->group("");  // not in the help
  child->callback([] { throw ExitWith{git::RunChild()}; });
}

}  // namespace retainer::cli
