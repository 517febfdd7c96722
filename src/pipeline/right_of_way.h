// RightOfWay: gives mentions priority over faces, because a forge accepts one change at a time. A
// mention is about a promise that is late; a status comment can wait a second more. A mention that
// gets no turn registers here, and faces of the same installation skip the next turn.
//
// Thread-safe. Instants are of Clock::Steady. A registration expires soon after the turn that it
// waits for, so that a mention that does not come back blocks nothing.
#pragma once

#include <algorithm>
#include <map>
#include <mutex>
#include <string>
#include <utility>

#include "absl/time/time.h"
#include "retainer/forge.h"

namespace retainer::pipeline {

class RightOfWay {
 public:
  // Registers a mention that will come back at `turn`.
  void Ask(const RemoteTicket& at, absl::Time turn) {
    const std::lock_guard lock(mutex_);
    absl::Time& until = until_.try_emplace(NameOf(at), turn).first->second;
    until = std::max(until, turn + kPatience);
  }
  // The mention had its turn, or no longer needs one.
  void Done(const RemoteTicket& at) {
    const std::lock_guard lock(mutex_);
    until_.erase(NameOf(at));
  }
  // Until when faces wait; InfinitePast if no mention is registered.
  absl::Time HeldUntil(const RemoteTicket& at) const {
    const std::lock_guard lock(mutex_);
    const auto held = until_.find(NameOf(at));
    return held == until_.end() ? absl::InfinitePast() : held->second;
  }

 private:
  static constexpr absl::Duration kPatience = absl::Seconds(2);

  static std::pair<std::string, std::string> NameOf(const RemoteTicket& at) {
    return {at.key.forge, at.installation_id};
  }

  mutable std::mutex mutex_;
  std::map<std::pair<std::string, std::string>, absl::Time> until_;  // key: forge, installation
};

}  // namespace retainer::pipeline
