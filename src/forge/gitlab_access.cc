#include "src/forge/gitlab_access.h"

#include <cstdint>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "src/forge/url.h"

namespace retainer::forge {
namespace {

// GitLab's access levels.
constexpr std::int64_t kGuest = 10;
constexpr std::int64_t kPlanner = 15;
constexpr std::int64_t kReporter = 20;
constexpr std::int64_t kDeveloper = 30;

std::string RoleOf(std::int64_t level) {
  if (level >= kReporter) return "Reporter";
  if (level >= kPlanner) return "Planner";
  return level >= kGuest ? "Guest" : "no role";
}

}  // namespace

bool IsActiveMember(const Json& member) {
  const std::string state = StringAt(member, "state");
  const std::string membership = StringAt(member, "membership_state");
  return (state.empty() || state == "active") && (membership.empty() || membership == "active");
}

absl::StatusOr<AccessHealth> AccessToProjects(const ApiCalls& calls, const std::string& forge,
                                              const std::vector<std::string>& projects) {
  AccessHealth health;
  if (projects.empty()) return health;
  const auto self = calls.GetJson({}, "/user");
  if (!self.ok()) return self.status();
  // GitLab shows this field only to administrators, who are members of few projects.
  const Json& admin = At(*self, "is_admin");
  if (admin.is_boolean() && admin.get<bool>()) return health;
  const std::string login = StringAt(*self, "username");
  for (const std::string& project : projects) {
    ApiRequest request;
    request.path =
        absl::StrCat("/projects/", PercentEncode(project), "/members/all/", NumberAt(*self, "id"));
    request.expected = {403, 404};
    const auto response = calls.Call({}, request);
    if (!response.ok()) return response.status();
    const Json member = ParseJson(response->body).value_or(Json());
    if (response->status == 403 ||
        (response->status == 404 && absl::StrContains(StringAt(member, "message"), "Project"))) {
      health.wrong.push_back(
          absl::StrCat(forge, ": ", project, " cannot be seen by our account ", login,
                       ": add it there with the role Reporter or Developer, or correct the name in "
                       "the policy"));
      continue;
    }
    const std::int64_t level =
        response->status == 200 && IsActiveMember(member) ? NumberAt(member, "access_level") : 0;
    if (level < kReporter) {
      health.wrong.push_back(
          absl::StrCat(forge, ": our account ", login, " has ", RoleOf(level), " in ", project,
                       " and may not label there: give it Reporter at least, Developer for the "
                       "status on merge requests, under Manage, Members"));
    } else if (level < kDeveloper) {
      health.weaker.push_back(
          absl::StrCat(forge, ": our account ", login, " has ", RoleOf(level), " in ", project,
                       ", and the status on merge requests takes Developer: give it that under "
                       "Manage, Members, or write `checks: off` into the policy"));
    }
  }
  return health;
}

}  // namespace retainer::forge
