// Instants as text, in UTC with whole seconds. Formatted by hand because answers contain many
// instants and a format string takes ten times as long.
#pragma once

#include <string>

#include "absl/time/time.h"

namespace retainer {

// `2026-11-24T09:00:00Z`, RFC 3339.
std::string Rfc3339(absl::Time time);
// `2026-11-24 09:00:00 UTC`, for people.
std::string UtcText(absl::Time time);

}  // namespace retainer
