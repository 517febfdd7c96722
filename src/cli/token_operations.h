// Creates, lists and revokes the API's tokens, for `retainer token`.
#pragma once

#include <nlohmann/json.hpp>

#include "absl/status/statusor.h"
#include "retainer/clock.h"
#include "retainer/store.h"
#include "src/cli/operation_result.h"
#include "src/pipeline/desk.h"

namespace retainer::cli {

// Errors: those of CheckTokenFor and of the store. The answer has the token itself, which is stored
// nowhere.
absl::StatusOr<OperationResult> CreateToken(pipeline::Desk& desk, Store& store, Clock& clock,
                                            const nlohmann::ordered_json& request);
absl::StatusOr<OperationResult> ListTokens(Store& store);
// NotFound.
absl::StatusOr<OperationResult> RevokeToken(Store& store, Clock& clock,
                                            const nlohmann::ordered_json& request);

}  // namespace retainer::cli
