// Loads time zones by their IANA names. Pure except for reading the system's tzdata; thread-safe.
#pragma once

#include <string_view>

#include "absl/time/time.h"

namespace retainer {

// Returns false for unknown names, and for names that mean another zone on another machine or have
// leap seconds: `localtime`, `Factory`, `posixrules`, `posix/…`, `right/…`, paths.
bool LoadNamedZone(std::string_view name, absl::TimeZone* zone);

}  // namespace retainer
