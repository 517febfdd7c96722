// Counts promises that are late and still open. Figures count them as missed from their due
// instants on.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "retainer/store.h"

namespace retainer::pipeline {

using LatePromises = std::map<Metric, std::uint64_t>;

// Those of a customer's claims in force, of one project or of all. Counts at `now`, not at the last
// tick. Errors: those of the store.
absl::StatusOr<LatePromises> CountLate(Store& store, const std::string& customer,
                                       const std::optional<ProjectKey>& project, absl::Time now);

}  // namespace retainer::pipeline
