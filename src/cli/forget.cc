// retainer forget: erases a person's data.
#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "retainer/names.h"
#include "src/cli/asking.h"
#include "src/cli/command.h"
#include "src/cli/loading.h"

namespace retainer::cli {
namespace {

struct ForgetOptions : AskOptions {
  std::string person;
  std::string id;
  std::vector<std::string> emails;
  bool dry_run = false;
  bool yes = false;
};

void Forget(const ForgetOptions& options) {
  const auto config = LoadConfigFile(options.config, Secrets::kLeft);
  if (!config.ok()) Fail(config.status());
  std::string forge = options.person.substr(0, options.person.find(':'));
  std::string login;
  if (forge == options.person) {
    if (config->forges.size() != 1) {
      Fail(kWrongUsage, "there are several forges: write FORGE:LOGIN");
    }
    login = options.person;
    forge = config->forges[0].name;
  } else {
    login = options.person.substr(forge.size() + 1);
  }
  bool known = false;
  for (const ForgeConfig& one : config->forges) known |= one.name == forge;
  if (!known) Fail(kWrongUsage, absl::StrCat("no forge is named \"", forge, "\""));
  if (login.empty()) Fail(kWrongUsage, "no login is given");
  for (const Login& admin : config->admins) {
    if (admin.forge == forge && SameName(admin.name, login)) {
      Fail(kAnswerIsNo, absl::StrCat("the person is one of `admins` in ", options.config,
                                     ": take the name out, restart the service, then try again"));
    }
  }
  const bool asks = options.dry_run || !options.yes;
  AskAndPrint(options, nlohmann::json{{"op", "forget"},
                                      {"forge", forge},
                                      {"login", login},
                                      {"id", options.id},
                                      {"emails", options.emails},
                                      {"by", OperatorName()},
                                      {"dry_run", asks}}
                           .dump());
  if (!options.dry_run && !options.yes) {
    Fail(kAnswerIsNo, "nothing was changed: give --yes to erase it, which cannot be undone");
  }
}

}  // namespace

void RegisterForget(CLI::App& app) {
  auto options = std::make_shared<ForgetOptions>();
  CLI::App* command =
      app.add_subcommand("forget", "Erases a person's data; tickets stay as they are");
  command->add_option("LOGIN", options->person, "FORGE:LOGIN, or the login if there is one forge")
      ->required();
  command->add_option("--id", options->id, "The account's id, if several accounts had the login");
  command->add_option("--email", options->emails, "An address of the person; may be repeated");
  command->add_flag("--dry-run", options->dry_run, "Only count what there is");
  command->add_flag("--yes", options->yes, "Erase it; it cannot be undone");
  AddAskOptions(command, options.get());
  command->footer(
      "Example: retainer forget github:erin --config retainer.yaml --dry-run\n"
      "Exit codes: 0 done, 1 the policy names the person, or --yes is missing, 2 wrong usage.");
  command->callback([options] { Forget(*options); });
}

}  // namespace retainer::cli
