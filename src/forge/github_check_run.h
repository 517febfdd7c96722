// Check runs on GitHub. Private to this room.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "retainer/forge.h"
#include "src/forge/api_calls.h"

namespace retainer::forge {

// As Forge::SetCheck. `repository` is its path, `/repos/owner/name`. `app_login` is the account of
// our app (`SLUG[bot]`); empty when we act with a token.
absl::StatusOr<std::string> SetCheckRun(const ApiCalls& calls, const Scope& scope,
                                        const std::string& repository, const std::string& app_login,
                                        const RemoteCheck& check, const std::string& id);

}  // namespace retainer::forge
