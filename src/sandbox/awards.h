// Reactions (GitHub) and award emoji (GitLab) on a ticket's texts.
#pragma once

#include <string>

#include "src/sandbox/message.h"
#include "src/sandbox/world.h"

namespace retainer::sandbox {

// `remark`: of which remark; 0: of the opening text. `which`: the reaction's id, empty: the list.
Response GitHubReactions(World& world, Ticket& ticket, std::int64_t remark, const User& by,
                         const Request& request, const std::string& which);
// `name`: of the emoji that is awarded.
Response GitLabAwards(World& world, Ticket& ticket, std::int64_t remark, const User& by,
                      const Request& request, const std::string& which, const std::string& name);

}  // namespace retainer::sandbox
