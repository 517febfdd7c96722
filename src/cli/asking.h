// Commands that ask the store, through the running service or without it, and print the answer.
//
// Where a service runs, it alone needs the secrets that the configuration names: whoever asks it
// needs to know the data folder.
#pragma once

#include <string>

namespace CLI {
class App;
}  // namespace CLI

namespace retainer::cli {

struct AskOptions {
  std::string config;
  bool json = false;
};

// `--config` and `--json`.
void AddAskOptions(CLI::App* command, AskOptions* options);

// Does the operation ask forges, or the store alone? Where no service runs, kForges needs the
// secrets here.
enum class Needs { kStore, kForges };

// `request` as Operations::Answer takes it. Ends the command where there is no answer.
void AskAndPrint(const AskOptions& options, const std::string& request,
                 Needs needs = Needs::kStore);

// Of the account that runs the command.
std::string OperatorName();

}  // namespace retainer::cli
