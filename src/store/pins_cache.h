// The pins as they were last read: every judgement asks for all of them, and they change when
// somebody of the policy turns up for the first time. As many as the logins of policies.
// Thread-safe.
#pragma once

#include <cstdint>
#include <mutex>
#include <optional>

#include "retainer/pins.h"

namespace retainer {

class PinsCache {
 public:
  struct Kept {
    std::optional<Pins> pins;  // nullopt: read them, and keep them with `change`
    std::uint64_t change = 0;
  };
  // Before the view is opened from which pins are to be kept.
  Kept Get() const {
    const std::lock_guard lock(mutex_);
    return {pins_, change_};
  }

  // Does nothing where a write came in between, or a failed one may turn out to be there.
  void Keep(const Pins& pins, std::uint64_t change) {
    const std::lock_guard lock(mutex_);
    if (change == change_ && !doubtful_) pins_ = pins;
  }

  // After each write that can hold pins. `failed`: it may be there or not, until another succeeds.
  void Written(bool failed, bool with_pins) {
    const std::lock_guard lock(mutex_);
    if (!failed && !with_pins && !doubtful_) return;
    pins_.reset();
    ++change_;
    doubtful_ = failed;
  }

 private:
  mutable std::mutex mutex_;
  std::optional<Pins> pins_;
  std::uint64_t change_ = 0;
  bool doubtful_ = false;
};

}  // namespace retainer
