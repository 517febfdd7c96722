// Clocks that a command moves by itself.
#pragma once

#include <mutex>

#include "retainer/clock.h"

namespace retainer::cli {

// Runs like the system's clock, `behind` it, and jumps ahead when told: hours pass in the demo's
// story while a reader waits for none of them. Thread-safe.
class JumpClock final : public Clock {
 public:
  explicit JumpClock(absl::Duration behind = absl::ZeroDuration()) : ahead_(-behind) {}

  absl::Time Now() const override {
    std::lock_guard lock(mutex_);
    return system_.Now() + ahead_;
  }
  absl::Time Steady() const override {
    std::lock_guard lock(mutex_);
    return system_.Steady() + ahead_;
  }
  void Jump(absl::Duration by) {
    std::lock_guard lock(mutex_);
    ahead_ += by;
  }
  // To the system's time, where it is still behind it.
  void CatchUp() {
    std::lock_guard lock(mutex_);
    ahead_ = std::max(ahead_, absl::ZeroDuration());
  }

 private:
  const SystemClock system_;
  mutable std::mutex mutex_;
  absl::Duration ahead_;
};

// Stands still until it is set, and never goes back: the time of a replay is that of its
// deliveries. Thread-safe.
class ReplayClock final : public Clock {
 public:
  absl::Time Now() const override {
    std::lock_guard lock(mutex_);
    return now_;
  }
  absl::Time Steady() const override { return Now(); }
  void MoveTo(absl::Time now) {
    std::lock_guard lock(mutex_);
    now_ = std::max(now_, now);
  }

 private:
  mutable std::mutex mutex_;
  absl::Time now_ = absl::UnixEpoch();
};

}  // namespace retainer::cli
