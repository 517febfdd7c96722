// Which permissions a GitHub App or token lacks, each with the remedy. Private to this room.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "src/forge/api_calls.h"
#include "src/forge/forge_use.h"

namespace retainer::forge {

// Of an app (only of what is used), or of a token.
absl::StatusOr<std::vector<std::string>> MissingOf(const ApiCalls& calls, const std::string& forge,
                                                   bool is_app, const ForgeUse& use);

}  // namespace retainer::forge
