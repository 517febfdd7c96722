// Who holds plans of the app's listing on GitHub Marketplace. Private to this room.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "retainer/forge.h"
#include "src/forge/api_calls.h"

namespace retainer::forge {

// As Forge::ListPurchases. `is_app`: we act as an app, not with a token.
absl::StatusOr<std::vector<RemotePurchase>> ListGitHubPurchases(const ApiCalls& calls, bool is_app,
                                                                const std::string& plan);

}  // namespace retainer::forge
