// Time as a port: production reads the system's clock, tests hold time in their hands.
#pragma once

#include "absl/time/clock.h"
#include "absl/time/time.h"

namespace retainer {

// Thread-safe.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual absl::Time Now() const = 0;
};

class SystemClock final : public Clock {
 public:
  absl::Time Now() const override { return absl::Now(); }
};

}  // namespace retainer
