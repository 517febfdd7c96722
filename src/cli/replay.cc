// retainer replay: plays recorded deliveries in memory. It writes and sends nothing, and asks no
// forge. A policy in git is fetched.
#include <CLI/CLI.hpp>
#include <iostream>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "retainer/config.h"
#include "retainer/instant_text.h"
#include "src/cli/command.h"
#include "src/cli/loading.h"
#include "src/cli/policy_repository.h"
#include "src/cli/recorded.h"
#include "src/cli/replaying.h"

namespace retainer::cli {
namespace {

struct ReplayOptions {
  std::string config;
  std::vector<std::string> paths;
  PlayOptions play;
  bool json = false;
};

std::string DescribeQuestion(const Question& question) {
  const std::string who =
      question.actor.login.empty() ? "#" + question.actor.id : "@" + question.actor.login;
  switch (question.kind) {
    case Question::Kind::kOpening:
      return "the opening of the ticket";
    case Question::Kind::kPermission:
      return "the permission of " + who;
    case Question::Kind::kMembership:
      return "the membership of " + who + " in " + question.organization;
    case Question::Kind::kProfile:
      return "the e-mail address of " + who;
    case Question::Kind::kReference:
      return "which ticket \"" + question.reference + "\" is";
    case Question::Kind::kOwner:
      return "the account of " + who;
  }
  return "";
}

std::string_view Name(PlayedAs as) {
  switch (as) {
    case PlayedAs::kDecided:
      return "decided";
    case PlayedAs::kAccepted:
      return "accepted";
    case PlayedAs::kIgnored:
      return "ignored";
    case PlayedAs::kRefused:
      return "refused";
  }
  return "";
}

class Printer {
 public:
  explicit Printer(bool as_json) : as_json_(as_json) {}

  void Print(const Played& played) {
    ++counts_[played.as];
    const nlohmann::ordered_json line = Describe(played);
    if (as_json_) {
      std::cout << line.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace)
                << "\n";
      return;
    }
    std::cout << Name(played.as) << "\t" << played.delivery << "\t" << played.event;
    if (!played.reason.empty()) std::cout << "\t" << PrintableLine(played.reason);
    std::cout << "\n";
    if (played.judged == nullptr) return;
    std::cout << "  " << line.value("at", "") << " " << line.value("ticket", "") << "\n";
    for (const auto& fact : line["facts"]) {
      std::cout << "  fact    " << PrintableLine(fact.get<std::string>()) << "\n";
    }
    for (const auto& change : line["changes"]) {
      std::cout << "  clock   " << PrintableLine(change.get<std::string>()) << "\n";
    }
    for (const auto& question : line["unanswered"]) {
      std::cout << "  unknown " << question.get<std::string>()
                << " (offline: nothing is announced)\n";
    }
  }

  std::string Summary(std::size_t deliveries) {
    return absl::StrCat(
        deliveries, " deliveries: ", counts_[PlayedAs::kAccepted] + counts_[PlayedAs::kDecided],
        " accepted (", counts_[PlayedAs::kDecided], " decided), ", counts_[PlayedAs::kIgnored],
        " ignored, ", counts_[PlayedAs::kRefused], " refused");
  }

 private:
  static nlohmann::ordered_json Describe(const Played& played) {
    nlohmann::ordered_json line{{"delivery", played.delivery}};
    if (!played.event.empty()) line["event"] = played.event;
    if (played.judged != nullptr) {
      const pipeline::Judged& judged = *played.judged;
      line["ticket"] = ToString(TicketRef{judged.context.key.forge, judged.context.path,
                                          judged.context.key.kind, judged.context.key.number});
      line["at"] = Rfc3339(played.at);
      line["facts"] = judged.decision.record.facts;
      line["changes"] = judged.decision.record.changes;
      nlohmann::ordered_json clocks = nlohmann::ordered_json::object();
      for (const auto& [name, state] : ClockStates(judged.decision.standing)) clocks[name] = state;
      line["clocks"] = std::move(clocks);
      nlohmann::ordered_json open = nlohmann::ordered_json::array();
      for (const Question& question : judged.decision.standing.questions) {
        open.push_back(DescribeQuestion(question));
      }
      line["unanswered"] = std::move(open);
    }
    line["outcome"] = std::string(Name(played.as));
    if (!played.reason.empty()) line["reason"] = played.reason;
    return line;
  }

  const bool as_json_;
  std::map<PlayedAs, int> counts_;
};

void Replay(const ReplayOptions& options) {
  const auto config = LoadConfigFile(options.config);
  if (!config.ok()) Fail(config.status());
  const auto policy = LoadConfiguredPolicy(*config);
  if (!policy.ok()) Fail(policy.status());
  auto terms = CompileTerms(policy->id, absl::UnixEpoch(), policy->policy);
  if (!terms.ok()) Fail(terms.status());
  const auto recorded = ReadRecorded(options.paths);
  if (!recorded.ok()) Fail(kWrongUsage, std::string(recorded.status().message()));

  Printer printer(options.json);
  Replaying replaying(*config, *terms, options.play,
                      [&](const Played& played) { printer.Print(played); });
  for (const Recorded& delivery : *recorded) replaying.Play(delivery);
  (options.json ? std::cerr : std::cout) << printer.Summary(recorded->size()) << "\n";
}

}  // namespace

void RegisterReplay(CLI::App& app) {
  auto options = std::make_shared<ReplayOptions>();
  CLI::App* command = app.add_subcommand("replay",
                                         "Shows what would be decided for recorded deliveries, in "
                                         "memory; only a policy in git is fetched");
  command->add_option("--config", options->config, "The service's configuration")->required();
  command->add_option("DELIVERY", options->paths, "Files or folders")->required();
  command->add_option("--forge", options->play.forge, "The configured forge that sent them");
  command->add_option("--event", options->play.event,
                      "The event header, for files that hold only a body");
  command->add_flag("--json", options->json, "Print JSON lines");
  command->footer("Example: retainer replay --config retainer.yaml --forge github delivery.json");
  command->callback([options] { Replay(*options); });
}

}  // namespace retainer::cli
