// Time zones by their names in the IANA database. Pure but for the system's tzdata; thread-safe.
#pragma once

#include <string_view>

#include "absl/time/time.h"

namespace retainer {

// False for what is no name of the database, and for what means another zone on another machine or
// with other leap seconds: `localtime`, `Factory`, `posixrules`, `posix/…`, `right/…`, paths.
bool LoadNamedZone(std::string_view name, absl::TimeZone* zone);

}  // namespace retainer
