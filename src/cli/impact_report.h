// Formats an impact as JSON, which also carries its pages.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "retainer/impact.h"

namespace retainer::cli {

// The report's data besides its figures.
struct ImpactHead {
  absl::Time as_of;
  std::string policy;  // the version of the changed policy
};

// One JSON object.
std::string ImpactJson(const ImpactHead& head, const Impact& impact);
// Reads the figures from ImpactJson's text. Unavailable when another version of the program wrote
// it.
absl::StatusOr<Impact> ParseImpact(const std::string& text);

}  // namespace retainer::cli
