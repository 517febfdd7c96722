// The state of the desk itself, for `retainer doctor` and `retainer status`.
#pragma once

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "retainer/store.h"
#include "src/cli/operation_result.h"
#include "src/pipeline/desk.h"

namespace retainer::cli {

// Whether the desk works, and if not, why. Reads little.
OperationResult DeskStatus(pipeline::Desk& desk);

// What waits, what was given up, and what is damaged; each problem with its remedy. Errors: those
// of the store.
absl::StatusOr<OperationResult> DeskState(pipeline::Desk& desk, Store& store, absl::Time now);

}  // namespace retainer::cli
