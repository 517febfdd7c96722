// What our account may do in GitLab's projects. Private to this room.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "retainer/forge.h"
#include "src/forge/api_calls.h"

namespace retainer::forge {

// `member` as GitLab tells it. An invitation that nobody took up, or a blocked account, is none.
bool IsActiveMember(const Json& member);

// Whether our account's role in each of the projects suffices for the desk's work. That of an
// administrator does everywhere.
absl::StatusOr<AccessHealth> AccessToProjects(const ApiCalls& calls, const std::string& forge,
                                              const std::vector<std::string>& projects);

}  // namespace retainer::forge
