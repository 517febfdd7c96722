// Overrides of the gate that an operator records. Thread-safe.
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
  std::optional<absl::Time> until;  // default: kUsualOverride from now
};

inline constexpr absl::Duration kUsualOverride = absl::Hours(4);

// Records an override, from `now` on. NotFound when the project is unknown. InvalidArgument when
// `until` is past or too far ahead, and when the words name a private customer of `policy`
// (nullptr: no policy in force), because they appear in the gate's answer and so in public logs.
absl::StatusOr<GateOverride> AddOverride(Store& store, const Policy* policy,
                                         const OverrideRequest& request, absl::Time now);

}  // namespace retainer::cli
