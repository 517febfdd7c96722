// Where `retainer gate` has its token from.
#pragma once

#include <string>

#include "absl/status/statusor.h"

namespace retainer::cli {

// The first line of `file`, else the environment's RETAINER_TOKEN. FailedPrecondition, with the
// mend, where there is none; never a word of the token.
absl::StatusOr<std::string> GateToken(const std::string& file);

}  // namespace retainer::cli
