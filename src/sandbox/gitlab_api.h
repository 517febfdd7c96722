// The part of GitLab's REST API (v4) that Retainer calls. Private to the sandbox; the caller holds
// the lock.
#pragma once

#include <string>

#include "src/sandbox/gitlab_shapes.h"
#include "src/sandbox/message.h"
#include "src/sandbox/oauth.h"
#include "src/sandbox/sandbox_world.h"

namespace retainer::sandbox {

// Answers `request`. Its segments start after the API's root.
Response AnswerGitLab(World& world, OAuth& oauth, const GitLabShapes& shapes,
                      const std::string& api_url, const Request& request);

}  // namespace retainer::sandbox
