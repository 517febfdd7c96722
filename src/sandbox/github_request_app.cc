// An app's requests about itself: its hook, its installations, and their tokens.
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "src/sandbox/github_request.h"

namespace retainer::sandbox {

using nlohmann::json;

Response GitHubApi::RouteApp() {
  App& app = *world_.app();
  if (Get() && Size() == 1 && At(0, "app")) return Json(200, shapes_.AppOf(app));
  if (Get() && Size() == 4 && At(0, "repos") && At(3, "installation")) {
    Project* project = world_.FindProject(ForgeKind::kGitHub, absl::StrCat(At(1), "/", At(2)));
    std::int64_t id = project == nullptr ? 0 : world_.InstallationOf(*project);
    return id == 0 ? NotFound() : Json(200, Installation(app, id));
  }
  if (Get() && Size() == 2 && At(0, "app") && At(1, "installations")) {
    std::vector<json> out;
    for (std::int64_t id : world_.Installations()) out.push_back(Installation(app, id));
    return List(out);
  }
  if (Size() >= 3 && At(0, "app") && At(1, "hook")) return AppHook();
  if (At(0, "marketplace_listing")) return Marketplace();
  if (Size() >= 3 && At(0, "app") && At(1, "installations")) {
    std::int64_t id = 0;
    std::string owner;
    if (absl::SimpleAtoi(At(2), &id)) owner = world_.InstallationOwner(id);
    if (owner.empty()) return NotFound();
    if (Get() && Size() == 3) return Json(200, Installation(app, id));
    if (Is("POST") && Size() == 4 && At(3, "access_tokens")) return AccessToken(app, id, owner);
  }
  return NotFound();
}

Response GitHubApi::Projects() {
  const bool installed = At(0, "installation");
  if (installed != Installed()) return Problem(403, "Resource not accessible by integration");
  std::vector<json> out;
  for (const Project& project : world_.projects()) {
    const bool reached = installed ? world_.InstallationOf(project) == credential_->installation
                                   : project.roles.contains(credential_->user);
    if (project.forge == ForgeKind::kGitHub && reached) out.push_back(shapes_.Repository(project));
  }
  if (!installed) return List(out);
  const std::size_t count = out.size();
  Response response = List(out);
  response.body =
      json({{"total_count", count}, {"repositories", json::parse(response.body)}}).dump();
  return response;
}

Response GitHubApi::Marketplace() {
  std::int64_t plan = 0;
  if (!Get() || Size() != 4 || !At(1, "plans") || !absl::SimpleAtoi(At(2), &plan) ||
      !At(3, "accounts") || !world_.listing.plans.contains(plan)) {
    return NotFound();
  }
  std::vector<json> out;
  for (const auto& [account, purchase] : world_.listing.purchases) {
    if (purchase.plan == plan) out.push_back(PurchaserOf(shapes_.Payer(account), purchase));
  }
  return List(out);
}

json GitHubApi::HookConfig(const Hook& hook) {
  json config = {{"content_type", "json"}, {"insecure_ssl", "0"}, {"url", hook.url}};
  if (hook.has_secret) config["secret"] = "********";
  return config;
}

json GitHubApi::AttemptOf(const HookAttempt& attempt) {
  const json body = json::parse(attempt.body);
  const auto id_of = [&](const char* what) {
    const auto found = body.find(what);
    return found != body.end() && found->is_object() ? found->value("id", json()) : json();
  };
  return {{"id", attempt.id},
          {"guid", attempt.guid},
          {"delivered_at", GitHubShapes::Time(attempt.at)},
          {"redelivery", attempt.redelivery},
          {"duration", 0.05},
          {"status", attempt.status >= 200 && attempt.status < 300 ? "OK" : "Failed"},
          {"status_code", attempt.status},
          {"event", attempt.event},
          {"action", attempt.action.empty() ? json() : json(attempt.action)},
          {"installation_id", id_of("installation")},
          {"repository_id", id_of("repository")}};
}

Response GitHubApi::AppHook() {
  if (Get() && Size() == 3 && At(2, "config"))
    return Json(200, HookConfig(world_.hooks[ForgeKind::kGitHub]));
  if (!At(2, "deliveries")) return NotFound();
  if (Get() && Size() == 3) {
    std::vector<json> out;
    for (auto it = world_.attempts().rbegin(); it != world_.attempts().rend(); ++it) {
      out.push_back(AttemptOf(*it));
    }
    return List(out);
  }
  std::int64_t id = 0;
  if (Size() < 4 || !absl::SimpleAtoi(At(3), &id)) return NotFound();
  for (const HookAttempt& attempt : world_.attempts()) {
    if (attempt.id != id) continue;
    if (Get() && Size() == 4) {
      json headers = json::object();
      for (const auto& [name, value] : attempt.headers) headers[name] = value;
      json out = AttemptOf(attempt);
      out["url"] = world_.hooks[ForgeKind::kGitHub].url;
      out["request"] = {{"headers", headers}, {"payload", json::parse(attempt.body)}};
      out["response"] = {{"headers", json::object()}, {"payload", ""}};
      return Json(200, out);
    }
    if (Is("POST") && Size() == 5 && At(4) == "attempts") {
      return world_.on_redeliver(attempt.guid) ? Json(202, json::object()) : NotFound();
    }
  }
  return NotFound();
}

Response GitHubApi::RepositoryHooks(const Project& project) {
  if (Installed()) return Problem(403, "Resource not accessible by integration");
  if (!CanWrite(project, "admin")) return NotFound();
  const Hook& hook = world_.hooks[ForgeKind::kGitHub];
  std::vector<json> out;
  if (!hook.url.empty()) {
    const bool never = hook.last_status < 0;
    json response = {{"code", never || hook.last_status == 0 ? json() : json(hook.last_status)},
                     {"status", never                         ? "unused"
                                : hook.last_status / 100 == 2 ? "active"
                                                              : "misconfigured"},
                     {"message", nullptr}};
    out.push_back({{"type", "Repository"},
                   {"id", project.id},
                   {"name", "web"},
                   {"active", true},
                   {"events", json::array({"*"})},
                   {"config", HookConfig(hook)},
                   {"last_response", response}});
  }
  return List(out);
}

json GitHubApi::Installation(const App& app, std::int64_t id) const {
  const std::string url = absl::StrCat(api_, "/app/installations/", id);
  return {{"id", id},
          {"account", {{"login", world_.InstallationOwner(id)}}},
          {"app_id", app.id},
          {"app_slug", app.slug},
          {"client_id", app.client_id},
          {"access_tokens_url", url + "/access_tokens"},
          {"repository_selection", "selected"},
          {"target_type", "Organization"},
          {"permissions", app.permissions},
          {"suspended_at", nullptr}};
}

Response GitHubApi::AccessToken(const App& app, std::int64_t id, const std::string& owner) {
  Credential credential;
  credential.user = app.bot;
  credential.installation = id;
  credential.owner = owner;
  credential.expires = world_.Now(ForgeKind::kGitHub) + absl::Hours(1);
  credential.permissions = app.permissions;
  return Json(201, {{"token", world_.IssueToken(credential)},
                    {"expires_at", GitHubShapes::Time(credential.expires)},
                    {"permissions", app.permissions},
                    {"repository_selection", "selected"}});
}

}  // namespace retainer::sandbox
