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
// `{"customer", "open": true}`: the ratings of the last year, or those that are not followed up.
absl::StatusOr<OperationResult> ListFeedback(pipeline::Desk& desk, Store& store, Clock& clock,
                                             const nlohmann::ordered_json& request);
// `{"ticket", "customer", "kinds", "operator", "reason"}`: the rating is followed up. `customer`
// may be left out if one customer rated the ticket. InvalidArgument: an unknown kind or customer.
// NotFound: nobody rated it.
absl::StatusOr<OperationResult> CloseFeedback(pipeline::Desk& desk, Store& store, Clock& clock,
                                              const nlohmann::ordered_json& request);
// `{"from", "until", "project", "customer", "format"}`. The text is the report.
absl::StatusOr<OperationResult> AskReport(pipeline::Desk& desk, Store& store, Clock& clock,
                                          const nlohmann::ordered_json& request);

}  // namespace retainer::cli
