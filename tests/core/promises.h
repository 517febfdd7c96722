// Short names of the metrics, and a contact's ticket of the highest priority, for tests of clocks.
#pragma once

#include "absl/time/time.h"
#include "tests/core/story.h"

namespace retainer::core {

using absl::Hours;
using absl::Minutes;
using absl::Seconds;
inline constexpr auto kAck = Metric::kAcknowledgement;
inline constexpr auto kFirst = Metric::kFirstResponse;
inline constexpr auto kNext = Metric::kNextResponse;
inline constexpr auto kUpdate = Metric::kUpdate;
inline constexpr auto kWorkaround = Metric::kWorkaround;
inline constexpr auto kResolution = Metric::kResolution;

inline Story P1() { return Story().Opens("dave", "Down.\n\n/support priority P1\n"); }

}  // namespace retainer::core
