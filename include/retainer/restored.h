// That a store was restored from a backup. What was said between the two instants is not in it.
#pragma once

#include "absl/time/time.h"

namespace retainer {

struct Restored {
  absl::Time made_at;  // when the backup was made
  absl::Time at;       // when it was restored
  friend bool operator==(const Restored&, const Restored&) = default;
};

// The cause of a resync (ResyncRecord::cause) that a restore asked for.
inline constexpr char kRestoredCause[] = "restored";

}  // namespace retainer
