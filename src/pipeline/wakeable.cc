#include "src/pipeline/wakeable.h"

#include <algorithm>

namespace retainer::pipeline {

void Wakeable::Wake() {
  {
    std::lock_guard lock(mutex_);
    woken_ = true;
  }
  condition_.notify_all();
}

void Wakeable::WaitUntil(absl::Time next, const Clock& clock) {
  const absl::Duration left =
      std::clamp(next - clock.Steady(), absl::ZeroDuration(), absl::Duration(kLongest));
  std::unique_lock lock(mutex_);
  condition_.wait_for(lock, absl::ToChronoNanoseconds(left), [this] { return woken_; });
  woken_ = false;
}

}  // namespace retainer::pipeline
