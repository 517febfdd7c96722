// Commit statuses of GitHub and GitLab. Private to this room.
#pragma once

#include <string>

#include "absl/status/status.h"
#include "retainer/forge.h"
#include "src/forge/api_calls.h"

namespace retainer::forge {

// As Forge::SetStatus. `repository`: `/repos/owner/name`.
absl::Status SetGitHubStatus(const ApiCalls& calls, const Scope& scope,
                             const std::string& repository, const CommitStatus& status);
// `project`: `/projects/ID`.
absl::Status SetGitLabStatus(const ApiCalls& calls, const std::string& project,
                             const CommitStatus& status);

}  // namespace retainer::forge
