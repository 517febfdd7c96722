// IntakeLoad: gives intake priority. Deciding slows down while many deliveries are being received,
// and uses the whole machine afterwards.
//
// Rationale: a forge waits ten seconds for its answer; a decision can wait. Thread-safe.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>

namespace retainer::pipeline {

class IntakeLoad {
 public:
  // This many concurrent deliveries count as a flood.
  static constexpr int kMany = 4;
  // The longest pause of deciding, in real time.
  static constexpr std::chrono::milliseconds kLongest{10};

  // Enter is called when a delivery's body is complete, Leave when it is answered.
  void Enter() { ++under_way_; }
  void Leave() {
    if (--under_way_ >= kMany || waiting_ == 0) return;
    { const std::lock_guard lock(mutex_); }
    fewer_.notify_all();
  }

  bool is_flood() const { return under_way_ >= kMany; }
  // Waits until the flood ends, at most kLongest.
  void GiveWay() {
    if (!is_flood()) return;
    std::unique_lock lock(mutex_);
    ++waiting_;
    fewer_.wait_for(lock, kLongest, [this] { return !is_flood(); });
    --waiting_;
  }

 private:
  std::atomic<int> under_way_ = 0;
  std::atomic<int> waiting_ = 0;
  std::mutex mutex_;
  std::condition_variable fewer_;
};

}  // namespace retainer::pipeline
