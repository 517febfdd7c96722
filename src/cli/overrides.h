// Overrides of the gate, as an operator puts them on record. Thread-safe.
#pragma once

#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "retainer/policy.h"
#include "retainer/store.h"

namespace retainer::cli {

struct OverrideRequest {
  std::string project;  // forge:path
  std::string by;
  std::string reason;
  std::optional<absl::Time> until;  // else kUsualOverride from now
};

inline constexpr absl::Duration kUsualOverride = absl::Hours(4);

// Puts one on record, from `now` on. NotFound where nothing is known of the project;
// InvalidArgument for a time that is over or too long, and for words that name a private customer
// of `policy` (nullptr: none is in force), for they stand in the gate's answer and so in public
// logs.
absl::StatusOr<GateOverride> AddOverride(Store& store, const Policy* policy,
                                         const OverrideRequest& request, absl::Time now);

}  // namespace retainer::cli
