#include "src/forge/github_projects.h"

#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "src/forge/github_backfill.h"

namespace retainer::forge {
namespace {

void AddProject(const Json& repository, const std::string& installation,
                std::vector<ProjectInfo>* projects) {
  if (BoolAt(repository, "archived") || IdAt(repository, "id").empty()) return;
  ProjectInfo project = GitHubProject(repository);
  project.installation_id = installation;
  projects->push_back(std::move(project));
}

// "List repositories accessible to the app installation" in
// https://docs.github.com/en/rest/apps/installations
// This list is a member of an object, unlike GitHub's other lists.
absl::Status AddInstalled(const ApiCalls& calls, const std::string& installation,
                          std::vector<ProjectInfo>* projects) {
  Scope scope;
  scope.kind = Scope::Kind::kProject;
  scope.installation_id = installation;
  ApiRequest request;
  request.path = "/installation/repositories";
  for (int page = 1; page <= kMaxPages; ++page) {
    request.query = absl::StrCat("per_page=", kPageSize, "&page=", page);
    const auto answer = calls.GetJson(scope, request);
    if (!answer.ok()) return answer.status();
    const Json& repositories = At(*answer, "repositories");
    if (!repositories.is_array()) {
      return absl::UnavailableError("the answer to a list of repositories holds none");
    }
    for (const Json& repository : repositories) AddProject(repository, installation, projects);
    if (repositories.size() < kPageSize) return absl::OkStatus();
  }
  return absl::FailedPreconditionError(
      absl::StrCat("an installation on more than ", kMaxPages * kPageSize,
                   " repositories is larger than this desk reads"));
}

}  // namespace

absl::StatusOr<std::vector<ProjectInfo>> ListGitHubProjects(const ApiCalls& calls, bool is_app) {
  std::vector<ProjectInfo> projects;
  if (!is_app) {
    const auto repositories = calls.GetPages(
        {}, "/user/repos", "affiliation=owner,collaborator,organization_member&sort=full_name");
    if (!repositories.ok()) return repositories.status();
    for (const Json& repository : *repositories) AddProject(repository, "", &projects);
    return projects;
  }
  const auto installations = calls.GetPages({Scope::Kind::kApp}, "/app/installations", "");
  if (!installations.ok()) return installations.status();
  for (const Json& installation : *installations) {
    if (!StringAt(installation, "suspended_at").empty()) continue;
    const absl::Status added = AddInstalled(calls, IdAt(installation, "id"), &projects);
    if (!added.ok()) return added;
  }
  return projects;
}

std::string GitHubRole(const Json& permission) {
  static const std::set<std::string> kRoles = {"admin",  "maintain", "write",
                                               "triage", "read",     "none"};
  // role_name tells maintain from write and triage from read, but it may be an organisation's
  // custom role. In that case `permission` names the role that it is based on.
  for (const char* key : {"role_name", "permission"}) {
    const std::string role = StringAt(permission, key);
    if (kRoles.contains(role)) return role;
  }
  return "none";
}

}  // namespace retainer::forge
