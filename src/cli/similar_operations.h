// The requests of `retainer similar`.
#pragma once

#include <nlohmann/json.hpp>

#include "absl/status/statusor.h"
#include "src/cli/operation_result.h"
#include "src/pipeline/desk.h"
#include "src/similar/similar.h"

namespace retainer::cli {

// `{"ticket"}`: solved tickets that are like it. Without a service that keeps the index up, it is
// brought up to date first. NotFound: no such ticket.
absl::StatusOr<OperationResult> FindSimilar(pipeline::Desk& desk, similar::Similar* similar,
                                            const nlohmann::ordered_json& request);
// Measures the search on the duplicates of the store, and keeps the threshold that it finds.
absl::StatusOr<OperationResult> EvaluateSimilar(similar::Similar* similar);

}  // namespace retainer::cli
