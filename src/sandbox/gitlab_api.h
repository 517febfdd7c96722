// GitLab's REST (v4) as far as Retainer calls it. Inside the sandbox only; the caller holds the
// lock.
#pragma once

#include <string>

#include "src/sandbox/gitlab_shapes.h"
#include "src/sandbox/message.h"
#include "src/sandbox/world.h"

namespace retainer::sandbox {

// Answers `request`, whose segments begin after the API's root.
Response AnswerGitLab(World& world, const GitLabShapes& shapes, const std::string& api_url,
                      const Request& request);

}  // namespace retainer::sandbox
