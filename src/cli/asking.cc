#include "src/cli/asking.h"

#include <pwd.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <iostream>

#include "src/cli/command.h"
#include "src/cli/loading.h"
#include "src/cli/operations.h"

namespace retainer::cli {

void AddAskOptions(CLI::App* command, AskOptions* options) {
  command->add_option("--config", options->config, "The service's configuration")->required();
  command->add_flag("--json", options->json, "Print JSON");
}

void AskAndPrint(const AskOptions& options, const std::string& request) {
  const auto config = LoadConfigFile(options.config);
  if (!config.ok()) Fail(config.status());
  const auto answered = Ask(*config, request);
  if (!answered.ok()) Fail(answered.status());
  std::cout << (options.json ? answered->data + "\n" : Printable(answered->text));
}

std::string OperatorName() {
  const passwd* entry = getpwuid(getuid());
  return entry != nullptr ? entry->pw_name : std::to_string(getuid());
}

}  // namespace retainer::cli
