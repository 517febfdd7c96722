#include "src/pipeline/restore_hold.h"

#include <algorithm>

namespace retainer::pipeline {

absl::StatusOr<bool> RestoreHold::Holds(const std::string& forge) {
  if (!restored_) return false;
  const std::lock_guard lock(mutex_);
  if (awaiting_.contains(forge)) return true;
  if (read_back_.contains(forge)) return false;
  const auto resyncs = store_.ListResyncs();
  if (!resyncs.ok()) return resyncs.status();
  const bool holds = std::any_of(resyncs->begin(), resyncs->end(), [&](const ResyncRecord& resync) {
    return resync.project.forge == forge && resync.cause == kRestoredCause && !resync.finished;
  });
  // A resync with this cause begins only with a restore, and thus before this object was made.
  if (!holds) read_back_.insert(forge);
  return holds;
}

void RestoreHold::AwaitDeliveries(const std::string& forge) {
  if (!restored_) return;
  const std::lock_guard lock(mutex_);
  awaiting_.insert(forge);
}

void RestoreHold::HasDeliveries(const std::string& forge) {
  const std::lock_guard lock(mutex_);
  awaiting_.erase(forge);
}

bool RestoreHold::AwaitsDeliveries(const std::string& forge) {
  const std::lock_guard lock(mutex_);
  return awaiting_.contains(forge);
}

}  // namespace retainer::pipeline
