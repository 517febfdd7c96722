// retainer gate override, overrides, withdraw: lets a release pass that the gate would stop.
#include "src/cli/gate_override.h"

#include <CLI/CLI.hpp>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>

#include "retainer/ids.h"
#include "src/cli/asking.h"
#include "src/cli/command.h"
#include "src/policy/duration.h"

namespace retainer::cli {
namespace {

struct OverrideOptions : AskOptions {
  std::string project;
  std::string reason;
  std::string until;
  std::string lasts;
  std::string by;
  std::string id;
};

std::string By(const OverrideOptions& options) {
  return options.by.empty() ? OperatorName() : options.by;
}

void Override(const OverrideOptions& options) {
  if (const auto project = ParseProjectRef(options.project); !project.ok()) Fail(project.status());
  nlohmann::json request = {{"op", "override add"},
                            {"project", options.project},
                            {"reason", options.reason},
                            {"by", By(options)}};
  if (!options.until.empty()) {
    const auto until = policy::ParseInstant(options.until);
    if (!until.ok()) Fail(until.status());
    request["until_s"] = absl::ToUnixSeconds(*until);
  } else if (!options.lasts.empty()) {
    const auto lasts = policy::ParseDuration(options.lasts);
    if (!lasts.ok()) Fail(lasts.status());
    request["for_s"] = absl::ToInt64Seconds(*lasts);
  }
  AskAndPrint(options, request.dump());
}

}  // namespace

void RegisterGateOverride(CLI::App* gate) {
  auto options = std::make_shared<OverrideOptions>();
  const auto add = [&](const char* name, const char* about) {
    CLI::App* action = gate->add_subcommand(name, about);
    AddAskOptions(action, options.get());
    return action;
  };

  CLI::App* override_command =
      add("override", "Records that releases may go ahead, whatever the gate finds");
  override_command->add_option("--project", options->project, "forge:path")->required();
  override_command
      ->add_option(
          "--reason", options->reason,
          "The reason. It appears in the gate's answer, so it must not name a private customer")
      ->required();
  CLI::Option* until =
      override_command->add_option("--until", options->until, "RFC 3339, at most 7 days ahead");
  override_command->add_option("--for", options->lasts, "Default 4h, at most 7d")->excludes(until);
  override_command->add_option("--by", options->by, "Who decided this (default: this account)");
  override_command->footer(
      "Example: retainer gate override --config retainer.yaml --project github:acme/opendb "
      "--for 2h --reason 'security fix must ship'");
  override_command->callback([options] { Override(*options); });

  CLI::App* list = add("overrides", "Lists all overrides so far");
  list->add_option("--project", options->project, "Only of this project: forge:path");
  list->footer("Example: retainer gate overrides --config retainer.yaml");
  list->callback([options] {
    AskAndPrint(*options,
                nlohmann::json{{"op", "override list"}, {"project", options->project}}.dump());
  });

  CLI::App* withdraw = add("withdraw", "Ends an override at once");
  withdraw->add_option("ID", options->id, "As `gate overrides` shows it")->required();
  withdraw->add_option("--by", options->by, "Who decided this (default: this account)");
  withdraw->footer("Example: retainer gate withdraw --config retainer.yaml 3f9a1c0b7d2e");
  withdraw->callback([options] {
    AskAndPrint(
        *options,
        nlohmann::json{{"op", "override withdraw"}, {"id", options->id}, {"by", By(*options)}}
            .dump());
  });
}

}  // namespace retainer::cli
