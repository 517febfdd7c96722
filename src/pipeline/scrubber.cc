#include "src/pipeline/scrubber.h"

#include <algorithm>
#include <utility>

namespace retainer::pipeline {

Scrubber::Scrubber(Store& store, Clock& clock, Log& log, Metrics& metrics)
    : store_(store),
      clock_(clock),
      log_(log),
      metrics_(metrics),
      begun_(clock.Steady()),
      next_(clock.Steady() + kFirstAfter) {}

absl::StatusOr<absl::Time> Scrubber::RunOnce() {
  const absl::Time now = clock_.Steady();
  if (now < next_) return next_;
  if (position_.empty()) begun_ = now;
  next_ = now + kStepPause;
  auto step = store_.Scrub(position_, kRows);
  if (!step.ok()) return step.status();
  position_ = std::move(step->next);
  for (std::string& damage : step->damaged) {
    log_.Error(
        "the store is damaged",
        {{"what", damage},
         {"mend", "stop the service, restore the data folder from a backup, look at the disk"}});
    std::lock_guard lock(mutex_);
    if (found_.size() < kMostNamed) found_.push_back(std::move(damage));
  }
  const bool ended = position_.empty();
  if (ended) next_ = std::max(begun_ + kPassPause, next_);
  Publish(clock_.Now(), ended);
  return next_;
}

void Scrubber::Publish(absl::Time now, bool ended) {
  if (ended) {
    std::lock_guard lock(mutex_);
    before_ = std::exchange(found_, {});
  }
  metrics_.Set("retainer_store_damaged_places", static_cast<double>(damaged().size()));
  if (ended) {
    metrics_.Set("retainer_store_scrubbed_timestamp_seconds",
                 static_cast<double>(absl::ToUnixSeconds(now)));
  }
}

std::vector<std::string> Scrubber::damaged() const {
  std::lock_guard lock(mutex_);
  std::vector<std::string> all = found_;
  for (const std::string& damage : before_) {
    if (all.size() < kMostNamed && std::find(all.begin(), all.end(), damage) == all.end()) {
      all.push_back(damage);
    }
  }
  return all;
}

}  // namespace retainer::pipeline
