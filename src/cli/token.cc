// retainer token: manages access to the API.
#include <CLI/CLI.hpp>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>

#include "absl/time/time.h"
#include "retainer/ids.h"
#include "src/cli/asking.h"
#include "src/cli/command.h"
#include "src/policy/duration.h"

namespace retainer::cli {
namespace {

struct TokenOptions : AskOptions {
  std::string scope;
  std::string project;
  std::string customer;
  std::string expires;
  std::string id;
};

void Create(const TokenOptions& options) {
  nlohmann::json request = {{"op", "token create"},
                            {"scope", options.scope},
                            {"project", options.project},
                            {"customer", options.customer}};
  if (!options.project.empty()) {
    if (const auto project = ParseProjectRef(options.project); !project.ok()) {
      Fail(project.status());
    }
  }
  if (!options.expires.empty()) {
    const auto after = policy::ParseDuration(options.expires);
    if (!after.ok()) Fail(after.status());
    request["expires_s"] = absl::ToInt64Seconds(*after);
  }
  AskAndPrint(options, request.dump());
}

CLI::App* AddTokenAction(CLI::App* token, const std::string& name, const std::string& about,
                         const std::shared_ptr<TokenOptions>& options) {
  CLI::App* action = token->add_subcommand(name, about);
  AddAskOptions(action, options.get());
  return action;
}

}  // namespace

void RegisterToken(CLI::App& app) {
  CLI::App* token = app.add_subcommand("token", "Tokens of the API: create, list, revoke");
  token->require_subcommand(1);
  auto options = std::make_shared<TokenOptions>();

  CLI::App* create =
      AddTokenAction(token, "create", "Makes a token and prints it, only this once", options);
  create
      ->add_option("--scope", options->scope,
                   "gate (only the gate and badges), read, write or admin")
      ->required()
      ->check(CLI::IsMember({"gate", "read", "write", "admin"}));
  create->add_option("--project", options->project, "Only for this project: forge:path");
  create->add_option("--customer", options->customer, "Sees only this customer: its id");
  create->add_option("--expires", options->expires, "Expires after this time: 90d, 12h");
  create->footer(
      "Example: retainer token create --config retainer.yaml --scope read "
      "--project github:acme/opendb --expires 90d");
  create->callback([options] { Create(*options); });

  CLI::App* list =
      AddTokenAction(token, "list", "Lists tokens; their secrets are not kept", options);
  list->footer("Example: retainer token list --config retainer.yaml");
  list->callback([options] { AskAndPrint(*options, R"({"op":"token list"})"); });

  CLI::App* revoke = AddTokenAction(token, "revoke", "Ends a token at once", options);
  revoke->add_option("ID", options->id, "As `token list` shows it")->required();
  revoke->footer("Example: retainer token revoke --config retainer.yaml 3f9a1c0b7d2e");
  revoke->callback([options] {
    AskAndPrint(*options, nlohmann::json{{"op", "token revoke"}, {"id", options->id}}.dump());
  });
}

}  // namespace retainer::cli
