// Instants as text, to the second in UTC: by hand, since answers are full of them and a format
// string costs ten times as much.
#pragma once

#include <string>

#include "absl/time/time.h"

namespace retainer {

// `2026-11-24T09:00:00Z`, RFC 3339.
std::string Rfc3339(absl::Time time);
// `2026-11-24 09:00:00 UTC`, for people.
std::string UtcText(absl::Time time);

}  // namespace retainer
