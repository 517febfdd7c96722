// A cache of the pins: every judgement needs all of them, and they change only when a login of the
// policy appears for the first time, or when a contact joins or is removed. Its size is at most the
// number of logins in policies and of contacts that ever joined.
// Thread-safe.
#pragma once

#include <cstdint>
#include <mutex>
#include <optional>

#include "retainer/pins.h"

namespace retainer::store {

class PinsCache {
 public:
  struct Kept {
    std::optional<Pins> pins;  // nullopt: read them, then call Keep with `change`
    std::uint64_t change = 0;
  };
  // Call it before opening the view from which pins will be kept.
  Kept Get() const {
    const std::lock_guard lock(mutex_);
    return {pins_, change_};
  }

  // Does nothing if a write happened in between, or if a failed write may still turn out to be
  // there.
  void Keep(const Pins& pins, std::uint64_t change) {
    const std::lock_guard lock(mutex_);
    if (change == change_ && !doubtful_) pins_ = pins;
  }

  // Call it after each write that can contain pins. `failed`: the write may be there or not, until
  // another one succeeds.
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

}  // namespace retainer::store
