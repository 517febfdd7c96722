// The desk's own state, for `retainer doctor`.
#pragma once

#include "absl/status/statusor.h"
#include "retainer/store.h"
#include "src/cli/operation_result.h"
#include "src/pipeline/desk.h"

namespace retainer::cli {

// What waits, what was given up, what is damaged: each trouble with its mend. The store's errors.
absl::StatusOr<OperationResult> DeskState(Desk& desk, Store& store);

}  // namespace retainer::cli
