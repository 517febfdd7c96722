// retainer facts: every fact, so that others can recompute what Retainer says.
#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>

#include "src/cli/command.h"
#include "src/cli/loading.h"
#include "src/cli/operations.h"

namespace retainer::cli {
namespace {

void PrintFacts(const std::string& path) {
  const auto config = LoadConfigFile(path, Secrets::kLeft);
  if (!config.ok()) Fail(config.status());
  StoreTalk talk(*config, StoreTalk::Terms::kRecorded, Service::Parts::kStore);
  for (const ForgeConfig& forge : config->forges) {
    nlohmann::ordered_json request = {{"op", "facts"}, {"forge", forge.name}};
    for (;;) {
      const auto answered = talk.Ask(request.dump());
      if (!answered.ok()) Fail(answered.status());
      const auto page = nlohmann::ordered_json::parse(answered->data);
      for (const nlohmann::ordered_json& fact : page.at("facts")) std::cout << fact.dump() << "\n";
      if (!page.contains("last")) break;
      request["after"] = page.at("last");
    }
  }
}

}  // namespace

void RegisterFacts(CLI::App& app) {
  auto config = std::make_shared<std::string>();
  CLI::App* facts = app.add_subcommand(
      "facts", "Every fact of every ticket, one JSON line each: to check figures by other means");
  facts->add_option("--config", *config, "The service's configuration")->required();
  facts->footer("Example: retainer facts --config retainer.yaml > facts.jsonl");
  facts->callback([config] { PrintFacts(*config); });
}

}  // namespace retainer::cli
