// The request of `retainer facts`.
#pragma once

#include <nlohmann/json.hpp>

#include "absl/status/statusor.h"
#include "retainer/store.h"
#include "src/cli/operation_result.h"

namespace retainer::cli {

// `{"forge", "after"}`: the facts of the next tickets, ordered by ticket, then by time. The data
// has `facts` and, if there may be more, `last`: the next `after`.
absl::StatusOr<OperationResult> ListFacts(Store& store, const nlohmann::ordered_json& request);

}  // namespace retainer::cli
