// The arithmetic of one promise: from what people did (needs) and what was promised when (regimes)
// to cycles with due instants. Knows nothing of facts' meaning.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/inlined_vector.h"
#include "absl/time/time.h"
#include "retainer/core.h"

namespace retainer::core {

// The state of a clock that comes from another ticket into a run of this one.
struct Carry {
  absl::Time at;
  absl::Duration elapsed;                  // open time spent there
  std::optional<absl::Time> breached_due;  // it had been breached there, at this instant
};

// A run of a clock as the happenings ask for it, whatever is promised.
struct Need {
  Metric metric = Metric::kFirstResponse;
  absl::Time start;
  const Fact* start_fact = nullptr;
  std::optional<absl::Time> stop;
  const Fact* stop_fact = nullptr;
  bool cancelled = false;
  bool moves = false;  // cancelled here because it goes on elsewhere
  std::string note;
  std::vector<Interval> pauses;
  std::vector<std::pair<const Fact*, const Fact*>> pause_facts;  // in step: stopped it, resumed it
  std::vector<Carry> carries;                                    // by time
};

// What is promised from `at` on, until the next regime.
struct Regime {
  absl::Time at;
  const Promises* promises = nullptr;  // nullptr: nothing
  std::string why;                     // of a change: `priority P1`, `policy 3f2a`

  const std::shared_ptr<const Promise>* Find(Metric metric) const {
    if (promises == nullptr) return nullptr;
    const auto it = promises->find(metric);
    return it == promises->end() ? nullptr : &it->second;
  }
};

// A stretch of a due instant: `open` time after `from`. The earliest of several is the due instant.
struct Leg {
  absl::Time from;
  absl::Duration open;
  const BusinessTime* calendar = nullptr;
  std::size_t stretch = 0;  // of the cycle, where it has any
};

struct CycleWork {
  Cycle cycle;
  absl::InlinedVector<Leg, 1> legs;
  const BusinessTime* calendar = nullptr;           // that counts it now, or did at the stop
  std::optional<absl::Time> fixed_due;              // breached before the terms changed: that stays
  absl::Time silent_from = absl::InfiniteFuture();  // excused: nothing is announced from here on
  absl::Time told_until = absl::InfinitePast();     // what was to tell before was told elsewhere
};

// The instant at which `fraction` of the cycle's target is used up.
absl::Time InstantOf(const CycleWork& work, double fraction);

// An instant at or before InstantOf, without looking at a calendar.
absl::Time NoEarlierThan(const CycleWork& work, double fraction);

// Appends the cycles that `need` makes under `regimes` (by time, not empty). `waits`: when this
// metric is paused, in order.
void RunClock(const Need& need, const std::vector<Regime>& regimes,
              const std::vector<Interval>& waits, absl::Time now, std::vector<CycleWork>* cycles);

ClockState StateOf(const std::vector<CycleWork>& cycles, absl::Time now);

}  // namespace retainer::core
