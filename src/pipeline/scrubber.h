// Scrubber: reads all stored data in steps and reports what can no longer be read, before somebody
// needs it. Thread-safe; one thread calls RunOnce.
#pragma once

#include <mutex>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "retainer/clock.h"
#include "retainer/log.h"
#include "retainer/metrics.h"
#include "retainer/store.h"

namespace retainer::pipeline {

class Scrubber {
 public:
  static constexpr absl::Duration kFirstAfter = absl::Minutes(5);  // after the start
  static constexpr absl::Duration kStepPause = absl::Seconds(1);
  // from the beginning of a pass to that of the next
  static constexpr absl::Duration kPassPause = absl::Hours(24);
  static constexpr std::size_t kRows = 2000;     // per step
  static constexpr std::size_t kMostNamed = 20;  // damaged places that are kept

  Scrubber(Store& store, Clock& clock, Log& log, Metrics& metrics);

  // Does a step if one is due. Returns when the next one is due.
  absl::StatusOr<absl::Time> RunOnce();

  // Damaged places, described for people, of the current pass and the last one; at most kMostNamed.
  std::vector<std::string> damaged() const;

 private:
  void Publish(absl::Time now, bool ended);

  Store& store_;
  Clock& clock_;
  Log& log_;
  Metrics& metrics_;
  std::string position_;
  absl::Time begun_;  // (Steady)
  absl::Time next_;   // (Steady)
  mutable std::mutex mutex_;
  std::vector<std::string> found_;   // guarded by mutex_; in the current pass
  std::vector<std::string> before_;  // guarded by mutex_; in the last pass
};

}  // namespace retainer::pipeline
