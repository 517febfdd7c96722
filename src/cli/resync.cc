// retainer resync: reads from the forges what happened while no deliveries came.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>

#include "absl/strings/str_cat.h"
#include "src/cli/asking.h"
#include "src/cli/command.h"
#include "src/cli/loading.h"
#include "src/cli/operations.h"

namespace retainer::cli {
namespace {

// If a forge asks for a longer pause than this, the command does not wait for it.
constexpr std::chrono::milliseconds kLongestWait = std::chrono::minutes(2);

struct ResyncOptions : AskOptions {
  std::string project;
  bool no_wait = false;
};

void Tell(const ResyncOptions& options, const nlohmann::json& state) {
  if (options.json) {
    std::cout << state.dump(2) << "\n";
    return;
  }
  for (const nlohmann::json& project : state["projects"]) {
    const std::string trouble = project["trouble"];
    std::cout << project["project"].get<std::string>() << "  "
              << (project["done"].get<bool>() ? "read" : "being read") << ", "
              << project["tickets"].get<std::uint64_t>() << " tickets"
              << (trouble.empty() ? "" : "; trouble: " + trouble) << "\n";
  }
}

// True when there is a project that the forge does not let us read.
bool HasTrouble(const nlohmann::json& state) {
  return std::any_of(
      state["projects"].begin(), state["projects"].end(),
      [](const nlohmann::json& project) { return !project["trouble"].get<std::string>().empty(); });
}

void Resync(const ResyncOptions& options) {
  const auto config = LoadConfigFile(options.config);
  if (!config.ok()) Fail(config.status());
  StoreTalk talk(*config);
  const auto begun =
      talk.Ask(nlohmann::json{{"op", "resync"}, {"project", options.project}}.dump());
  if (!begun.ok()) Fail(begun.status());
  if (!options.json) std::cout << begun->text;
  if (options.no_wait) return;
  std::chrono::milliseconds waited(0);
  for (;;) {
    const auto answered =
        talk.Ask(nlohmann::json{{"op", "resync state"}, {"drive", !begun->by_service}}.dump());
    if (!answered.ok()) Fail(answered.status());
    const nlohmann::json state = nlohmann::json::parse(answered->data);
    const bool done = state["left"].get<std::size_t>() == 0;
    const std::chrono::milliseconds wait(state["wait_ms"].get<std::int64_t>());
    waited = HasTrouble(state) ? waited + wait : std::chrono::milliseconds(0);
    if (done || waited > kLongestWait || wait > kLongestWait) {
      Tell(options, state);
      if (HasTrouble(state)) throw ExitWith{kUnreachable};
      return;
    }
    std::this_thread::sleep_for(wait);
  }
}

}  // namespace

void RegisterResync(CLI::App& app) {
  auto options = std::make_shared<ResyncOptions>();
  CLI::App* command = app.add_subcommand(
      "resync", "Reads the covered projects' tickets back from their forges, slowly");
  AddAskOptions(command, options.get());
  command->add_option("--project", options->project, "Only this project: FORGE:PATH");
  command->add_flag("--no-wait", options->no_wait,
                    "With a running service: start, and do not wait for the end");
  command->footer("Example: retainer resync --config retainer.yaml --project github:acme/opendb");
  command->callback([options] { Resync(*options); });
}

}  // namespace retainer::cli
