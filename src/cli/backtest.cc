// retainer backtest: evaluates the recorded tickets, or recorded deliveries, under another policy
// and compares the result with today's policy. Writes nothing.
#include "retainer/backtest.h"

#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/civil_time.h"
#include "absl/time/time.h"
#include "retainer/instant_text.h"
#include "retainer/time_zone.h"
#include "src/cli/backtest_pages.h"
#include "src/cli/backtest_report.h"
#include "src/cli/command.h"
#include "src/cli/loading.h"
#include "src/cli/operations.h"
#include "src/cli/policy_repository.h"
#include "src/cli/recorded.h"
#include "src/cli/replaying.h"
#include "src/cli/unknown_names.h"
#include "src/policy/policy_source.h"

namespace retainer::cli {
namespace {

struct BacktestOptions {
  std::string config;
  std::string policy;
  std::string since;
  std::string time_zone = "UTC";
  std::size_t top = 20;
  std::string as_customer;
  std::vector<std::string> paths;
  PlayOptions play;
  bool json = false;
};

absl::Time Since(const std::string& text, absl::TimeZone zone) {
  absl::CivilDay day;
  if (absl::ParseCivilTime(text, &day)) return absl::FromCivil(day, zone);
  const std::optional<absl::Time> instant = ParseRfc3339(text);
  if (!instant) {
    Fail(kWrongUsage, absl::StrCat("--since \"", text, "\" is neither a day (2026-01-31) nor an ",
                                   "instant (2026-01-31T09:00:00Z)"));
  }
  return *instant;
}

// Evaluates the tickets of the store, page by page, through whoever owns the store.
Backtest OfStore(const Config& config, const LoadedPolicy& proposed, const BacktestOptions& options,
                 const BacktestScope& scope, BacktestHead* head) {
  StoreTalk talk(config, StoreTalk::Terms::kRecorded, Service::Parts::kStore);
  nlohmann::ordered_json request = {{"op", "backtest"},
                                    {"files", proposed.files},
                                    {"time_zone", head->time_zone},
                                    {"as_customer", options.as_customer},
                                    {"top", scope.most_changes}};
  if (scope.since != absl::InfinitePast()) request["since"] = absl::ToUnixSeconds(scope.since);
  Backtest whole;
  for (;;) {
    const auto answered = talk.Ask(request.dump());
    if (!answered.ok()) Fail(answered.status());
    const nlohmann::json page = nlohmann::json::parse(answered->data);
    auto part = ParseBacktest(page.at("part").dump());
    if (!part.ok()) Fail(part.status());
    Merge(scope, *std::move(part), &whole);
    head->as_of = absl::FromUnixNanos(page.at("now_ns").get<std::int64_t>());
    if (!page.contains("last")) return whole;
    request["now_ns"] = page.at("now_ns");
    request["after"] = page.at("last");
  }
}

// Evaluates the tickets that the deliveries make. Today's policy folder counts as in force at all
// times.
Backtest OfDeliveries(const Config& config, const LoadedPolicy& proposed,
                      const BacktestOptions& options, const BacktestScope& scope,
                      BacktestHead* head) {
  const auto policy = LoadConfiguredPolicy(config);
  if (!policy.ok()) Fail(policy.status());
  const auto recorded = ReadRecorded(options.paths);
  if (!recorded.ok()) Fail(kWrongUsage, std::string(recorded.status().message()));
  // Projects that either policy covers are taken in.
  Policy both = policy->policy;
  both.projects.insert(both.projects.end(), proposed.policy.projects.begin(),
                       proposed.policy.projects.end());
  auto taken_in = CompileTerms("both", absl::UnixEpoch(), std::move(both));
  auto today = CompileFiles(policy->files);
  auto other = CompileFiles(proposed.files);
  for (const auto* terms : {&taken_in, &today, &other}) {
    if (!terms->ok()) Fail(terms->status());
  }
  std::size_t refused = 0;
  Replaying replaying(config, *taken_in, options.play, [&](const Played& played) {
    if (played.as != PlayedAs::kRefused) return;
    ++refused;
    std::cerr << "retainer: " << PrintableLine(played.delivery)
              << " is left out: " << PrintableLine(played.reason) << "\n";
  });
  for (const Recorded& delivery : *recorded) replaying.Play(delivery);
  if (!recorded->empty() && refused == recorded->size()) {
    Fail(kWrongUsage, "no delivery could be read");
  }

  const BacktestTask task{{*today}, {*other}, scope, replaying.now(), options.as_customer};
  head->as_of = task.now;
  Backtest whole;
  std::optional<TicketKey> after;
  do {
    auto page = RunBacktestPage(
        replaying.store(),
        [&](const TicketKey& key, const TicketRecord& record) {
          return replaying.judge().Context(key, record);
        },
        task, after);
    if (!page.ok()) Fail(page.status());
    Merge(scope, std::move(page->part), &whole);
    after = page->last;
  } while (after);
  return whole;
}

void Run(BacktestOptions options) {
  // Secrets are needed only to check deliveries.
  const auto config =
      LoadConfigFile(options.config, options.paths.empty() ? Secrets::kLeft : Secrets::kRead);
  if (!config.ok()) Fail(config.status());
  const auto proposed = LoadPolicyFolder(options.policy);
  if (!proposed.ok()) Fail(kWrongUsage, std::string(proposed.status().message()));
  if (!options.as_customer.empty()) {
    const Customer* customer = proposed->policy.FindCustomer(options.as_customer);
    if (customer == nullptr) {
      Fail(kWrongUsage,
           absl::StrCat(
               "--as-customer, in the new policy: ",
               std::string(NoSuchCustomer(proposed->policy, options.as_customer).message())));
    }
    options.as_customer = customer->id;
  }
  BacktestScope scope;
  BacktestHead head;
  head.time_zone = options.time_zone;
  head.policy = proposed->id;
  if (!LoadNamedZone(options.time_zone, &scope.zone)) {
    Fail(kWrongUsage, absl::StrCat("the system has no time zone \"", options.time_zone,
                                   "\": give one like Europe/Paris"));
  }
  if (!options.since.empty()) scope.since = Since(options.since, scope.zone);
  head.since = scope.since;
  scope.most_changes = options.top;
  const Backtest whole = options.paths.empty()
                             ? OfStore(*config, *proposed, options, scope, &head)
                             : OfDeliveries(*config, *proposed, options, scope, &head);
  std::cout << (options.json ? BacktestJson(head, whole) + "\n" : BacktestText(head, whole));
}

}  // namespace

void RegisterBacktest(CLI::App& app) {
  auto options = std::make_shared<BacktestOptions>();
  CLI::App* command = app.add_subcommand(
      "backtest",
      "Judges the recorded tickets, or recorded deliveries, as if another policy had always been "
      "in force, and compares the result with today's policy");
  command->add_option("--config", options->config, "The service's configuration")->required();
  command->add_option("--policy", options->policy, "The folder of the other policy")->required();
  command->add_option("--since", options->since,
                      "Only what began at or after this day or instant: 2026-01-31, or RFC 3339");
  command
      ->add_option("--time-zone", options->time_zone,
                   "Time zone of the hours of the week, and of the day in --since")
      ->capture_default_str();
  command->add_option("--top", options->top, "How many of the newly missed promises to list")
      ->capture_default_str();
  command->add_option("--as-customer", options->as_customer,
                      "Judge the community's tickets as tickets of this customer of the new "
                      "policy, whatever its term, to see whether its plan could be kept");
  command->add_option("DELIVERY", options->paths,
                      "Files or folders of recorded deliveries, instead of the store");
  command->add_option("--forge", options->play.forge, "The configured forge that sent them");
  command->add_option("--event", options->play.event,
                      "The event header, for files that hold only a body");
  command->add_flag("--json", options->json, "Print JSON");
  command->footer(
      "Example: retainer backtest --config retainer.yaml --policy policy-2027 --since 2026-01-01 "
      "--time-zone Europe/Paris");
  command->callback([options] { Run(*options); });
}

}  // namespace retainer::cli
