#include "src/cli/watchdog.h"

#include <utility>

namespace retainer::cli {

Watchdog::Watchdog(absl::Duration period, Proof proof, std::function<void()> report)
    : proof_(std::move(proof)),
      report_(std::move(report)),
      thread_([this, pause = period / 3] { Run(pause); }) {}

Watchdog::~Watchdog() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

void Watchdog::Run(absl::Duration pause) {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    lock.unlock();
    if (proof_()) report_();
    lock.lock();
    changed_.wait_for(lock, absl::ToChronoMilliseconds(pause), [&] { return stopping_; });
  }
}

}  // namespace retainer::cli
