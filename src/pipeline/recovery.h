// Recovery: asks a forge to redeliver deliveries that failed, for example while the service was
// down. Does nothing if the forge keeps no log for us (GitLab, a GitHub token).
//
// After a restore it also asks for those that were accepted since the backup was made, because only
// a delivery proves who gave a command. Until that is done, the restore holds the forge.
//
// Redeliveries are deduplicated by their delivery id. One thread calls RunOnce.
#pragma once

#include <cstddef>
#include <string>

#include "absl/time/time.h"
#include "retainer/clock.h"
#include "retainer/log.h"
#include "retainer/metrics.h"
#include "src/pipeline/judge.h"
#include "src/pipeline/restore_hold.h"

namespace retainer::pipeline {

class Recovery {
 public:
  static constexpr absl::Duration kKept = absl::Hours(72);  // as long as GitHub can redeliver
  static constexpr absl::Duration kRecent = absl::Hours(12);
  static constexpr absl::Duration kEvery = absl::Minutes(10);
  static constexpr std::size_t kAtOnce = 20;  // further ones a while later
  static constexpr absl::Duration kPause = absl::Seconds(20);

  // After a restore: as kPause, and how long redeliveries are waited for.
  static constexpr absl::Duration kRestorePause = absl::Seconds(5);

  // REQUIRES: forge.client is set. All arguments must outlive this object. `restore_hold`: null if
  // the store was never restored.
  Recovery(const ForgeSlot& forge, Clock& clock, Log& log, Metrics& metrics,
           RestoreHold* restore_hold = nullptr);

  // Checks once; the first time further back. Returns when (by Clock::Steady) to check again,
  // InfiniteFuture for never.
  absl::Time RunOnce();

 private:
  // Asks for what was lost by a restore; InfiniteFuture when that is done.
  absl::Time AskForLost();

  const ForgeSlot forge_;
  Clock& clock_;
  Log& log_;
  Metrics& metrics_;
  RestoreHold* const restore_hold_;
  bool first_ = true;
};

}  // namespace retainer::pipeline
