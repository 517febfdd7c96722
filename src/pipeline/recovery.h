// Recovery: has a forge send again what it could not deliver, e.g. while we were down. Where the
// forge keeps no log for us (GitLab, a GitHub token) there is nothing that can be done here.
//
// What comes again is told apart by its delivery id, so that nothing counts twice.
//
// One thread calls RunOnce.
#pragma once

#include <cstddef>
#include <string>

#include "absl/time/time.h"
#include "retainer/clock.h"
#include "retainer/log.h"
#include "retainer/metrics.h"
#include "src/pipeline/judge.h"

namespace retainer {

class Recovery {
 public:
  static constexpr absl::Duration kKept = absl::Hours(72);  // as long as GitHub sends again
  static constexpr absl::Duration kRecent = absl::Hours(12);
  static constexpr absl::Duration kEvery = absl::Minutes(10);
  static constexpr std::size_t kAtOnce = 20;  // and the next ones a while later
  static constexpr absl::Duration kPause = absl::Seconds(20);

  // REQUIRES: forge.client is there. Everything outlives this object.
  Recovery(const ForgeSlot& forge, Clock& clock, Log& log, Metrics& metrics);

  // Looks once, further back the first time; when (by Clock::Steady) to look again, InfiniteFuture
  // for never.
  absl::Time RunOnce();

 private:
  const ForgeSlot forge_;
  Clock& clock_;
  Log& log_;
  Metrics& metrics_;
  bool first_ = true;
};

}  // namespace retainer
