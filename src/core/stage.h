// Which of the practice's six steps a ticket is in.
#pragma once

#include "absl/time/time.h"
#include "replay.h"
#include "retainer/standing.h"

namespace retainer::core {

// Sets `stage` and `stage_since`. No wake-up is set for the review: StageAt tells it from the
// instant of the closing.
void WorkOutStage(const Replayed& timeline, absl::Time now, Standing* standing);

}  // namespace retainer::core
