// GitLab's webhooks as seen from GitLab. Private to this room.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "retainer/forge.h"
#include "src/forge/api_calls.h"

namespace retainer::forge {

// Which of the projects' webhooks go to `url`, whether GitLab has switched them off, and what they
// do not tell.
absl::StatusOr<HookHealth> HooksOfProjects(const ApiCalls& calls, const std::string& forge,
                                           const std::string& url,
                                           const std::vector<std::string>& projects);

}  // namespace retainer::forge
