// Tokens of the API, as `retainer token` asks for them: made, listed, ended.
#pragma once

#include <nlohmann/json.hpp>

#include "absl/status/statusor.h"
#include "retainer/clock.h"
#include "retainer/store.h"
#include "src/cli/operation_result.h"
#include "src/pipeline/desk.h"

namespace retainer::cli {

// As CheckTokenFor; the store's errors. The token itself is in the answer and kept nowhere.
absl::StatusOr<OperationResult> CreateToken(Desk& desk, Store& store, Clock& clock,
                                            const nlohmann::ordered_json& request);
absl::StatusOr<OperationResult> ListTokens(Store& store);
// NotFound.
absl::StatusOr<OperationResult> RevokeToken(Store& store, Clock& clock,
                                            const nlohmann::ordered_json& request);

}  // namespace retainer::cli
