// retainer ticket: commands that must not be written in public.
#include <CLI/CLI.hpp>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>

#include "src/cli/asking.h"
#include "src/cli/command.h"

namespace retainer::cli {
namespace {

struct TicketOptions : AskOptions {
  std::string ticket;
  std::string customer;
  std::string metric;
  std::string priority;
  std::string reason;
  bool undo = false;
};

void Act(const std::string& action, const TicketOptions& options) {
  AskAndPrint(options,
              nlohmann::json{{"op", "ticket"},
                             {"action", action},
                             {"ticket", options.ticket},
                             {"customer", options.customer},
                             {"metric", options.metric},
                             {"priority", options.priority},
                             {"reason", options.reason},
                             {"undo", options.undo},
                             {"operator", OperatorName()}}
                  .dump(),
              Needs::kForges);
}

CLI::App* AddTicketAction(CLI::App* ticket, const std::string& name, const std::string& about,
                          const std::shared_ptr<TicketOptions>& options) {
  CLI::App* action = ticket->add_subcommand(name, about);
  AddAskOptions(action, options.get());
  action->add_option("TICKET", options->ticket, "github:owner/repo#12, gitlab:group/project!7")
      ->required();
  action->callback([name, options] { Act(name, *options); });
  return action;
}

}  // namespace

void RegisterTicket(CLI::App& app) {
  CLI::App* ticket = app.add_subcommand("ticket", "Claims, excuses and priorities, not in public");
  ticket->require_subcommand(1);
  auto options = std::make_shared<TicketOptions>();

  CLI::App* claim = AddTicketAction(ticket, "claim", "Makes a ticket a customer's", options);
  claim->add_option("CUSTOMER", options->customer, "Id or alias")->required();
  claim->add_option("--reason", options->reason, "For the record");
  claim->add_flag("--undo", options->undo,
                  "Undoes the last claim by hand, as if it had never been made");
  claim->footer(
      "Example: retainer ticket claim --config retainer.yaml 'github:acme/opendb#12' acme");

  CLI::App* release =
      AddTicketAction(ticket, "release", "Ends a customer's claim on a ticket", options);
  release->add_option("CUSTOMER", options->customer, "Id or alias")->required();
  release->add_option("--reason", options->reason, "For the record");
  release->add_flag("--undo", options->undo,
                    "Undoes the last release or /support community: the clocks go on as before");
  release->footer(
      "Example: retainer ticket release --config retainer.yaml 'github:acme/opendb#12' acme");

  CLI::App* grant = AddTicketAction(
      ticket, "grant", "Makes a ticket over a plan's allowance the customer's all the same",
      options);
  grant->add_option("CUSTOMER", options->customer, "Id or alias")->required();
  grant->add_option("--reason", options->reason, "For the record")->required();
  grant->footer(
      "Example: retainer ticket grant --config retainer.yaml 'github:acme/opendb#12' acme "
      "--reason 'their release is blocked'");

  CLI::App* excuse = AddTicketAction(ticket, "excuse", "Excuses a promise that is broken", options);
  excuse->add_option("METRIC", options->metric, "first_response, resolution, …")->required();
  excuse->add_option("--customer", options->customer, "Id or alias")->required();
  excuse->add_option("--reason", options->reason, "Shown in explanations and reports")->required();
  excuse->add_flag("--undo", options->undo, "Undoes the customer's excuses of this metric");
  excuse->footer(
      "Example: retainer ticket excuse --config retainer.yaml 'github:acme/opendb#12' "
      "first_response --customer acme --reason 'the forge was down'");

  CLI::App* priority = AddTicketAction(ticket, "priority", "Sets a ticket's priority", options);
  priority->add_option("PRIORITY", options->priority, "A priority of the policy")->required();
  priority->add_option("--reason", options->reason, "For the record");
  priority->footer(
      "Example: retainer ticket priority --config retainer.yaml 'github:acme/opendb#12' P1");
}

}  // namespace retainer::cli
