// Reactions on comments, issues and pull or merge requests, on GitHub and on GitLab.
#pragma once

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "retainer/forge.h"
#include "src/forge/api_calls.h"

namespace retainer::forge {

// As Forge::SetReaction and Forge::RemoveReaction. `repository` is its path, `/repos/owner/name`.
absl::StatusOr<std::string> ReactOnGitHub(const ApiCalls& calls, const Scope& scope,
                                          const std::string& repository, std::int64_t number,
                                          const FaceReaction& reaction);
absl::Status UnreactOnGitHub(const ApiCalls& calls, const Scope& scope,
                             const std::string& repository, std::int64_t number,
                             const std::string& object, const std::string& id);

// `ticket` is its path, `/projects/7/issues/12`; `self` is our account's id.
absl::StatusOr<std::string> ReactOnGitLab(const ApiCalls& calls, const std::string& ticket,
                                          const std::string& self, const FaceReaction& reaction);
absl::Status UnreactOnGitLab(const ApiCalls& calls, const std::string& ticket,
                             const std::string& object, const std::string& id);

}  // namespace retainer::forge
