// Sinks that do not take what they are told, as `doctor` shows them.
#pragma once

#include <nlohmann/json.hpp>

#include "absl/status/statusor.h"
#include "retainer/store.h"

namespace retainer::cli {

// One object a sink, by name: `sink`, `notices` that it has not taken, `since` the first of them
// failed, `why` it said no the last time. Looks at those that have waited longest. The store's
// errors.
absl::StatusOr<nlohmann::ordered_json> TroubledSinks(Store& store);

}  // namespace retainer::cli
