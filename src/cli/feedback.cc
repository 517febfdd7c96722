// retainer feedback: what customers said, and following it up.
#include <CLI/CLI.hpp>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "src/cli/asking.h"
#include "src/cli/command.h"

namespace retainer::cli {

void RegisterFeedback(CLI::App& app) {
  struct FeedbackOptions : AskOptions {
    std::string ticket;
    std::string customer;
    std::vector<std::string> kinds;
    std::string reason;
    bool open = false;
  };
  auto options = std::make_shared<FeedbackOptions>();
  CLI::App* feedback = app.add_subcommand("feedback", "What customers said when tickets were over");
  feedback->require_subcommand(1);

  CLI::App* list = feedback->add_subcommand("list", "The ratings of the last year, newest first");
  AddAskOptions(list, options.get());
  list->add_option("--customer", options->customer, "Of this customer: id or alias");
  list->add_flag("--open", options->open, "Only those that are not followed up");
  list->footer("Example: retainer feedback list --config retainer.yaml --open");
  list->callback([options] {
    AskAndPrint(*options, nlohmann::json{{"op", "feedback list"},
                                         {"customer", options->customer},
                                         {"open", options->open}}
                              .dump());
  });

  CLI::App* close =
      feedback->add_subcommand("close", "A rating is followed up, and this is what it was about");
  AddAskOptions(close, options.get());
  close->add_option("TICKET", options->ticket, "github:owner/repo#12, gitlab:group/project!7")
      ->required();
  close->add_option("--customer", options->customer, "If several customers rated it: id or alias");
  close->add_option("--kind", options->kinds, "defect, docs, product, speed, training; repeatable");
  close->add_option("--reason", options->reason, "What was done, for the record")->required();
  close->footer(
      "Example: retainer feedback close --config retainer.yaml 'github:acme/opendb#12' "
      "--kind docs --reason 'the page on backups is rewritten'");
  close->callback([options] {
    AskAndPrint(*options,
                nlohmann::json{{"op", "feedback close"},
                               {"ticket", options->ticket},
                               {"customer", options->customer},
                               {"kinds", options->kinds},
                               {"reason", options->reason},
                               {"operator", OperatorName()}}
                    .dump(),
                Needs::kForges);
  });
}

}  // namespace retainer::cli
