// Work of customers and their hours, for `retainer hours`.
#pragma once

#include <nlohmann/json.hpp>

#include "absl/status/statusor.h"
#include "retainer/clock.h"
#include "retainer/store.h"
#include "src/cli/operation_result.h"
#include "src/pipeline/desk.h"

namespace retainer::cli {

// InvalidArgument: the policy lacks the customer, and nothing is on record of it.
absl::StatusOr<OperationResult> ShowHours(pipeline::Desk& desk, Store& store, Clock& clock,
                                          const nlohmann::ordered_json& request);
absl::StatusOr<OperationResult> ListWork(pipeline::Desk& desk, Store& store, Clock& clock,
                                         const nlohmann::ordered_json& request);
// Errors as Desk::LogWork and Desk::CorrectWork.
absl::StatusOr<OperationResult> LogWork(pipeline::Desk& desk, Store& store, Clock& clock,
                                        const nlohmann::ordered_json& request);
absl::StatusOr<OperationResult> CorrectWork(pipeline::Desk& desk, Store& store, Clock& clock,
                                            const nlohmann::ordered_json& request);

}  // namespace retainer::cli
