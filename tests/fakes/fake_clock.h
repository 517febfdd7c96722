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
  // Advances time to `now`. An earlier `now` sets the date back without advancing time.
  void Set(absl::Time now) {
    std::lock_guard lock(mutex_);
    steady_ += std::max(now - now_, absl::ZeroDuration());
    now_ = now;
  }
  // Advances date and time.
  void Advance(absl::Duration by) {
    std::lock_guard lock(mutex_);
    now_ += by;
    steady_ += by;
  }
  // Changes only the date; no time passes.
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
