// Finds the token of `retainer gate`.
#pragma once

#include <string>

#include "absl/status/statusor.h"

namespace retainer::cli {

// Takes the first of: the first line of `file`; RETAINER_TOKEN in the environment; the CI job's own
// OIDC token for `audience`. GitLab puts an OIDC token into RETAINER_ID_TOKEN (by the job's
// `id_tokens`); GitHub Actions gives one to a job with `permissions: {id-token: write}`. With an
// OIDC token no secret is stored anywhere. FailedPrecondition, with the remedy, when there is no
// token; Unavailable when GitHub does not give one. Errors never contain the token.
absl::StatusOr<std::string> GateToken(const std::string& file, const std::string& audience);

}  // namespace retainer::cli
