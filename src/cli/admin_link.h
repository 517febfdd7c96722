// Links by which somebody becomes an admin of the pages: for the first day, and for the demo.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "nlohmann/json.hpp"
#include "retainer/clock.h"
#include "retainer/store.h"
#include "src/cli/operation_result.h"

namespace retainer::cli {

inline constexpr absl::Duration kAdminLinkLasts = absl::Minutes(10);

// Makes a link that works once and for kAdminLinkLasts. `public_url`: of the configuration.
// FailedPrecondition, with the remedy, if it is empty. Else the store's errors.
absl::StatusOr<std::string> NewAdminLink(Store& store, Clock& clock, const std::string& public_url,
                                         const std::string& by);
// The operation `desk link`: `by` is the name of the operator.
absl::StatusOr<OperationResult> MakeAdminLink(Store& store, Clock& clock,
                                              const std::string& public_url,
                                              const nlohmann::ordered_json& request);

}  // namespace retainer::cli
