// Asks the store, through the running service or without it, and prints the answer.
//
// Only the running service needs the secrets that the configuration names. A command that asks it
// needs only the data folder.
#pragma once

#include <string>

namespace CLI {
class App;
}  // namespace CLI

namespace retainer::cli {

struct AskOptions {
  std::string config;
  bool json = false;
  // The text is a file's content: printed as it is, unless standard output is a terminal.
  bool file = false;
};

// Adds the options `--config` and `--json`.
void AddAskOptions(CLI::App* command, AskOptions* options);

// What an operation needs. kForges: it calls forges, so the secrets must be readable here when no
// service runs. kStore: it uses the store only.
enum class Needs { kStore, kForges };

// `request` has the form of Operations::Answer. Ends the command when there is no answer.
void AskAndPrint(const AskOptions& options, const std::string& request,
                 Needs needs = Needs::kStore);

// The name of the account that runs the command.
std::string OperatorName();

}  // namespace retainer::cli
