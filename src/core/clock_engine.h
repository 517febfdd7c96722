// The arithmetic of one promise: from what people did (needs) and what was promised when (regimes)
// to cycles with due instants. Knows nothing of facts' meaning.
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
  bool moves = false;      // cancelled here because it goes on elsewhere
  bool elsewhere = false;  // it ended on the ticket that this one was, whose figures have it
  std::string_view note;   // borrowed of the stint, or constant
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
    if (promises == nullptr || (*promises)[metric] == nullptr) return nullptr;
    return &(*promises)[metric];
  }
};

// A stretch of a due instant: `open` time after `from`. The earliest of several is the due instant.
struct Leg {
  absl::Time from;
  absl::Duration open;
  const BusinessTime* calendar = nullptr;
  std::size_t stretch = 0;  // of the cycle, where it has any
};

// The course of a leg around the pauses of its cycle, for who asks several things of it.
class Course {
 public:
  Course(const Leg& leg, const std::vector<Interval>& pauses);
  // The instant at which `open` time of the leg is used up.
  absl::Time After(absl::Duration open) const;
  // Open time of the leg until `at`.
  absl::Duration Until(absl::Time at) const;

 private:
  // From `from` on, until the next one, nothing stands still.
  struct Part {
    absl::Time from;
    absl::Duration before;  // open time of the leg until then
  };

  const BusinessTime* calendar_;
  absl::InlinedVector<Part, 8> parts_;  // at least one
};

// What a cycle came from, beside it.
struct CycleWork {
  absl::InlinedVector<Leg, 1> legs;
  const BusinessTime* calendar = nullptr;           // that counts it now, or did at the stop
  std::shared_ptr<const Course> course;             // of an open one under one promise
  std::optional<absl::Time> fixed_due;              // breached before the terms changed: that stays
  absl::Time silent_from = absl::InfiniteFuture();  // excused: nothing is announced from here on
  absl::Time told_until = absl::InfinitePast();     // what was to tell before was told elsewhere
};

// The runs of one clock, by start: two lists of one length, for the standing takes the cycles as
// they are.
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

// Tells whether runs stopped before a share of their targets was used up; may say no where they
// did.
class EndedBefore {
 public:
  explicit EndedBefore(double fraction) : fraction_(fraction) {}
  bool operator()(const RunView& run);

 private:
  const double fraction_;
  const Promise* promise_ = nullptr;  // of the last run: mostly the next one's too
  absl::Duration share_;              // of its target
};

// Appends the cycles that `need` makes under `regimes` (by time, not empty). `waits`: when this
// metric is paused, in order.
void RunClock(const Need& need, const std::vector<Regime>& regimes,
              const std::vector<Interval>& waits, absl::Time now, Runs* runs);

ClockState StateOf(const std::vector<Cycle>& cycles, absl::Time now);

}  // namespace retainer::core
