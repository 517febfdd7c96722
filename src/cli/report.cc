// retainer figures, retainer report
#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>

#include "src/cli/asking.h"
#include "src/cli/command.h"

namespace retainer::cli {
namespace {

struct SpanOptions {
  std::string config;
  std::string from;
  std::string until;
  std::string project;
  std::string customer;

  nlohmann::json Request(const char* op) const {
    return {
        {"op", op}, {"from", from}, {"until", until}, {"project", project}, {"customer", customer}};
  }
};

void AddSpanOptions(CLI::App* command, SpanOptions* options) {
  command->add_option("--config", options->config, "The service's configuration")->required();
  command->add_option("--from", options->from, "First day, like 2026-10-01");
  command->add_option("--until", options->until, "Last day, inclusive");
  command->add_option("--project", options->project, "Only tickets of this project: FORGE:PATH");
  command->add_option("--customer", options->customer,
                      "Only what this customer (id or alias) was promised, as it may know it");
}

}  // namespace

void RegisterFigures(CLI::App& app) {
  struct FigureOptions : SpanOptions {
    std::string by;
    bool json = false;
    bool csv = false;
  };
  auto options = std::make_shared<FigureOptions>();
  CLI::App* command = app.add_subcommand(
      "figures",
      "Promises kept, times, volume and backlog of a span of days; of the last 13 weeks");
  AddSpanOptions(command, options.get());
  command->add_option("--by", options->by, "One row for each")
      ->check(CLI::IsMember({"week", "plan", "customer", "project", "team", "priority"}));
  CLI::Option* json = command->add_flag("--json", options->json, "Print JSON");
  command->add_flag("--csv", options->csv, "Print CSV, one line for each row and promise")
      ->excludes(json);
  command->footer(
      "A promise that is late counts as missed from its due instant on. Times are of open time.\n"
      "Example: retainer figures --config retainer.yaml --by week --from 2026-10-01");
  command->callback([options] {
    nlohmann::json request = options->Request("figures");
    request["by"] = options->by;
    request["csv"] = options->csv;
    AskAndPrint({options->config, options->json, options->csv}, request.dump());
  });
}

void RegisterReport(CLI::App& app) {
  struct ReportOptions : SpanOptions {
    bool all = false;
    std::string format = "md";
  };
  auto options = std::make_shared<ReportOptions>();
  CLI::App* command = app.add_subcommand(
      "report", "What was promised in a span of days and what came of it, as a file to send");
  AddSpanOptions(command, options.get());
  command->add_flag("--all", options->all, "Everything, for the team");
  command->add_option("--format", options->format, "html, md, csv (the misses) or json")
      ->capture_default_str()
      ->check(CLI::IsMember({"html", "md", "csv", "json"}));
  command->footer(
      "Example: retainer report --config retainer.yaml --customer acme --from 2026-10-01 "
      "--until 2026-10-31 --format html > acme-october.html");
  command->callback([options] {
    const int scopes = static_cast<int>(options->all) +
                       static_cast<int>(!options->customer.empty()) +
                       static_cast<int>(!options->project.empty());
    if (scopes != 1) Fail(kWrongUsage, "say for whom: --customer C, --project P or --all");
    if (options->from.empty() || options->until.empty()) {
      Fail(kWrongUsage, "say for which days: --from DAY --until DAY, like 2026-10-01");
    }
    nlohmann::json request = options->Request("report");
    request["format"] = options->format;
    AskAndPrint({options->config, false, true}, request.dump());
  });
}

}  // namespace retainer::cli
