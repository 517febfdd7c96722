#include "src/sandbox/github_api.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "src/sandbox/awards.h"
#include "src/sandbox/crypto.h"
#include "src/sandbox/github_answers.h"
#include "src/sandbox/github_checks.h"
#include "src/sandbox/pages.h"

namespace retainer::sandbox {
namespace {

using nlohmann::json;

constexpr std::size_t kLongestBody = 65536;  // characters

constexpr ForgeKind kForge = ForgeKind::kGitHub;

std::size_t Characters(const std::string& text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xC0) != 0x80; }));
}

// One request on its way to its answer.
class GitHubApi {
 public:
  GitHubApi(World& world, const GitHubShapes& shapes, const std::string& api, ContentLimit* limit,
            const Request& request)
      : world_(world), shapes_(shapes), api_(api), limit_(limit), request_(request) {}

  Response Answer() {
    Response response = Authenticate();
    const absl::Time now = world_.Now(kForge);
    if (response.status == 200) {
      RateWindow& rate = world_.Rate(kForge, who_);
      if (rate.used >= rate.limit) {
        response = Problem(403, absl::StrCat("API rate limit exceeded for ", who_, "."));
      } else {
        response = Route();
        if (request_.method == "GET" && response.status == 200) Tag(response);
        // What has not changed is free.
        if (response.status != 304) ++rate.used;
      }
      response.Set("X-RateLimit-Limit", absl::StrCat(rate.limit));
      response.Set("X-RateLimit-Remaining", absl::StrCat(std::max(0, rate.limit - rate.used)));
      response.Set("X-RateLimit-Used", absl::StrCat(rate.used));
      response.Set("X-RateLimit-Reset", absl::StrCat(absl::ToUnixSeconds(rate.resets)));
      response.Set("X-RateLimit-Resource", "core");
      if (credential_ != nullptr && credential_->installation == 0) {
        response.Set("X-OAuth-Scopes", "read:org, repo");
        response.Set("X-Accepted-OAuth-Scopes", "repo");
      }
    }
    response.Set("Date", absl::FormatTime("%a, %d %b %Y %H:%M:%S GMT", now, absl::UTCTimeZone()));
    response.Set("X-GitHub-Media-Type", "github.v3; format=json");
    response.Set("X-GitHub-Request-Id", RandomHex(8));
    return response;
  }

 private:
  bool Get() const { return request_.method == "GET"; }
  bool Is(const char* method) const { return request_.method == method; }
  std::size_t Size() const { return request_.segments.size(); }
  const std::string& At(std::size_t index) const { return request_.segments[index]; }
  bool At(std::size_t index, const char* word) const { return Size() > index && At(index) == word; }

  // ---- Who asks

  Response Authenticate() {
    std::string authorization = request_.Header("authorization");
    std::size_t space = authorization.find(' ');
    std::string scheme = absl::AsciiStrToLower(authorization.substr(0, space));
    std::string token = space == std::string::npos ? "" : authorization.substr(space + 1);
    if (token.empty() || (scheme != "bearer" && scheme != "token")) {
      return Problem(401, "Requires authentication");
    }
    if (scheme == "bearer" && std::count(token.begin(), token.end(), '.') == 2) {
      return AuthenticateApp(token);
    }
    credential_ = world_.FindToken(token);
    if (credential_ == nullptr || credential_->forge != kForge) {
      credential_ = nullptr;
      return Problem(401, "Bad credentials");
    }
    user_ = world_.FindUser(kForge, credential_->user);
    who_ = credential_->installation != 0
               ? absl::StrCat("installation ID ", credential_->installation)
               : absl::StrCat("user ID ", credential_->user);
    return {};
  }

