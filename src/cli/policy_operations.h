// What operators ask about the policy's versions: the log, the files of one, what changed between
// two.
#pragma once

#include <nlohmann/json.hpp>

#include "absl/status/statusor.h"
#include "retainer/store.h"
#include "src/cli/operation_result.h"

namespace retainer::cli {

// Versions are numbered from 1 in the order in which they came into force. `version` of a request
// is such a number, or the beginning of a version's id or commit; empty: the newest.
//
// Errors: FailedPrecondition while there is no version; NotFound for an unknown one,
// InvalidArgument for an ambiguous one.
absl::StatusOr<OperationResult> PolicyLog(Store& store);
absl::StatusOr<OperationResult> ShowPolicyVersion(Store& store,
                                                  const nlohmann::ordered_json& request);
// `from` and `to` in place of `version`.
absl::StatusOr<OperationResult> DiffPolicyVersions(Store& store,
                                                   const nlohmann::ordered_json& request);

}  // namespace retainer::cli
