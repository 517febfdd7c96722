// Reactions (GitHub) and award emoji (GitLab) on a ticket's texts.
#pragma once

#include <string>

#include "src/sandbox/message.h"
#include "src/sandbox/sandbox_world.h"

namespace retainer::sandbox {

// `remark` is the id of the remark, or 0 for the opening text. `which` is the reaction's id, or
// empty for the list.
Response GitHubReactions(World& world, Ticket& ticket, std::int64_t remark, const User& by,
                         const Request& request, const std::string& which);
// `name` is the emoji to award. The other parameters are as above.
Response GitLabAwards(World& world, Ticket& ticket, std::int64_t remark, const User& by,
                      const Request& request, const std::string& which, const std::string& name);

}  // namespace retainer::sandbox