  Response AuthenticateApp(const std::string& token) {
    if (world_.app() == nullptr) return Problem(404, "Integration not found");
    App& app = *world_.app();
    absl::StatusOr<JwtClaims> claims = ReadJwt(token, app.public_pem);
    if (!claims.ok()) return Problem(401, std::string(claims.status().message()));
    const std::int64_t now = absl::ToUnixSeconds(world_.Now(kForge));
    if (!claims->issued_at || *claims->issued_at > now) {
      return Problem(401,
                     "'Issued at' claim ('iat') must be an Integer representing the time that the "
                     "assertion was issued");
    }
    if (!claims->expires || *claims->expires <= now) {
      return Problem(401,
                     "'Expiration time' claim ('exp') must be a numeric value representing the "
                     "future time at which the assertion expires");
    }
    if (*claims->expires > now + 600) {
      return Problem(401, "'Expiration time' claim ('exp') is too far in the future");
    }
    if (claims->issuer != absl::StrCat(app.id) && claims->issuer != app.client_id) {
      return Problem(404, "Integration not found");
    }
    as_app_ = true;
    who_ = absl::StrCat("app ID ", app.id);
    return {};
  }

  bool Installed() const { return credential_ != nullptr && credential_->installation != 0; }

  // What an installation lacks for `permission` at `level`; nullopt where nothing.
  std::optional<Response> Lacks(const std::string& permission, const std::string& level) const {
    if (!Installed()) return std::nullopt;
    auto it = credential_->permissions.find(permission);
    if (it != credential_->permissions.end() && (it->second == "write" || level == "read")) {
      return std::nullopt;
    }
    Response response = Problem(403, "Resource not accessible by integration");
    response.Set("X-Accepted-GitHub-Permissions", absl::StrCat(permission, "=", level));
    return response;
  }

  bool CanSee(const Project& project) const {
    if (Installed()) {
      return world_.InstallationOf(project) == credential_->installation || !project.is_private;
    }
    return RoleRank(world_.Role(project, credential_->user)) >= 0;
  }

  bool CanWrite(const Project& project, const char* role) const {
    if (Installed()) return world_.InstallationOf(project) == credential_->installation;
    return RoleRank(world_.Role(project, credential_->user)) >= RoleRank(role);
  }

  // ---- Which answer

  Response Route() {
    if (as_app_) return RouteApp();
    if (Size() == 0) return Json(200, {{"current_user_url", api_ + "/user"}});
    if (Get() && Size() == 1 && At(0, "user")) {
      if (Installed()) return Problem(403, "Resource not accessible by integration");
      return Json(200, shapes_.FullAccount(*user_));
    }
    if (Get() && Size() == 1 && At(0, "rate_limit")) return RateLimit();
    if (Get() && Size() == 2 && (At(0, "users") || At(0, "user"))) return OneUser();
    if (Get() && Size() == 2 && At(0, "orgs")) {
      const Organization* organization = world_.FindOrganization(kForge, At(1));
      return organization == nullptr ? NotFound()
                                     : Json(200, shapes_.OrganizationOf(*organization));
    }
    if (Get() && Size() == 4 && At(0, "orgs")) return Membership();
    if (At(0, "repositories") && Size() >= 2) {
      std::int64_t id = 0;
      if (!absl::SimpleAtoi(At(1), &id)) return NotFound();
      Project* project = world_.FindProject(kForge, id);
      if (project == nullptr || !CanSee(*project)) return NotFound();
      return InProject(*project, 2);
    }
    if (At(0, "repos") && Size() >= 3) {
      const std::string path = absl::StrCat(At(1), "/", At(2));
      Project* project = world_.FindProject(kForge, path);
      if (project == nullptr) {
        Project* moved = world_.FindFormerProject(kForge, path);
        if (moved == nullptr || !CanSee(*moved)) return NotFound();
        return Moved(*moved);
      }
      if (!CanSee(*project)) return NotFound();
      return InProject(*project, 3);
    }
    return NotFound();
  }

