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

namespace {

absl::StatusOr<Answered> AskFor(const std::string& config_path, const std::string& request) {
  FileFindings findings;
  const auto config = LoadConfigFile(config_path, &findings);
  if (!findings.data.empty()) {
    if (auto answered = AskRunning(findings.data, request)) return *std::move(answered);
  }
  if (!config.ok()) return config.status();
  std::cerr << FormatProblems(findings.warnings);
  return Ask(*config, request);
}

}  // namespace

void AskAndPrint(const AskOptions& options, const std::string& request) {
  const auto answered = AskFor(options.config, request);
  if (!answered.ok()) Fail(answered.status());
  std::cout << (options.json ? answered->data + "\n" : Printable(answered->text));
}

std::string OperatorName() {
  const passwd* entry = getpwuid(getuid());
  return entry != nullptr ? entry->pw_name : std::to_string(getuid());
}

}  // namespace retainer::cli
