// retainer policy: its versions, and what a changed policy would do.
#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>

#include "retainer/impact.h"
#include "src/cli/asking.h"
#include "src/cli/command.h"
#include "src/cli/impact_pages.h"
#include "src/cli/impact_report.h"
#include "src/cli/loading.h"
#include "src/cli/operations.h"
#include "src/cli/policy_versions.h"

namespace retainer::cli {
namespace {

struct ImpactOptions : AskOptions {
  std::string folder;
  bool outside = false;
  std::size_t top = 20;
};

// Judges the tickets of the store, page by page, through whoever owns the store.
void FindImpact(const ImpactOptions& options) {
  const auto config = LoadConfigFile(options.config, Secrets::kLeft);
  if (!config.ok()) Fail(config.status());
  const auto changed = LoadPolicyFolder(options.folder);
  if (!changed.ok()) Fail(kWrongUsage, std::string(changed.status().message()));
  StoreTalk talk(*config, StoreTalk::Terms::kRecorded, Service::Parts::kStore);
  nlohmann::ordered_json request = {{"op", "impact"},
                                    {"files", changed->files},
                                    {"outside", options.outside},
                                    {"top", options.top}};
  ImpactHead head;
  head.policy = changed->id;
  ImpactScope scope;
  scope.most_listed = options.top;
  scope.past.most_changes = 0;
  Impact whole;
  for (;;) {
    const auto answered = talk.Ask(request.dump());
    if (!answered.ok()) Fail(answered.status());
    const nlohmann::json page = nlohmann::json::parse(answered->data);
    auto part = ParseImpact(page.at("part").dump());
    if (!part.ok()) Fail(part.status());
    Merge(scope, *std::move(part), &whole);
    head.as_of = absl::FromUnixNanos(page.at("now_ns").get<std::int64_t>());
    if (!page.contains("last")) break;
    request["now_ns"] = page.at("now_ns");
    request["after"] = page.at("last");
  }
  if (options.json) {
    std::cout << ImpactJson(head, whole) << "\n";
  } else {
    std::cout << Printable(ImpactText(whole, whole.audience));
  }
}

void AddImpact(CLI::App* policy) {
  auto options = std::make_shared<ImpactOptions>();
  CLI::App* command = policy->add_subcommand(
      "impact",
      "Says which open tickets' due instants a changed policy would move, which would be late at "
      "once, and what it would have kept and missed in the last 90 days");
  command->add_option("FOLDER", options->folder, "The changed policy's folder")->required();
  AddAskOptions(command, options.get());
  command->add_flag("--outside", options->outside,
                    "Only what outsiders may know: private customers are counted, not named");
  command->add_option("--top", options->top, "How many of the moved due instants to list")
      ->capture_default_str();
  command->footer("Example: retainer policy impact policy-2027 --config retainer.yaml");
  command->callback([options] { FindImpact(*options); });
}

}  // namespace

void RegisterPolicy(CLI::App& app) {
  CLI::App* policy =
      app.add_subcommand("policy", "The policy: its versions, and what a change of it would do");
  policy->require_subcommand(1);
  AddImpact(policy);
  AddPolicyVersions(policy);
}

}  // namespace retainer::cli
