// Clocks that a command sets.
#pragma once

#include <mutex>

#include "retainer/clock.h"

namespace retainer::cli {

// Runs `behind` the system's clock and jumps ahead on demand. The demo's story lasts hours, and a
// reader need not wait for them. Thread-safe.
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
  // Moves to the system's time if the clock is still behind it.
  void CatchUp() {
    std::lock_guard lock(mutex_);
    ahead_ = std::max(ahead_, absl::ZeroDuration());
  }

 private:
  const SystemClock system_;
  mutable std::mutex mutex_;
  absl::Duration ahead_;
};

// Stands still until it is set, and never goes back. In a replay the time is that of the
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
