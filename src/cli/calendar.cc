// retainer calendar: questions about business time.
#include "retainer/calendar.h"

#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/time/time.h"
#include "retainer/instant_text.h"
#include "src/cli/calendar_batch.h"
#include "src/cli/command.h"
#include "src/cli/loading.h"
#include "src/policy/duration.h"

namespace retainer::cli {
namespace {

struct CalendarOptions {
  std::string policy;
  std::string calendars;
  std::string from;
  std::string to;
  std::string duration;
  bool json = false;
};

std::shared_ptr<const BusinessTime> Compile(const CalendarOptions& options) {
  const auto policy = LoadPolicyFolder(options.policy);
  if (!policy.ok()) Fail(policy.status());
  std::vector<CalendarSpec> specs;
  for (const std::string& name : std::vector<std::string>(absl::StrSplit(options.calendars, ','))) {
    const auto spec = policy->policy.calendars.find(name);
    if (spec == policy->policy.calendars.end()) {
      std::vector<std::string> known;
      for (const auto& [key, value] : policy->policy.calendars) known.push_back(key);
      Fail(kWrongUsage, absl::StrCat("the policy has no calendar \"", name, "\": give one of ",
                                     absl::StrJoin(known, ", ")));
    }
    specs.push_back(spec->second);
  }
  auto time = BusinessTime::Compile(specs);
  if (!time.ok()) Fail(time.status());
  return *time;
}

absl::Time Instant(const std::string& text) {
  const auto time = policy::ParseInstant(text);
  if (!time.ok()) Fail(time.status());
  return *time;
}

void Print(const CalendarOptions& options, const nlohmann::json& result, const std::string& text) {
  std::cout << (options.json ? nlohmann::json{{"result", result}}.dump() : text) << "\n";
}

void Deadline(const CalendarOptions& options) {
  const auto time = Compile(options);
  const auto target = policy::ParseTarget(options.duration);
  if (!target.ok()) Fail(target.status());
  if (target->uses_days && !time->always_open()) {
    Fail(kWrongUsage, "d and w need calendars that are always open: write bd or h");
  }
  const absl::Time due = time->Deadline(Instant(options.from), OpenTime(target->target, *time));
  if (due == absl::InfiniteFuture()) Fail(kAnswerIsNo, "the calendar never opens for that long");
  const std::string text = ExactRfc3339(due);
  Print(options, text, text);
}

void Elapsed(const CalendarOptions& options) {
  const auto time = Compile(options);
  const absl::Duration elapsed = time->Elapsed(Instant(options.from), Instant(options.to));
  Print(options, absl::ToDoubleSeconds(elapsed),
        absl::StrCat(absl::FormatDuration(elapsed), " (", absl::ToInt64Seconds(elapsed), " s)"));
}

void Batch() {
  for (std::string line; std::getline(std::cin, line);) {
    if (!line.empty()) std::cout << AnswerCalendarLine(line) << "\n" << std::flush;
  }
}

}  // namespace

void RegisterCalendar(CLI::App& app) {
  auto options = std::make_shared<CalendarOptions>();
  CLI::App* calendar = app.add_subcommand("calendar", "Business time: deadlines and elapsed time");
  calendar->require_subcommand(1);
  const auto add = [&](const std::string& name, const std::string& about) {
    CLI::App* command = calendar->add_subcommand(name, about);
    command->add_option("--policy", options->policy, "The policy's folder")->required();
    command->add_option("--calendar", options->calendars, "Names; several are their union")
        ->required();
    command->add_option("--from", options->from, "RFC 3339")->required();
    command->add_flag("--json", options->json, "Print JSON");
    return command;
  };
  CLI::App* deadline = add("deadline", "When that much open time has passed");
  deadline->add_option("--for", options->duration, "90s, 15m, 1h30m, 2bd")->required();
  deadline->footer(
      "Example: retainer calendar deadline --policy policy --calendar paris "
      "--from 2026-03-06T17:00:00+01:00 --for 1bd");
  deadline->callback([options] { Deadline(*options); });

  CLI::App* elapsed = add("elapsed", "How much open time lies between two instants");
  elapsed->add_option("--to", options->to, "RFC 3339")->required();
  elapsed->footer(
      "Example: retainer calendar elapsed --policy policy --calendar paris "
      "--from 2026-03-06T17:00:00+01:00 --to 2026-03-09T10:00:00+01:00");
  elapsed->callback([options] { Elapsed(*options); });

  CLI::App* batch = calendar->add_subcommand("batch", "JSON lines in, JSON lines out");
  batch->footer(
      "Example: echo '{\"id\":1,\"kind\":\"is_open\",\"calendars\":[{\"time_zone\":\"UTC\","
      "\"weekly\":{\"mon\":[[\"09:00\",\"17:00\"]]}}],\"at_utc\":\"2026-03-02T10:00:00Z\"}' | "
      "retainer calendar batch");
  batch->callback([] { Batch(); });
}

}  // namespace retainer::cli
