// Intake goes first: who decides makes room while many deliveries are being taken, and has the
// whole machine once they are in. Rationale: a forge waits ten seconds for its answer, a decision
// can wait.
//
// Thread-safe.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>

namespace retainer {

class IntakeLoad {
 public:
  // So many under way at once are a flood.
  static constexpr int kMany = 4;
  // Deciding never stands still for longer, in real time.
  static constexpr std::chrono::milliseconds kLongest{10};

  // From a delivery's whole body to its answer.
  void Enter() { ++under_way_; }
  void Leave() {
    if (--under_way_ >= kMany || waiting_ == 0) return;
    { const std::lock_guard lock(mutex_); }
    fewer_.notify_all();
  }

  bool is_flood() const { return under_way_ >= kMany; }
  // Until it is no flood, at most kLongest.
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

}  // namespace retainer
