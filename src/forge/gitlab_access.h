// What our account may do in GitLab's projects. Private to this room.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "retainer/forge.h"
#include "src/forge/api_calls.h"

namespace retainer::forge {

// `member` as GitLab sends it. An invitation that was not accepted, or a blocked account, is not an
// active member.
bool IsActiveMember(const Json& member);

// Whether our account's role in each of the projects is enough for the desk's work. An
// administrator's role is enough everywhere.
absl::StatusOr<AccessHealth> AccessToProjects(const ApiCalls& calls, const std::string& forge,
                                              const std::vector<std::string>& projects);

}  // namespace retainer::forge
