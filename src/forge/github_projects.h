// The repositories on GitHub that we reach, and roles in them. Private to this room.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "retainer/forge.h"
#include "src/forge/api_calls.h"

namespace retainer::forge {

// As Forge::ListProjects. `is_app`: we act as an app, not with a token.
absl::StatusOr<std::vector<ProjectInfo>> ListGitHubProjects(const ApiCalls& calls, bool is_app);

// The role that GitHub's answer about an account's permission tells: `admin`, `maintain`, `write`,
// `triage`, `read` or `none`.
std::string GitHubRole(const Json& permission);

}  // namespace retainer::forge
