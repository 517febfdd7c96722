// retainer replay: recorded deliveries, in memory and offline. Writes and sends nothing.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <iostream>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "retainer/config.h"
#include "src/cli/command.h"
#include "src/cli/jump_clock.h"
#include "src/cli/loading.h"
#include "src/cli/no_metrics.h"
#include "src/cli/recorded.h"
#include "src/cli/stream_log.h"
#include "src/pipeline/timers.h"
#include "src/pipeline/worker.h"
#include "src/store/memory_store.h"
#include "webhooks/receivers.h"

namespace retainer::cli {
namespace {

using json = nlohmann::ordered_json;

struct Options {
  std::string config;
  std::vector<std::string> paths;
  std::string forge;
  std::string event;
  bool json = false;
};

struct Lane {
  ForgeConfig config;
  std::unique_ptr<WebhookReceiver> receiver;
  std::unique_ptr<Worker> worker;
};

struct Counts {
  int accepted = 0;
  int decided = 0;
  int ignored = 0;
  int refused = 0;
};

std::string Rfc3339(absl::Time time) {
  return absl::FormatTime("%Y-%m-%d%ET%H:%M:%SZ", time, absl::UTCTimeZone());
}

// Of a body seen before its time is known: no time is too far ahead.
absl::Time EndOfTime() { return absl::FromUnixSeconds(253'402'300'799); }

class Replay {
 public:
  Replay(const Config& config, std::shared_ptr<const Terms> terms, bool as_json)
      : as_json_(as_json),
        log_(LogFormat::kText, LogLevel::kError),
        judge_(store_, clock_, log_, metrics_, terms_, Slots(config)),
        timers_(judge_, store_, clock_, log_, metrics_, terms_) {
    terms_.Set({std::move(terms)});
    for (const ForgeConfig& forge : config.forges) {
      auto receiver = MakeReceiver(forge);
      if (!receiver.ok()) Fail(receiver.status());
      Lane& lane = lanes_.emplace_back();
      lane.config = forge;
      lane.receiver = *std::move(receiver);
      lane.worker =
          std::make_unique<Worker>(*lane.receiver, judge_, store_, clock_, log_, metrics_, terms_,
                                   nullptr, [this](const WorkDone& done) { Report(done); });
    }
  }

  void Play(const Recorded& recorded, const Options& options) {
    current_ = json{{"delivery", recorded.name}};
    Lane* lane = FindLane(recorded, options.forge);
    if (lane == nullptr) return Refuse("no configured forge sends this: name one with --forge");
    Delivery delivery;
    delivery.forge = lane->config.name;
    delivery.id = recorded.id.empty() ? "file:" + recorded.name : recorded.id;
    delivery.event_type = !recorded.event.empty() ? recorded.event : options.event;
    if (delivery.event_type.empty()) {
      delivery.event_type = lane->receiver->GuessEventType(recorded.body);
    }
    if (delivery.event_type.empty()) {
      return Refuse("the body does not tell its event: name it with --event");
    }
    delivery.body = recorded.body;
    delivery.received = EndOfTime();
    current_["event"] = delivery.event_type;

    const auto event = lane->receiver->Parse(delivery);
    if (!event.ok()) return Refuse(std::string(event.status().message()));
    for (const Fact& fact : event->facts) {
      if (!fact.at_receipt) now_ = std::max(now_, fact.at);
    }
    PassTime();
    delivery.received = clock_.Now();
    const auto put = store_.PutDelivery(delivery);
    if (!put.ok()) return Refuse(std::string(put.status().message()));
    if (*put == Store::Put::kKnown) {
      ++counts_.ignored;
      return Print("ignored", "already known by its id");
    }
    if (const auto worked = lane->worker->RunOnce(); !worked.ok()) {
      Refuse(std::string(worked.status().message()));
    }
  }

  const Counts& counts() const { return counts_; }

 private:
  static std::vector<ForgeSlot> Slots(const Config& config) {
    std::vector<ForgeSlot> slots;
    for (const ForgeConfig& forge : config.forges)
      slots.push_back({forge.name, forge.kind, nullptr});
    return slots;
  }

  Lane* FindLane(const Recorded& recorded, const std::string& name) {
    const auto named = [&](const std::string& forge) -> Lane* {
      for (Lane& lane : lanes_) {
        if (lane.config.name == forge) return &lane;
      }
      return nullptr;
    };
    if (!name.empty()) return named(name);
    if (lanes_.size() == 1) return &lanes_.front();
    for (const std::string& folder : recorded.folders) {
      if (Lane* lane = named(folder)) return lane;
    }
    for (Lane& lane : lanes_) {
      if (!lane.receiver->GuessEventType(recorded.body).empty()) return &lane;
    }
    return nullptr;
  }

  // What falls due before the next delivery happens at its own instant.
  void PassTime() {
    for (;;) {
      const auto next = timers_.NextWake();
      if (!next.ok() || *next > now_) break;
      clock_.MoveTo(*next);
      const auto run = timers_.RunDue();
      if (!run.ok() || *run == 0) break;
    }
    clock_.MoveTo(now_);
  }

  void Report(const WorkDone& done) {
    switch (done.kind) {
      case WorkDone::Kind::kDecided:
        ++counts_.accepted;
        ++counts_.decided;
        Describe(*done.judged);
        return Print("decided", "");
      case WorkDone::Kind::kNotCovered:
        ++counts_.accepted;
        return Print("accepted", "the policy does not cover this project");
      case WorkDone::Kind::kNothing:
        if (done.event && done.event->kind != EventKind::kNothing) {
          ++counts_.accepted;
          return Print("accepted", done.reason);
        }
        ++counts_.ignored;
        return Print("ignored", done.reason);
      case WorkDone::Kind::kSetAside:
        return Refuse(done.reason);
    }
  }

  void Describe(const Judged& judged) {
    const Standing& standing = judged.decision.standing;
    current_["ticket"] = ToString(TicketRef{judged.context.key.forge, judged.context.path,
                                            judged.context.key.kind, judged.context.key.number});
    current_["at"] = Rfc3339(clock_.Now());
    current_["facts"] = judged.decision.record.facts;
    current_["changes"] = judged.decision.record.changes;
    json clocks = json::object();
    for (const auto& [name, state] : ClockStates(standing)) clocks[name] = state;
    current_["clocks"] = std::move(clocks);
    json open = json::array();
    for (const Question& question : standing.questions) open.push_back(Describe(question));
    current_["unanswered"] = std::move(open);
  }

  static std::string Describe(const Question& question) {
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
    }
    return "";
  }

  void Refuse(const std::string& reason) {
    ++counts_.refused;
    Print("refused", reason);
  }

  void Print(const std::string& outcome, const std::string& reason) {
    current_["outcome"] = outcome;
    if (!reason.empty()) current_["reason"] = reason;
    if (as_json_) {
      std::cout << current_.dump(-1, ' ', false, json::error_handler_t::replace) << "\n";
      return;
    }
    std::cout << outcome << "\t" << current_.value("delivery", "") << "\t"
              << current_.value("event", "");
    if (!reason.empty()) std::cout << "\t" << PrintableLine(reason);
    std::cout << "\n";
    if (outcome != "decided") return;
    std::cout << "  " << current_.value("at", "") << " " << current_.value("ticket", "") << "\n";
    for (const auto& fact : current_["facts"]) {
      std::cout << "  fact    " << PrintableLine(fact.get<std::string>()) << "\n";
    }
    for (const auto& change : current_["changes"]) {
      std::cout << "  clock   " << PrintableLine(change.get<std::string>()) << "\n";
    }
    for (const auto& question : current_["unanswered"]) {
      std::cout << "  unknown " << question.get<std::string>()
                << " (offline: nothing is announced)\n";
    }
  }

  const bool as_json_;
  StreamLog log_;
  NoMetrics metrics_;
  ReplayClock clock_;
  MemoryStore store_;
  TermsHolder terms_;
  Judge judge_;
  Timers timers_;
  std::vector<Lane> lanes_;
  absl::Time now_ = absl::UnixEpoch();
  json current_;
  Counts counts_;
};

void Run(const Options& options) {
  const auto config = LoadConfigFile(options.config);
  if (!config.ok()) Fail(config.status());
  const auto policy = LoadPolicyFolder(config->policy);
  if (!policy.ok()) Fail(policy.status());
  auto terms = CompileTerms(policy->id, absl::UnixEpoch(), policy->policy);
  if (!terms.ok()) Fail(terms.status());
  const auto recorded = ReadRecorded(options.paths);
  if (!recorded.ok()) Fail(kWrongUsage, std::string(recorded.status().message()));

  Replay replay(*config, *terms, options.json);
  for (const Recorded& delivery : *recorded) replay.Play(delivery, options);
  const Counts& counts = replay.counts();
  const std::string summary = absl::StrCat(
      recorded->size(), " deliveries: ", counts.accepted, " accepted (", counts.decided,
      " decided), ", counts.ignored, " ignored, ", counts.refused, " refused");
  (options.json ? std::cerr : std::cout) << summary << "\n";
}

}  // namespace

void RegisterReplay(CLI::App& app) {
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand(
      "replay", "Recorded deliveries, in memory and offline: what would be decided");
  command->add_option("--config", options->config, "The service's configuration")->required();
  command->add_option("DELIVERY", options->paths, "Files or folders")->required();
  command->add_option("--forge", options->forge, "The configured forge that sent them");
  command->add_option("--event", options->event,
                      "The event header, where a file holds a body alone");
  command->add_flag("--json", options->json, "Print JSON lines");
  command->footer("Example: retainer replay --config retainer.yaml --forge github delivery.json");
  command->callback([options] { Run(*options); });
}

}  // namespace retainer::cli
