// Where `retainer gate` has its token from.
#pragma once

#include <string>

#include "absl/status/statusor.h"

namespace retainer::cli {

// The first line of `file`; else the environment's RETAINER_TOKEN; else the CI job's own OIDC token
// for `audience`: RETAINER_ID_TOKEN (a GitLab job's `id_tokens` put it there), or what GitHub
// Actions hands to a job with `permissions: {id-token: write}`, so that no secret is stored
// anywhere. FailedPrecondition, with the mend, where there is none; never a word of the token.
// Unavailable: GitHub does not hand one out.
absl::StatusOr<std::string> GateToken(const std::string& file, const std::string& audience);

}  // namespace retainer::cli
