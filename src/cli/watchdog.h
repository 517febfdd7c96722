// Watchdog: tells systemd that the service works, as long as it does.
//
// Not a timer: three times in each period it asks the service from outside, and reports only if it
// answered. A listener whose loop is stuck, or a desk whose locks are never released, is not
// reported, and systemd starts the service anew. A full disk or a forge that is away is no reason:
// a restart would not mend it.
#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>

#include "absl/time/time.h"

namespace retainer::cli {

class Watchdog {
 public:
  // True if the service answered. Called in the watchdog's thread; it may block for ever.
  using Proof = std::function<bool()>;

  // `report` is called after each proof, at least twice within `period` of real time.
  Watchdog(absl::Duration period, Proof proof, std::function<void()> report);
  // Waits for a proof that is under way.
  ~Watchdog();
  Watchdog(const Watchdog&) = delete;
  Watchdog& operator=(const Watchdog&) = delete;

 private:
  void Run(absl::Duration pause);

  const Proof proof_;
  const std::function<void()> report_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace retainer::cli
