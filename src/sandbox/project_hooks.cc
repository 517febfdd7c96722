#include "src/sandbox/project_hooks.h"

#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <string_view>

#include "absl/strings/match.h"
#include "src/sandbox/gitlab_shapes.h"

namespace retainer::sandbox {
namespace {

using nlohmann::json;

constexpr const char* kHookEventFields[] = {
    "issues_events",         "confidential_issues_events", "note_events",
    "merge_requests_events", "confidential_note_events",   "push_events"};

json ShapeOf(const Hook& hook, const Project& project) {
  // The API never shows the token.
  json shape = {{"id", project.id},
                {"url", hook.url},
                {"project_id", project.id},
                {"enable_ssl_verification", true},
                {"alert_status", hook.alert_status},
                {"disabled_until",
                 hook.disabled_until ? json(GitLabShapes::Time(*hook.disabled_until)) : json()}};
  const auto own = hook.events.find(project.id);
  for (const char* event : kHookEventFields) {
    shape[event] = own == hook.events.end() || own->second.contains(event);
  }
  return shape;
}

}  // namespace

std::vector<json> ProjectHooks(World& world, const Project& project) {
  const Hook& hook = world.hooks[ForgeKind::kGitLab];
  if (hook.url.empty() || (!hook.token.empty() && !hook.events.contains(project.id))) return {};
  return {ShapeOf(hook, project)};
}

std::optional<json> SaveProjectHook(World& world, const Project& project,
                                    std::optional<std::int64_t> id, const json& parameters) {
  if (id && (*id != project.id || ProjectHooks(world, project).empty())) return std::nullopt;
  const std::string url = parameters.value("url", "");
  if (!absl::StartsWith(url, "http://") && !absl::StartsWith(url, "https://")) return std::nullopt;
  Hook& hook = world.hooks[ForgeKind::kGitLab];
  hook.url = url;
  hook.token = parameters.value("token", "");
  hook.has_secret = !hook.token.empty();
  std::set<std::string>& events = hook.events[project.id];
  events.clear();
  for (const char* event : kHookEventFields) {
    // GitLab sends pushes unless it is told otherwise.
    if (parameters.value(event, std::string_view(event) == "push_events")) events.insert(event);
  }
  return ShapeOf(hook, project);
}

}  // namespace retainer::sandbox
