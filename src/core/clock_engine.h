// The arithmetic of one promise: computes cycles with due instants from what people did (needs) and
// what was promised at what time (regimes). It does not interpret facts.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/container/inlined_vector.h"
#include "absl/time/time.h"
#include "retainer/core.h"
#include "terms_index.h"

namespace retainer::core {

// The state of a clock that is carried over from another ticket.
struct Carry {
  absl::Time at;
  absl::Duration elapsed;                  // open time used there
  std::optional<absl::Time> breached_due;  // the due instant, if it was breached there
};

// A run of a clock that the happenings require, independent of what is promised.
struct Need {
  Metric metric = Metric::kFirstResponse;
  absl::Time start;
  const Fact* start_fact = nullptr;
  std::optional<absl::Time> stop;
  const Fact* stop_fact = nullptr;
  bool cancelled = false;
  bool moves = false;  // cancelled here because it continues elsewhere
  // it ended before the transfer: the figures of the predecessor ticket count it
  bool elsewhere = false;
  std::string_view note;  // points into the stint, or to a constant
  std::vector<Interval> pauses;
  // per pause: the facts that began and ended it
  std::vector<std::pair<const Fact*, const Fact*>> pause_facts;
  std::vector<Carry> carries;  // ordered by time
};

// What is promised from `at` until the next regime.
struct Regime {
  absl::Time at;
  const Promises* promises = nullptr;  // nullptr: nothing is promised
  std::string why;                     // the change: `priority P1`, `policy 3f2a`

  const std::shared_ptr<const Promise>* Find(Metric metric) const {
    if (promises == nullptr || (*promises)[metric] == nullptr) return nullptr;
    return &(*promises)[metric];
  }
};

// A candidate for the due instant: `open` time after `from`. The earliest leg of a cycle is its due
// instant.
struct Leg {
  absl::Time from;
  absl::Duration open;
  const BusinessTime* calendar = nullptr;
  std::size_t stretch = 0;  // index in the cycle's stretches, if it has any
};

// A leg with the pauses of its cycle, prepared for several queries.
class Course {
 public:
  Course(const Leg& leg, const std::vector<Interval>& pauses);
  // The instant at which `open` of the leg's time is used up.
  absl::Time After(absl::Duration open) const;
  // Open time of the leg until `at`.
  absl::Duration Until(absl::Time at) const;

 private:
  // A span without a pause, from `from` to the next part.
  struct Part {
    absl::Time from;
    absl::Duration before;  // open time of the leg before `from`
  };

  const BusinessTime* calendar_;
  absl::InlinedVector<Part, 8> parts_;  // at least one
};

// Working data of a cycle that the standing does not need.
struct CycleWork {
  absl::InlinedVector<Leg, 1> legs;
  const BusinessTime* calendar = nullptr;  // the calendar now or at the stop
  std::shared_ptr<const Course> course;    // set for an open cycle with only one promise
  // set if breached before the terms changed: it stays
  std::optional<absl::Time> fixed_due;
  // From here on no notices, because the cycle was excused.
  absl::Time silent_from = absl::InfiniteFuture();
  // no notices before this: they were told elsewhere
  absl::Time told_until = absl::InfinitePast();
};

// The runs of one clock, ordered by start, in two lists of equal length. Separate lists, so that
// the standing can take over `cycles` without a copy.
struct Runs {
  std::vector<Cycle> cycles;
  std::vector<CycleWork> works;
};

struct RunView {
  const Cycle& cycle;
  const CycleWork& work;
};

// The instant at which `fraction` of the run's target is used up.
absl::Time InstantOf(const RunView& run, double fraction);

// Returns true if a run stopped before the fraction of its target was used up. Conservative: may
// return false although it did.
class EndedBefore {
 public:
  explicit EndedBefore(double fraction) : fraction_(fraction) {}
  bool operator()(const RunView& run);

 private:
  const double fraction_;
  const Promise* promise_ = nullptr;  // cached from the last run: usually the same for the next
  absl::Duration share_;              // the fraction of its target
};

// Appends the cycles of `need` under `regimes` (ordered by time, not empty). `waits`: the pauses of
// this metric, in order.
void RunClock(const Need& need, const std::vector<Regime>& regimes,
              const std::vector<Interval>& waits, absl::Time now, Runs* runs);

ClockState StateOf(const std::vector<Cycle>& cycles, absl::Time now);

}  // namespace retainer::core
