// What was set aside or given up, as `retainer inbox` asks for it: listed, tried again.
#pragma once

#include <nlohmann/json.hpp>

#include "absl/status/statusor.h"
#include "retainer/clock.h"
#include "retainer/store.h"
#include "src/cli/operation_result.h"
#include "src/pipeline/desk.h"

namespace retainer::cli {

// The store's errors.
absl::StatusOr<OperationResult> ListInbox(const Desk& desk, Store& store);
// NotFound, naming what is not there; then nothing is tried.
absl::StatusOr<OperationResult> RetryInbox(Desk& desk, Store& store, Clock& clock,
                                           const nlohmann::ordered_json& request);

}  // namespace retainer::cli
