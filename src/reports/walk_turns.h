// Lets one walk through the tickets run at a time.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>

namespace retainer::reports {

// Figures are summed up while somebody waits, which takes seconds for very many tickets. A few wait
// for their turn, for at most kLongestWait; others are sent away. Thread-safe.
class Turns {
 public:
  // Runs `walk`, or returns false.
  bool Take(const std::function<void()>& walk) {
    {
      std::unique_lock lock(mutex_);
      if (waiting_ == kMostWaiting) return false;
      ++waiting_;
      const bool free = freed_.wait_for(lock, kLongestWait, [&] { return !taken_; });
      --waiting_;
      if (!free) return false;
      taken_ = true;
    }
    const Turn turn(this);
    walk();
    return true;
  }

 private:
  static constexpr int kMostWaiting = 4;
  static constexpr std::chrono::seconds kLongestWait{10};

  // Ends the turn, also if the walk throws.
  class Turn {
   public:
    explicit Turn(Turns* turns) : turns_(turns) {}
    ~Turn() {
      {
        const std::lock_guard lock(turns_->mutex_);
        turns_->taken_ = false;
      }
      turns_->freed_.notify_one();
    }
    Turn(const Turn&) = delete;
    Turn& operator=(const Turn&) = delete;

   private:
    Turns* const turns_;
  };

  // Rationale: no std::timed_mutex, because the thread sanitizer does not see its timed lock.
  std::mutex mutex_;
  std::condition_variable freed_;
  int waiting_ = 0;     // guarded by mutex_
  bool taken_ = false;  // guarded by mutex_
};

}  // namespace retainer::reports