  Response RouteApp() {
    App& app = *world_.app();
    if (Get() && Size() == 1 && At(0, "app")) return Json(200, shapes_.AppOf(app));
    if (Get() && Size() == 4 && At(0, "repos") && At(3, "installation")) {
      Project* project = world_.FindProject(kForge, absl::StrCat(At(1), "/", At(2)));
      std::int64_t id = project == nullptr ? 0 : world_.InstallationOf(*project);
      return id == 0 ? NotFound() : Json(200, Installation(app, id));
    }
    if (Get() && Size() == 2 && At(0, "app") && At(1, "installations")) {
      std::vector<json> out;
      for (std::int64_t id : world_.Installations()) out.push_back(Installation(app, id));
      return List(out);
    }
    if (Size() >= 3 && At(0, "app") && At(1, "hook")) return AppHook();
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

  static json HookConfig(const Hook& hook) {
    json config = {{"content_type", "json"}, {"insecure_ssl", "0"}, {"url", hook.url}};
    if (hook.has_secret) config["secret"] = "********";
    return config;
  }

  Response AppHook() {
    if (Get() && Size() == 3 && At(2, "config")) return Json(200, HookConfig(world_.hooks[kForge]));
    if (!At(2, "deliveries")) return NotFound();
    if (Get() && Size() == 3) {
      std::vector<json> out;
      for (auto it = world_.attempts().rbegin(); it != world_.attempts().rend(); ++it) {
        out.push_back({{"id", it->id},
                       {"guid", it->guid},
                       {"delivered_at", GitHubShapes::Time(it->at)},
                       {"redelivery", it->redelivery},
                       {"duration", 0.05},
                       {"status", it->status >= 200 && it->status < 300 ? "OK" : "Failed"},
                       {"status_code", it->status},
                       {"event", it->event},
                       {"action", it->action.empty() ? json() : json(it->action)},
                       {"installation_id", nullptr},
                       {"repository_id", nullptr}});
      }
      return List(out);
    }
    std::int64_t id = 0;
    if (!Is("POST") || Size() != 5 || At(4) != "attempts" || !absl::SimpleAtoi(At(3), &id)) {
      return NotFound();
    }
    for (const HookAttempt& attempt : world_.attempts()) {
      if (attempt.id != id) continue;
      return world_.on_redeliver(attempt.guid) ? Json(202, json::object()) : NotFound();
    }
    return NotFound();
  }

  Response RepositoryHooks(const Project& project) {
    if (Installed()) return Problem(403, "Resource not accessible by integration");
    if (!CanWrite(project, "admin")) return NotFound();
    const Hook& hook = world_.hooks[kForge];
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

  json Installation(const App& app, std::int64_t id) const {
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

  Response AccessToken(const App& app, std::int64_t id, const std::string& owner) {
    Credential credential;
    credential.user = app.bot;
    credential.installation = id;
    credential.owner = owner;
    credential.expires = world_.Now(kForge) + absl::Hours(1);
    credential.permissions = app.permissions;
    return Json(201, {{"token", world_.IssueToken(credential)},
                      {"expires_at", GitHubShapes::Time(credential.expires)},
                      {"permissions", app.permissions},
                      {"repository_selection", "selected"}});
  }

  Response RateLimit() {
    const RateWindow& rate = world_.Rate(kForge, who_);
    json core = {{"limit", rate.limit},
                 {"used", rate.used},
                 {"remaining", std::max(0, rate.limit - rate.used)},
                 {"reset", absl::ToUnixSeconds(rate.resets)}};
    return Json(200, {{"resources", {{"core", core}}}, {"rate", core}});
  }

  Response OneUser() {
    std::int64_t id = 0;
    const User* user = nullptr;
    if (At(0) == "users") {
      user = world_.FindUser(kForge, std::string_view(At(1)));
    } else if (absl::SimpleAtoi(At(1), &id)) {
      user = world_.FindUser(kForge, id);
    }
    return user == nullptr ? NotFound() : Json(200, shapes_.FullAccount(*user));
  }

  Response Membership() {
    const Organization* organization = world_.FindOrganization(kForge, At(1));
    const User* user = world_.FindUser(kForge, std::string_view(At(3)));
    if (organization == nullptr || (At(2) != "members" && At(2) != "public_members")) {
      return NotFound();
    }
    auto member =
        user == nullptr ? organization->members.end() : organization->members.find(user->id);
    const bool is_member = member != organization->members.end();
    if (At(2) == "public_members") return is_member && member->second ? Json(204, {}) : NotFound();
    bool insider = false;
    if (Installed()) {
      insider = SameName(credential_->owner, organization->name) && !Lacks("members", "read");
    } else {
      insider = organization->members.count(credential_->user) > 0;
    }
    if (!insider) {
      Response response = Problem(302, "Found");
      response.Set("Location", absl::StrCat(api_, "/orgs/", organization->name, "/public_members/",
                                            Escape(At(3))));
      return response;
    }
    return is_member ? Json(204, {}) : NotFound();
  }

  Response Moved(const Project& project) const {
    std::string location = absl::StrCat(api_, "/repositories/", project.id);
    for (std::size_t i = 3; i < Size(); ++i) absl::StrAppend(&location, "/", Escape(At(i)));
    std::size_t question = request_.target.find('?');
    if (question != std::string::npos) location += request_.target.substr(question);
    return Redirect(location);
  }

  Response Redirect(const std::string& location) const {
    Response response = Json(Get() ? 301 : 307, {{"message", "Moved Permanently"},
                                                 {"url", location},
                                                 {"documentation_url", kDocumentation}});
    response.Set("Location", location);
    return response;
  }

  // `rest`: where what follows the repository begins.
  Response InProject(Project& project, std::size_t rest) {
    const std::size_t size = Size() - rest;
    auto at = [&](std::size_t index) { return size > index ? At(rest + index) : std::string(); };
    if (size == 0) return Get() ? Json(200, shapes_.Repository(project)) : NotFound();
    if (size == 1 && at(0) == "hooks" && Get()) return RepositoryHooks(project);
    if (at(0) == "collaborators" && at(2) == "permission" && size == 3 && Get()) {
      return Permission(project, at(1));
    }
    if (at(0) == "assignees" && size == 2 && Get()) {
      const User* user = world_.FindUser(kForge, std::string_view(at(1)));
      const bool can = user != nullptr && RoleRank(world_.Role(project, user->id)) >= 1;
      return can ? Json(204, {}) : NotFound();
    }
    if (at(0) == "labels" && size <= 2) return ProjectLabels(project, at(1), size);
    std::int64_t number = 0;
    if (at(0) == "check-runs" && size <= 2) {
      return size == 1 || absl::SimpleAtoi(at(1), &number) ? CheckRun(project, number) : NotFound();
    }
    if (at(0) == "compare" && size == 2 && Get()) return Compare(project, at(1));
    if (at(0) == "commits" && at(2) == "check-runs" && size == 3 && Get()) {
      if (auto lack = Lacks("checks", "read")) return *lack;
      return ListCheckRuns(world_, project, at(1), request_.Query("check_name"),
                           shapes_.RepositoryUrl(project));
    }
    if (at(0) == "issues") {
      if (size == 1) return Get() ? Issues(project) : NotFound();
      if (at(1) == "comments" && size >= 3 && absl::SimpleAtoi(at(2), &number)) {
        if (at(3) == "reactions" && size <= 5) {
          return ReactionsOf(project, Remark::Kind::kComment, number, at(4));
        }
        return size == 3 ? OneComment(project, Remark::Kind::kComment, number) : NotFound();
      }
      if (absl::SimpleAtoi(at(1), &number)) {
        return WithTicket(project, std::nullopt, number, [&](Ticket& ticket) {
          return InIssue(project, ticket, at(2), at(3), size);
        });
      }
    }
    if (at(0) == "pulls") {
      if (at(1) == "comments" && size >= 3 && absl::SimpleAtoi(at(2), &number)) {
        if (at(3) == "reactions" && size <= 5) {
          return ReactionsOf(project, Remark::Kind::kReviewComment, number, at(4));
        }
        return size == 3 ? OneComment(project, Remark::Kind::kReviewComment, number) : NotFound();
      }
      if (absl::SimpleAtoi(at(1), &number) && Get() && size <= 3) {
        return WithTicket(project, TicketKind::kChange, number, [&](Ticket& ticket) {
          if (size == 2) return Json(200, shapes_.PullRequest(project, ticket));
          if (at(2) == "reviews") return Remarks(project, ticket, Remark::Kind::kReview);
          if (at(2) == "comments") return Remarks(project, ticket, Remark::Kind::kReviewComment);
          return NotFound();
        });
      }
    }
    return NotFound();
  }

  template <typename Then>
  Response WithTicket(Project& project, std::optional<TicketKind> kind, std::int64_t number,
                      Then then) {
    Ticket* ticket = world_.FindTicket(project, kind, number);
    if (ticket == nullptr) return NotFound();
    if (ticket->deleted) return Problem(410, "This issue was deleted");
    if (ticket->moved) {
      Project* to = world_.FindProject(kForge, ticket->moved->first);
      if (to == nullptr || !CanSee(*to)) return NotFound();
      return Redirect(absl::StrCat(shapes_.RepositoryUrl(*to), "/issues/", ticket->moved->second));
    }
    return then(*ticket);
  }

  Response InIssue(Project& project, Ticket& ticket, const std::string& what,
                   const std::string& which, std::size_t size) {
    if (size == 2) return Get() ? Json(200, shapes_.Issue(project, ticket)) : NotFound();
    if (what == "comments" && size == 3) {
      if (Get()) return Remarks(project, ticket, Remark::Kind::kComment);
      if (Is("POST")) return CreateComment(project, ticket);
    }
    if (what == "events" && size == 3 && Get()) return Events(project, ticket, false);
    if (what == "timeline" && size == 3 && Get()) return Events(project, ticket, true);
    if (what == "labels") return TicketLabels(project, ticket, which, size);
    if (what == "reactions" && size <= 4) {
      return GitHubReactions(world_, ticket, 0, *user_, request_, which);
    }
    if (what == "assignees" && size == 3 && (Is("POST") || Is("DELETE"))) {
      return Assignees(project, ticket);
    }
    return NotFound();
  }

  // ---- Answers within a repository

  Response ReactionsOf(Project& project, Remark::Kind kind, std::int64_t id,
                       const std::string& which) {
    const auto [ticket, remark] = World::FindRemark(project, kind, id);
    return remark == nullptr ? NotFound()
                             : GitHubReactions(world_, *ticket, id, *user_, request_, which);
  }

  Response Permission(Project& project, const std::string& login) {
    const User* user = world_.FindUser(kForge, std::string_view(login));
    if (user == nullptr) return Problem(404, absl::StrCat(login, " is not a user"));
    if (!CanWrite(project, "write")) {
      return Problem(403, "Must have push access to view collaborator permission.");
    }
    const std::string role = world_.Role(project, user->id);
    const int rank = RoleRank(role);
    const char* permission = rank == 4   ? "admin"
                             : rank >= 2 ? "write"
                             : rank >= 0 ? "read"
                                         : "none";
    json account = shapes_.Account(*user);
    account["role_name"] = role;
    account["permissions"] = {{"admin", rank >= 4},
                              {"maintain", rank >= 3},
                              {"push", rank >= 2},
                              {"triage", rank >= 1},
                              {"pull", rank >= 0}};
    return Json(200, {{"permission", permission}, {"role_name", role}, {"user", account}});
  }

  Response List(const std::vector<json>& things) {
    const Page page = PageOf(request_, 30, things.size());
    json out = json::array();
    for (std::size_t i = page.first(); i < page.last(); ++i) out.push_back(things[i]);
    Response response = Json(200, out);
    const std::string links = PageLinks(api_, request_, page);
    if (!links.empty()) response.Set("Link", links);
    return response;
  }

  std::optional<absl::Time> Since() const {
    absl::Time since;
    std::string error;
    if (!absl::ParseTime(absl::RFC3339_full, request_.Query("since"), &since, &error)) {
      return std::nullopt;
    }
    return since;
  }

  Response Issues(Project& project) {
    const std::string state = request_.Query("state").empty() ? "open" : request_.Query("state");
    const bool by_update = request_.Query("sort") == "updated";
    const std::optional<absl::Time> since = Since();
    std::vector<const Ticket*> tickets;
    for (const auto& [key, ticket] : project.tickets) {
      if (ticket.deleted || ticket.moved) continue;
      if (state != "all" && ticket.open != (state == "open")) continue;
      if (since && ticket.updated < *since) continue;
      tickets.push_back(&ticket);
    }
    std::sort(tickets.begin(), tickets.end(), [&](const Ticket* a, const Ticket* b) {
      if (by_update && a->updated != b->updated) return a->updated > b->updated;
      return a->number > b->number;
    });
    if (request_.Query("direction") == "asc") std::reverse(tickets.begin(), tickets.end());
    std::vector<json> out;
    for (const Ticket* ticket : tickets) out.push_back(shapes_.Issue(project, *ticket));
    return List(out);
  }

  Response Remarks(Project& project, Ticket& ticket, Remark::Kind kind) {
    const std::optional<absl::Time> since = Since();
    std::vector<json> out;
    for (const Remark& remark : ticket.remarks) {
      if (remark.kind != kind || (since && remark.updated < *since)) continue;
      if (!world_.IsListed(kForge, remark.created)) continue;
      out.push_back(ShapeOf(project, ticket, remark));
    }
    return List(out);
  }

  json ShapeOf(const Project& project, const Ticket& ticket, const Remark& remark) const {
    switch (remark.kind) {
      case Remark::Kind::kComment:
        return shapes_.Comment(project, ticket, remark);
      case Remark::Kind::kReview: {
        json out = shapes_.Review(project, ticket, remark);
        out["state"] = absl::AsciiStrToUpper(remark.state);  // webhooks have it in lower case
        return out;
      }
      case Remark::Kind::kReviewComment:
        return shapes_.ReviewComment(project, ticket, remark);
    }
    return json();
  }

  Response Events(Project& project, Ticket& ticket, bool timeline) {
    std::vector<std::pair<absl::Time, json>> entries;
    for (const TicketEvent& event : ticket.events) {
      entries.emplace_back(event.at, shapes_.Event(project, ticket, event));
    }
    if (timeline) {
      for (const Remark& remark : ticket.remarks) {
        if (remark.kind == Remark::Kind::kReviewComment) continue;
        json entry = ShapeOf(project, ticket, remark);
        entry["event"] = remark.kind == Remark::Kind::kReview ? "reviewed" : "commented";
        if (remark.kind == Remark::Kind::kComment) entry["actor"] = entry["user"];
        if (remark.kind == Remark::Kind::kReview) {
          entry["state"] = absl::AsciiStrToLower(remark.state);
        }
        entries.emplace_back(remark.created, std::move(entry));
      }
    }
    std::stable_sort(entries.begin(), entries.end(),
                     [](const auto& a, const auto& b) { return a.first < b.first; });
    std::vector<json> out;
    for (auto& [at, entry] : entries) out.push_back(std::move(entry));
    return List(out);
  }

  // The request's body; sets `problem` where it is not what it should be.
  json Body(std::optional<Response>& problem) const {
    json body = json::parse(request_.body.empty() ? "{}" : request_.body, nullptr, false);
    if (body.is_discarded()) problem = Problem(400, "Problems parsing JSON");
    return body;
  }

  // What stands against creating or changing content of a ticket; nullopt where nothing.
  std::optional<Response> Barred(const Project& project, const Ticket& ticket, const char* role) {
    const bool change = ticket.kind == TicketKind::kChange;
    if (Installed() && world_.InstallationOf(project) != credential_->installation) {
      return Problem(403, "Resource not accessible by integration");
    }
    if (auto lack = Lacks("issues", "write")) {
      if (!change || Lacks("pull_requests", "write")) return lack;
    }
    if (!CanWrite(project, role)) {
      return Problem(403, "Must have admin rights to Repository.");
    }
    return std::nullopt;
  }

  std::optional<Response> OverLimit() {
    if (limit_ == nullptr || limit_->Take(world_.Now(kForge))) return std::nullopt;
    Response response =
        Problem(403,
                "You have exceeded a secondary rate limit and have been temporarily blocked from "
                "content creation. Please retry your request again later.");
    response.Set("Retry-After", "60");
    return response;
  }

  // The text of a comment in the request.
  std::string Text(std::optional<Response>& problem) const {
    json body = Body(problem);
    if (problem) return "";
    json text = body.is_object() ? body.value("body", json()) : json();
    if (!text.is_string()) {
      problem = Problem(422, "Invalid request.\n\n\"body\" wasn't supplied.");
      return "";
    }
    std::string out = text.get<std::string>();
    if (absl::StripAsciiWhitespace(out).empty()) {
      problem = Invalid("IssueComment", "body", "missing_field", "Body cannot be blank");
    } else if (Characters(out) > kLongestBody) {
      problem = Invalid("IssueComment", "body", "custom",
                        "body is too long (maximum is 65536 characters)");
    }
    return out;
  }

  Response CreateComment(Project& project, Ticket& ticket) {
    if (auto barred = Barred(project, ticket, "read")) return *barred;
    std::optional<Response> problem;
    Remark remark;
    remark.body = Text(problem);
    remark.via_app = Installed();
    if (problem) return *problem;
    if (auto over = OverLimit()) return *over;
    const Remark& added = world_.AddRemark(project, ticket, *user_, std::move(remark));
    Response response = Json(201, shapes_.Comment(project, ticket, added));
    response.Set("Location",
                 absl::StrCat(shapes_.RepositoryUrl(project), "/issues/comments/", added.id));
    return response;
  }

  Response OneComment(Project& project, Remark::Kind kind, std::int64_t id) {
    auto [ticket, remark] = World::FindRemark(project, kind, id);
    if (remark == nullptr || ticket->deleted || ticket->moved) return NotFound();
    if (Get()) return Json(200, ShapeOf(project, *ticket, *remark));
    if (!Is("PATCH") && !Is("DELETE")) return NotFound();
    const bool own = remark->author == user_->id;
    if (auto barred = Barred(project, *ticket, own ? "read" : "write")) return *barred;
    if (Is("DELETE")) {
      world_.DeleteRemark(project, *ticket, *user_, id);
      return Json(204, {});
    }
    std::optional<Response> problem;
    std::string text = Text(problem);
    if (problem) return *problem;
    world_.EditRemark(project, *ticket, *user_, *remark, text);
    return Json(200, ShapeOf(project, *ticket, *remark));
  }

  Response ProjectLabels(Project& project, const std::string& name, std::size_t size) {
    if (size == 2) {
      const ProjectLabel* label = World::FindLabel(project, name);
      if (!Get() || label == nullptr) return NotFound();
      return Json(200, shapes_.Label(project, *label));
    }
    if (Get()) {
      std::vector<json> out;
      for (const ProjectLabel& label : project.labels) out.push_back(shapes_.Label(project, label));
      return List(out);
    }
    if (!Is("POST")) return NotFound();
    if (auto lack = Lacks("issues", "write")) {
      if (Lacks("pull_requests", "write")) return *lack;
    }
    if (!CanWrite(project, "write")) return NotFound();
    std::optional<Response> problem;
    json body = Body(problem);
    if (problem) return *problem;
    auto text = [&](const char* field) {
      json value = body.is_object() ? body.value(field, json()) : json();
      return value.is_string() ? value.get<std::string>() : std::string();
    };
    const std::string wanted = text("name");
    const std::string color = text("color").empty() ? "ededed" : text("color");
    if (absl::StripAsciiWhitespace(wanted).empty()) {
      return Invalid("Label", "name", "missing_field");
    }
    if (Characters(wanted) > 50) {
      return Invalid("Label", "name", "custom", "name is too long (maximum is 50 characters)");
    }
    if (color.size() != 6 ||
        !std::all_of(color.begin(), color.end(), [](char c) { return absl::ascii_isxdigit(c); })) {
      return Invalid("Label", "color", "invalid");
    }
    if (Characters(text("description")) > 100) {
      return Invalid("Label", "description", "custom",
                     "description is too long (maximum is 100 characters)");
    }
    if (World::FindLabel(project, wanted) != nullptr) {
      return Invalid("Label", "name", "already_exists");
    }
    const ProjectLabel& label = world_.AddLabel(project, user_, wanted, color, text("description"));
    return Json(201, shapes_.Label(project, label));
  }

  Response TicketLabels(Project& project, Ticket& ticket, const std::string& name,
                        std::size_t size) {
    if (size == 3 && Get()) return Json(200, shapes_.Labels(project, ticket));
    const bool add = size == 3 && Is("POST");
    const bool remove = size == 4 && Is("DELETE");
    if (!add && !remove) return NotFound();
    if (auto barred = Barred(project, ticket, "triage")) return *barred;
    if (remove) {
      const bool there =
          std::any_of(ticket.labels.begin(), ticket.labels.end(),
                      [&](const std::string& label) { return SameName(label, name); });
      if (!there) return Problem(404, "Label does not exist");
      world_.ChangeLabels(project, ticket, *user_, {}, {name}, Installed());
      return Json(200, shapes_.Labels(project, ticket));
    }
    std::optional<Response> problem;
    json body = Body(problem);
    if (problem) return *problem;
    json wanted = body.is_object() ? body.value("labels", json::array()) : body;
    std::vector<std::string> names;
    if (!wanted.is_array()) return Problem(422, "Invalid request.");
    for (const json& label : wanted) {
      json label_name = label.is_object() ? label.value("name", json()) : label;
      if (!label_name.is_string() || label_name.get<std::string>().empty()) {
        return Problem(422, "Invalid request.");
      }
      names.push_back(label_name.get<std::string>());
      if (Characters(names.back()) > 50) {
        return Invalid("Label", "name", "custom", "name is too long (maximum is 50 characters)");
      }
    }
    world_.ChangeLabels(project, ticket, *user_, names, {}, Installed());
    return Json(200, shapes_.Labels(project, ticket));
  }

  Response Assignees(Project& project, Ticket& ticket) {
    if (auto barred = Barred(project, ticket, "triage")) return *barred;
    std::optional<Response> problem;
    json body = Body(problem);
    if (problem) return *problem;
    json logins = body.is_object() ? body.value("assignees", json::array()) : json();
    if (logins.is_string()) logins = json::array({logins});
    if (!logins.is_array()) return Problem(422, "Invalid request.");
    std::vector<std::int64_t> assignees = ticket.assignees;
    for (const json& login : logins) {
      if (!login.is_string()) return Problem(422, "Invalid request.");
      const User* user = world_.FindUser(kForge, std::string_view(login.get<std::string>()));
      if (user == nullptr) continue;
      auto it = std::find(assignees.begin(), assignees.end(), user->id);
      if (Is("DELETE") && it != assignees.end()) assignees.erase(it);
      if (Is("POST") && it == assignees.end() && assignees.size() < 10 &&
          world_.Assignable(project, ticket, user->id)) {
        assignees.push_back(user->id);
      }
    }
    world_.SetAssignees(project, ticket, *user_, assignees, Installed());
    return Json(Is("POST") ? 201 : 200, shapes_.Issue(project, ticket));
  }

  // `id` 0: a new one.
  Response CheckRun(Project& project, std::int64_t id) {
    const std::string url = shapes_.RepositoryUrl(project);
    const auto known = std::find_if(project.checks.begin(), project.checks.end(),
                                    [&](const Check& check) { return check.id == id; });
    if (id != 0 && known == project.checks.end()) return NotFound();
    if (id != 0 && Get()) return Json(200, CheckRunOf(world_, *known, url));
    if (!Is(id == 0 ? "POST" : "PATCH")) return NotFound();
    if (!Installed()) return Problem(403, "You must authenticate via a GitHub App.");
    if (auto lack = Lacks("checks", "write")) return *lack;
    if (!CanWrite(project, "write")) return NotFound();
    std::optional<Response> problem;
    const json body = Body(problem);
    if (problem) return *problem;
    return WriteCheckRun(world_, project, *user_, id == 0 ? nullptr : &*known, body, url);
  }

  // Marks an answer with its tag, or says that it has not changed.
  void Tag(Response& response) const {
    const std::string tag = absl::StrCat("W/\"", Sha256Hex(response.body), "\"");
    response.Set("ETag", tag);
    response.Set("Cache-Control", "private, max-age=60, s-maxage=60");
    if (request_.Header("if-none-match") == tag) {
      response.status = 304;
      response.body.clear();
    }
  }

  World& world_;
  const GitHubShapes& shapes_;
  const std::string& api_;
  ContentLimit* limit_;
  const Request& request_;
  const Credential* credential_ = nullptr;
  const User* user_ = nullptr;
  bool as_app_ = false;
  std::string who_;
};

}  // namespace

bool ContentLimit::Take(absl::Time now) {
  while (!taken_.empty() && taken_.front() <= now - absl::Hours(1)) taken_.pop_front();
  const auto minute = std::count_if(taken_.begin(), taken_.end(),
                                    [&](absl::Time at) { return at > now - absl::Minutes(1); });
  if (minute >= 80 || taken_.size() >= 500) return false;
  taken_.push_back(now);
  return true;
}

Response AnswerGitHub(World& world, const GitHubShapes& shapes, const std::string& api_url,
                      ContentLimit* limit, const Request& request) {
  return GitHubApi(world, shapes, api_url, limit, request).Answer();
}

}  // namespace retainer::sandbox
