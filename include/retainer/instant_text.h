// Instants as text, in UTC with whole seconds. Formatted by hand because answers contain many
// instants and a format string takes ten times as long.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "absl/time/time.h"

namespace retainer {

// `2026-11-24T09:00:00Z`, RFC 3339.
std::string Rfc3339(absl::Time time);
// The same with the fraction of the second, without trailing zeros.
std::string ExactRfc3339(absl::Time time);
// Parses RFC 3339 with upper-case `T` and `Z`; nullopt for anything else, e.g. February 30.
std::optional<absl::Time> ParseRfc3339(std::string_view text);
// `2026-11-24 09:00:00 UTC`, for people.
std::string UtcText(absl::Time time);

}  // namespace retainer
