// Lists and retries what was set aside or given up, for `retainer inbox`.
#pragma once

#include <nlohmann/json.hpp>

#include "absl/status/statusor.h"
#include "retainer/clock.h"
#include "retainer/store.h"
#include "src/cli/operation_result.h"
#include "src/pipeline/desk.h"

namespace retainer::cli {

// Errors: those of the store.
absl::StatusOr<OperationResult> ListInbox(const pipeline::Desk& desk, Store& store);
// NotFound, with the missing names; then nothing is retried.
absl::StatusOr<OperationResult> RetryInbox(pipeline::Desk& desk, Store& store, Clock& clock,
                                           const nlohmann::ordered_json& request);

}  // namespace retainer::cli
