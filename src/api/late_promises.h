// Promises that are late and still open, which figures count as missed from their due instants on.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "retainer/store.h"

namespace retainer {

using LatePromises = std::map<Metric, std::uint64_t>;

// Of a customer's claims in force, at `now` and not as of the last tick; of one project, or of all.
// Errors are the store's.
absl::StatusOr<LatePromises> CountLate(Store& store, const std::string& customer,
                                       const std::optional<ProjectKey>& project, absl::Time now);

}  // namespace retainer
