#include "src/cli/asking.h"

#include <pwd.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <iostream>
#include <utility>

#include "src/cli/command.h"
#include "src/cli/loading.h"
#include "src/cli/operations.h"

namespace retainer::cli {

void AddAskOptions(CLI::App* command, AskOptions* options) {
  command->add_option("--config", options->config, "The service's configuration")->required();
  command->add_flag("--json", options->json, "Print JSON");
}

namespace {

absl::StatusOr<Answered> Answer(const std::string& path, const std::string& request, Needs needs) {
  FileFindings findings;
  const auto config = LoadConfigFile(path, &findings, Secrets::kLeft);
  if (!findings.data.empty()) {
    if (auto answered = AskRunning(findings.data, request)) return *std::move(answered);
  }
  if (!config.ok()) return config.status();
  if (needs == Needs::kStore) return Ask(*config, request, Service::Parts::kStore);
  const auto whole = LoadConfigFile(path);
  if (!whole.ok()) return whole.status();
  return Ask(*whole, request);
}

}  // namespace

void AskAndPrint(const AskOptions& options, const std::string& request, Needs needs) {
  const auto answered = Answer(options.config, request, needs);
  if (!answered.ok()) Fail(answered.status());
  if (options.json) {
    std::cout << answered->data << "\n";
  } else if (options.file && isatty(STDOUT_FILENO) == 0) {
    std::cout << answered->text;
  } else {
    std::cout << Printable(answered->text);
  }
}

std::string OperatorName() {
  const passwd* entry = getpwuid(getuid());
  return entry != nullptr ? entry->pw_name : std::to_string(getuid());
}

}  // namespace retainer::cli
