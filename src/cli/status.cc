// retainer status: whether the service runs and works. For health checks of containers.
#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>

#include "absl/strings/str_cat.h"
#include "src/cli/asking.h"
#include "src/cli/command.h"
#include "src/cli/loading.h"
#include "src/cli/operations.h"

namespace retainer::cli {
namespace {

void Status(const AskOptions& options) {
  FileFindings findings;
  const auto config = LoadConfigFile(options.config, &findings, Secrets::kLeft);
  if (findings.data.empty()) Fail(config.status());
  const auto answered = AskRunning(findings.data, nlohmann::json{{"op", "status"}}.dump());
  if (!answered) Fail(kUnreachable, absl::StrCat("no service runs on ", findings.data));
  if (!answered->ok()) Fail(answered->status());
  const nlohmann::json data = nlohmann::json::parse((*answered)->data);
  std::cout << (options.json ? (*answered)->data + "\n" : Printable((*answered)->text));
  throw ExitWith{data.at("ready").get<bool>() ? kDone : kAnswerIsNo};
}

}  // namespace

void RegisterStatus(CLI::App& app) {
  auto options = std::make_shared<AskOptions>();
  CLI::App* command = app.add_subcommand("status", "Says whether the service runs and works");
  AddAskOptions(command, options.get());
  command->footer(
      "Exit codes: 0 it works, 1 it runs and does not work, 3 no service runs.\n"
      "Example: retainer status --config /etc/retainer/retainer.yaml");
  command->callback([options] { Status(*options); });
}

}  // namespace retainer::cli
