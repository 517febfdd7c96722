// The Clock port: production reads the system's clock, tests set the time.
#pragma once

#include <ctime>

#include "absl/time/clock.h"
#include "absl/time/time.h"

namespace retainer {

// Thread-safe.
class Clock {
 public:
  virtual ~Clock() = default;
  // The date and time, for events, stored values and due instants. It jumps back if the machine's
  // clock is set back.
  virtual absl::Time Now() const = 0;
  // A monotonic clock for waits and intervals within one run: it advances as time passes, whatever
  // happens to the date. Compare its readings only with each other, never with Now(), and store
  // none.
  virtual absl::Time Steady() const = 0;
};

class SystemClock final : public Clock {
 public:
  SystemClock() : ahead_(absl::Now() - SinceBoot()) {}
  absl::Time Now() const override { return absl::Now(); }
  absl::Time Steady() const override { return SinceBoot() + ahead_; }

 private:
  // CLOCK_BOOTTIME also advances while the machine sleeps.
  static absl::Time SinceBoot() {
    timespec now{};
    clock_gettime(CLOCK_BOOTTIME, &now);
    return absl::TimeFromTimespec(now);
  }

  // Makes both readings equal at the start, so that logs are not confusing.
  const absl::Duration ahead_;
};

}  // namespace retainer
