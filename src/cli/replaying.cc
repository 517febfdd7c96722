#include "src/cli/replaying.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "src/cli/command.h"
#include "webhooks/receivers.h"

namespace retainer::cli {
namespace {

// The receipt of a body whose time is not yet known: later than any time in it.
absl::Time EndOfTime() { return absl::FromUnixSeconds(253'402'300'799); }

std::vector<pipeline::ForgeSlot> Slots(const Config& config) {
  std::vector<pipeline::ForgeSlot> slots;
  for (const ForgeConfig& forge : config.forges) {
    slots.push_back({forge.name, forge.kind, nullptr});
  }
  return slots;
}

}  // namespace

Replaying::Replaying(const Config& config, std::shared_ptr<const Terms> terms, PlayOptions options,
                     Observer observer)
    : options_(std::move(options)),
      observer_(std::move(observer)),
      log_(LogFormat::kText, LogLevel::kError),
      judge_(store_, clock_, log_, metrics_, terms_, Slots(config)),
      // Due tickets are not spread over time, because nobody waits.
      timers_(judge_, store_, clock_, log_, metrics_, terms_,
              {.at_once = std::numeric_limits<std::size_t>::max() / 2}) {
  terms_.Set({std::move(terms)});
  for (const ForgeConfig& forge : config.forges) {
    auto receiver = webhooks::MakeReceiver(forge);
    if (!receiver.ok()) Fail(receiver.status());
    Lane& lane = lanes_.emplace_back();
    lane.config = forge;
    lane.receiver = *std::move(receiver);
    lane.worker = std::make_unique<pipeline::Worker>(
        *lane.receiver, judge_, store_, clock_, log_, metrics_, terms_, nullptr,
        [this](const pipeline::WorkDone& done) { Report(done); });
  }
}

void Replaying::Play(const Recorded& recorded) {
  current_ = Played();
  current_.delivery = recorded.name;
  Lane* lane = FindLane(recorded);
  if (lane == nullptr) {
    return Tell(PlayedAs::kRefused, "no configured forge sends this: name one with --forge");
  }
  Delivery delivery;
  delivery.forge = lane->config.name;
  delivery.id = recorded.id.empty() ? "file:" + recorded.path : recorded.id;
  delivery.event_type = !recorded.event.empty() ? recorded.event : options_.event;
  if (delivery.event_type.empty()) {
    delivery.event_type = lane->receiver->GuessEventType(recorded.body);
  }
  if (delivery.event_type.empty()) {
    return Tell(PlayedAs::kRefused, "the body does not tell its event: name it with --event");
  }
  delivery.body = recorded.body;
  delivery.received = EndOfTime();
  current_.event = delivery.event_type;

  const auto event = lane->receiver->Parse(delivery);
  if (!event.ok()) return Tell(PlayedAs::kRefused, std::string(event.status().message()));
  for (const Fact& fact : event->facts) {
    if (!fact.at_receipt) now_ = std::max(now_, fact.at);
  }
  PassTime();
  delivery.received = clock_.Now();
  const auto put = store_.PutDelivery(delivery);
  if (!put.ok()) return Tell(PlayedAs::kRefused, std::string(put.status().message()));
  if (*put == Store::Put::kKnown) return Tell(PlayedAs::kIgnored, "already known by its id");
  if (const auto worked = lane->worker->RunOnce(); !worked.ok()) {
    Tell(PlayedAs::kRefused, std::string(worked.status().message()));
  }
}

Replaying::Lane* Replaying::FindLane(const Recorded& recorded) {
  const auto named = [&](const std::string& forge) -> Lane* {
    for (Lane& lane : lanes_) {
      if (lane.config.name == forge) return &lane;
    }
    return nullptr;
  };
  if (!options_.forge.empty()) return named(options_.forge);
  if (lanes_.size() == 1) return &lanes_.front();
  for (const std::string& folder : recorded.folders) {
    if (Lane* lane = named(folder)) return lane;
  }
  for (Lane& lane : lanes_) {
    if (!lane.receiver->GuessEventType(recorded.body).empty()) return &lane;
  }
  return nullptr;
}

// Judges what falls due before the next delivery, each at its own instant.
void Replaying::PassTime() {
  for (;;) {
    const auto next = timers_.NextWake();
    if (!next.ok() || *next > now_) break;
    clock_.MoveTo(*next);
    const auto run = timers_.RunDue();
    if (!run.ok() || *run == 0) break;
  }
  clock_.MoveTo(now_);
}

void Replaying::Report(const pipeline::WorkDone& done) {
  switch (done.kind) {
    case pipeline::WorkDone::Kind::kDecided:
      current_.judged = &*done.judged;
      return Tell(PlayedAs::kDecided, "");
    case pipeline::WorkDone::Kind::kNotCovered:
      return Tell(PlayedAs::kAccepted, "the policy does not cover this project");
    case pipeline::WorkDone::Kind::kNothing: {
      const bool understood = done.event && done.event->kind != EventKind::kNothing;
      return Tell(understood ? PlayedAs::kAccepted : PlayedAs::kIgnored, done.reason);
    }
    case pipeline::WorkDone::Kind::kSetAside:
      return Tell(PlayedAs::kRefused, done.reason);
  }
}

void Replaying::Tell(PlayedAs as, std::string reason) {
  current_.as = as;
  current_.reason = std::move(reason);
  current_.at = clock_.Now();
  observer_(current_);
  current_.judged = nullptr;
}

}  // namespace retainer::cli
