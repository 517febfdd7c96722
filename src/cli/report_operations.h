// The requests of `retainer figures` and `retainer report`.
#pragma once

#include <nlohmann/json.hpp>

#include "absl/status/statusor.h"
#include "retainer/clock.h"
#include "retainer/store.h"
#include "src/cli/operation_result.h"
#include "src/pipeline/desk.h"

namespace retainer::cli {

// `{"by", "from", "until", "project", "customer"}`; empty texts: not given. The data is the figures
// as JSON, the text the same for people, or as CSV with `"csv": true`.
absl::StatusOr<OperationResult> AskFigures(pipeline::Desk& desk, Store& store, Clock& clock,
                                           const nlohmann::ordered_json& request);
// `{"from", "until", "project", "customer", "format"}`. The text is the report.
absl::StatusOr<OperationResult> AskReport(pipeline::Desk& desk, Store& store, Clock& clock,
                                          const nlohmann::ordered_json& request);

}  // namespace retainer::cli
