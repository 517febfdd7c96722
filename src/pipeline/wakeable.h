// A place where a thread waits until an instant of Clock::Steady, or until it is woken.
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>

#include "absl/time/time.h"
#include "retainer/clock.h"

namespace retainer {

// Thread-safe.
class Wakeable {
 public:
  // A wait is never longer in real time, so that a clock that jumps or is held by a test is seen.
  static constexpr absl::Duration kLongest = absl::Seconds(1);

  // Ends the present or the next wait.
  void Wake();
  // Until `next`, a Wake since the last wait, or kLongest.
  void WaitUntil(absl::Time next, const Clock& clock);

 private:
  std::mutex mutex_;
  std::condition_variable condition_;
  bool woken_ = false;
};

}  // namespace retainer
