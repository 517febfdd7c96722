// Lets one walk through the tickets run at a time.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <mutex>

namespace retainer::reports {

// Figures are summed up while somebody waits, which takes seconds for very many tickets. A few wait
// for their turn, for at most kLongestWait; others are sent away. Thread-safe.
class Turns {
 public:
  // Runs `walk`, or returns false.
  bool Take(const std::function<void()>& walk) {
    if (waiting_.fetch_add(1) >= kMostWaiting) {
      waiting_.fetch_sub(1);
      return false;
    }
    std::unique_lock lock(mutex_, kLongestWait);
    waiting_.fetch_sub(1);
    if (!lock.owns_lock()) return false;
    walk();
    return true;
  }

 private:
  static constexpr int kMostWaiting = 4;
  static constexpr std::chrono::seconds kLongestWait{10};

  std::timed_mutex mutex_;
  std::atomic<int> waiting_ = 0;
};

}  // namespace retainer::reports
