// retainer reload: the running service reads its policy and sinks again and reports the result.
#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"
#include "src/cli/asking.h"
#include "src/cli/command.h"
#include "src/cli/loading.h"
#include "src/cli/operations.h"

namespace retainer::cli {

void RegisterReload(CLI::App& app) {
  auto options = std::make_shared<AskOptions>();
  CLI::App* command = app.add_subcommand(
      "reload",
      "Makes the running service read its policy and its sinks again, as SIGHUP does, and reports "
      "the result");
  AddAskOptions(command, options.get());
  command->footer(
      "Exit codes: 0 policy and sinks are in force, 2 one was refused and the previous stays, 3 no "
      "service runs.\nExample: retainer reload --config /etc/retainer/retainer.yaml");
  command->callback([options] {
    // Only the service needs the secrets; they need not be readable here.
    FileFindings findings;
    const auto config = LoadConfigFile(options->config, &findings);
    if (findings.data.empty()) Fail(config.status());
    const auto answered = AskRunning(findings.data, nlohmann::json{{"op", "reload"}}.dump());
    if (!answered) {
      Fail(kUnreachable, absl::StrCat("no service runs on ", findings.data,
                                      ": it reads the policy when it starts"));
    }
    if (!answered->ok()) Fail(answered->status());
    std::cout << (options->json ? (*answered)->data + "\n" : Printable((*answered)->text));
  });
}

}  // namespace retainer::cli
