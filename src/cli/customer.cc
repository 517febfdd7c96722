// retainer customer: invitations and contacts of customers.
#include <CLI/CLI.hpp>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>

#include "absl/time/time.h"
#include "src/cli/asking.h"
#include "src/cli/command.h"
#include "src/policy/duration.h"

namespace retainer::cli {
namespace {

struct CustomerOptions : AskOptions {
  std::string customer;
  unsigned uses = 1;
  std::string expires = "7d";
  std::string account;
  std::string id;
};

void AskOfCustomer(const CustomerOptions& options, const std::string& op,
                   nlohmann::json request = nlohmann::json::object()) {
  request["op"] = op;
  request["customer"] = options.customer;
  request["by"] = OperatorName();
  AskAndPrint(options, request.dump());
}

void Invite(const CustomerOptions& options) {
  const auto lasts = policy::ParseDuration(options.expires);
  if (!lasts.ok()) Fail(lasts.status());
  AskOfCustomer(options, "customer invite",
                {{"uses", options.uses}, {"expires_s", absl::ToInt64Seconds(*lasts)}});
}

}  // namespace

void RegisterCustomer(CLI::App& app) {
  CLI::App* customer = app.add_subcommand(
      "customer", "Contacts of customers: invite, contacts, remove, invitations, revoke");
  customer->require_subcommand(1);
  auto options = std::make_shared<CustomerOptions>();
  const auto add = [&](const std::string& name, const std::string& about) {
    CLI::App* action = customer->add_subcommand(name, about);
    action->add_option("CUSTOMER", options->customer, "Its id or alias")->required();
    AddAskOptions(action, options.get());
    return action;
  };

  CLI::App* invite = add("invite", "Makes a link by which people join, and prints it only once");
  invite->add_option("--uses", options->uses, "How many people may join by it")->default_val(1);
  invite->add_option("--expires", options->expires, "How long it can be used: 12h, 7d")
      ->default_val("7d");
  invite->footer("Example: retainer customer invite acme --config retainer.yaml --uses 3");
  invite->callback([options] { Invite(*options); });

  CLI::App* contacts = add("contacts", "Lists who joined, and whom the policy names");
  contacts->footer("Example: retainer customer contacts acme --config retainer.yaml");
  contacts->callback([options] { AskOfCustomer(*options, "customer contacts"); });

  CLI::App* remove = add("remove", "Ends that an account that joined is a contact, at once");
  remove->add_option("ACCOUNT", options->account, "FORGE:LOGIN or FORGE:ID")->required();
  remove->footer("Example: retainer customer remove acme github:erin --config retainer.yaml");
  remove->callback([options] {
    AskOfCustomer(*options, "customer remove", {{"account", options->account}});
  });

  CLI::App* invitations = add("invitations", "Lists the links; their secrets are not kept");
  invitations->footer("Example: retainer customer invitations acme --config retainer.yaml");
  invitations->callback([options] { AskOfCustomer(*options, "customer invitations"); });

  CLI::App* revoke = add("revoke", "Ends a link at once; who has joined stays a contact");
  revoke->add_option("ID", options->id, "As `customer invitations` shows it")->required();
  revoke->footer("Example: retainer customer revoke acme 3f9a1c0b7d2e --config retainer.yaml");
  revoke->callback([options] {
    AskOfCustomer(*options, "customer revoke", {{"id", options->id}});
  });
}

}  // namespace retainer::cli
