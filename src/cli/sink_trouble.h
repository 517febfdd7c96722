// Sinks that do not accept notices, for `retainer doctor`.
#pragma once

#include <nlohmann/json.hpp>

#include "absl/status/statusor.h"
#include "retainer/store.h"

namespace retainer::cli {

// One object per sink, ordered by name: `sink`, the number of `notices` that it has not accepted,
// `since` when the first of them has failed, and `why` it refused the last time. Reads only the
// notices that have waited longest. Errors: those of the store.
absl::StatusOr<nlohmann::ordered_json> TroubledSinks(Store& store);

}  // namespace retainer::cli
