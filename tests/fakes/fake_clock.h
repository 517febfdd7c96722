// A clock that stands still until a test moves it.
#pragma once

#include <algorithm>
#include <mutex>

#include "retainer/clock.h"

namespace retainer {

// Thread-safe.
class FakeClock final : public Clock {
 public:
  explicit FakeClock(absl::Time now) : now_(now), steady_(now) {}
  absl::Time Now() const override {
    std::lock_guard lock(mutex_);
    return now_;
  }
  absl::Time Steady() const override {
    std::lock_guard lock(mutex_);
    return steady_;
  }
  // Time passes until `now`; an earlier one sets the date back, and no time passes.
  void Set(absl::Time now) {
    std::lock_guard lock(mutex_);
    steady_ += std::max(now - now_, absl::ZeroDuration());
    now_ = now;
  }
  // Time passes.
  void Advance(absl::Duration by) {
    std::lock_guard lock(mutex_);
    now_ += by;
    steady_ += by;
  }
  // Somebody changes the date; no time passes.
  void ChangeDate(absl::Duration by) {
    std::lock_guard lock(mutex_);
    now_ += by;
  }

 private:
  mutable std::mutex mutex_;
  absl::Time now_;
  absl::Time steady_;
};

}  // namespace retainer
