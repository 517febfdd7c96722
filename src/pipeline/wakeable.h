// Lets a thread wait until an instant of Clock::Steady or until it is woken.
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>

#include "absl/time/time.h"
#include "retainer/clock.h"

namespace retainer::pipeline {

// Thread-safe.
class Wakeable {
 public:
  // The longest wait in real time, so that a clock that jumps or is set by a test is noticed.
  static constexpr absl::Duration kLongest = absl::Seconds(1);

  // Ends the current wait, or the next one.
  void Wake();
  // Waits until `next`, until a Wake (also one since the last wait), or for kLongest.
  void WaitUntil(absl::Time next, const Clock& clock);

 private:
  std::mutex mutex_;
  std::condition_variable condition_;
  bool woken_ = false;
};

}  // namespace retainer::pipeline
