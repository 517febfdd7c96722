// GitLab's record of our webhooks. Private to this room.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "retainer/forge.h"
#include "src/forge/api_calls.h"

namespace retainer::forge {

// Which of the projects' webhooks point to `url`, whether GitLab has disabled them, and which
// events they leave out. `policy`: path of the project with the policy's repository, whose pushes
// matter too; empty: none.
absl::StatusOr<HookHealth> HooksOfProjects(const ApiCalls& calls, const std::string& forge,
                                           const std::string& url,
                                           const std::vector<std::string>& projects,
                                           const std::string& policy);

}  // namespace retainer::forge
