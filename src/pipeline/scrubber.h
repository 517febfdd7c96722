// Scrubber: reads all that is stored, a step at a time, and says what can no longer be read, before
// somebody needs it.
//
// Thread-safe; one thread calls RunOnce.
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

namespace retainer {

class Scrubber {
 public:
  static constexpr absl::Duration kFirstAfter = absl::Minutes(5);  // of the start
  static constexpr absl::Duration kStepPause = absl::Seconds(1);
  static constexpr absl::Duration kPassPause = absl::Hours(24);  // from one beginning to the next
  static constexpr std::size_t kRows = 2000;                     // in a step
  static constexpr std::size_t kMostNamed = 20;  // damaged places that are remembered

  Scrubber(Store& store, Clock& clock, Log& log, Metrics& metrics);

  // A step, where its time has come; when the next one is due.
  absl::StatusOr<absl::Time> RunOnce();

  // Of the pass under way and the one before it, in words; at most kMostNamed.
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
  std::vector<std::string> found_;   // guarded by mutex_; in the pass under way
  std::vector<std::string> before_;  // guarded by mutex_; in the one before
};

}  // namespace retainer
