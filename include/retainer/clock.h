// Time as a port: production reads the system's clock, tests hold time in their hands.
#pragma once

#include <ctime>

#include "absl/time/clock.h"
#include "absl/time/time.h"

namespace retainer {

// Thread-safe.
class Clock {
 public:
  virtual ~Clock() = default;
  // The date: of what happens, of what is stored, of what is due. It goes back when the machine's
  // clock is set back.
  virtual absl::Time Now() const = 0;
  // For waits and intervals within one run: never goes back, and advances as time passes whatever
  // is done to the date. A scale of its own: compare readings of one clock with each other, never
  // with Now(), and store none.
  virtual absl::Time Steady() const = 0;
};

class SystemClock final : public Clock {
 public:
  SystemClock() : ahead_(absl::Now() - SinceBoot()) {}
  absl::Time Now() const override { return absl::Now(); }
  absl::Time Steady() const override { return SinceBoot() + ahead_; }

 private:
  // While the machine sleeps, waits run on.
  static absl::Time SinceBoot() {
    timespec now{};
    clock_gettime(CLOCK_BOOTTIME, &now);
    return absl::TimeFromTimespec(now);
  }

  // At first both readings are the same: whoever reads a log is not led astray.
  const absl::Duration ahead_;
};

}  // namespace retainer
