#include "src/sandbox/github_api.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "src/sandbox/awards.h"
#include "src/sandbox/crypto.h"
#include "src/sandbox/github_checks.h"
#include "src/sandbox/github_request.h"
#include "src/sandbox/pages.h"

namespace retainer::sandbox {

using nlohmann::json;

namespace {}  // namespace

Response GitHubApi::Answer() {
  Response response = Authenticate();
  const absl::Time now = world_.Now(ForgeKind::kGitHub);
  if (response.status == 200) {
    RateWindow& rate = world_.Rate(ForgeKind::kGitHub, who_);
    if (rate.used >= rate.limit) {
      response = Problem(403, absl::StrCat("API rate limit exceeded for ", who_, "."));
    } else {
      response = Route();
      if (request_.method == "GET" && response.status == 200) {
        response.Set("Cache-Control", "private, max-age=60, s-maxage=60");
        Tag(request_, response);
      }
      // An unchanged answer does not count towards the limit.
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

Response GitHubApi::Authenticate() {
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
  if (credential_ == nullptr || credential_->forge != ForgeKind::kGitHub) {
    credential_ = nullptr;
    return Problem(401, "Bad credentials");
  }
  user_ = world_.FindUser(ForgeKind::kGitHub, credential_->user);
  who_ = credential_->installation != 0
             ? absl::StrCat("installation ID ", credential_->installation)
             : absl::StrCat("user ID ", credential_->user);
  return {};
}

Response GitHubApi::AuthenticateApp(const std::string& token) {
  if (world_.app() == nullptr) return Problem(404, "Integration not found");
  App& app = *world_.app();
  absl::StatusOr<JwtClaims> claims = ReadJwt(token, app.public_pem);
  if (!claims.ok()) return Problem(401, std::string(claims.status().message()));
  const std::int64_t now = absl::ToUnixSeconds(world_.Now(ForgeKind::kGitHub));
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

std::optional<Response> GitHubApi::Lacks(const std::string& permission,
                                         const std::string& level) const {
  if (!Installed()) return std::nullopt;
  auto it = credential_->permissions.find(permission);
  if (it != credential_->permissions.end() && (it->second == "write" || level == "read")) {
    return std::nullopt;
  }
  Response response = Problem(403, "Resource not accessible by integration");
  response.Set("X-Accepted-GitHub-Permissions", absl::StrCat(permission, "=", level));
  return response;
}

bool GitHubApi::CanSee(const Project& project) const {
  if (Installed()) {
    return world_.InstallationOf(project) == credential_->installation || !project.is_private;
  }
  return RoleRank(world_.Role(project, credential_->user)) >= 0;
}

bool GitHubApi::CanWrite(const Project& project, const char* role) const {
  if (Installed()) return world_.InstallationOf(project) == credential_->installation;
  return RoleRank(world_.Role(project, credential_->user)) >= RoleRank(role);
}

Response GitHubApi::Route() {
  if (as_app_) return RouteApp();
  if (Size() == 0) return Json(200, {{"current_user_url", api_ + "/user"}});
  if (Get() && Size() == 1 && At(0, "user")) {
    if (Installed()) return Problem(403, "Resource not accessible by integration");
    return Json(200, shapes_.FullAccount(*user_));
  }
  if (Get() && Size() == 1 && At(0, "rate_limit")) return RateLimit();
  if (Get() && Size() == 2 && At(1, "repositories") && At(0, "installation")) return Projects();
  if (Get() && Size() == 2 && At(1, "repos") && At(0, "user")) return Projects();
  if (Get() && Size() == 2 && (At(0, "users") || At(0, "user"))) return OneUser();
  if (Get() && Size() == 2 && At(0, "orgs")) {
    const Organization* organization = world_.FindOrganization(ForgeKind::kGitHub, At(1));
    return organization == nullptr ? NotFound() : Json(200, shapes_.OrganizationOf(*organization));
  }
  if (Get() && Size() == 4 && At(0, "orgs")) return Membership();
  if (At(0, "repositories") && Size() >= 2) {
    std::int64_t id = 0;
    if (!absl::SimpleAtoi(At(1), &id)) return NotFound();
    Project* project = world_.FindProject(ForgeKind::kGitHub, id);
    if (project == nullptr || !CanSee(*project)) return NotFound();
    return InProject(*project, 2);
  }
  if (At(0, "repos") && Size() >= 3) {
    const std::string path = absl::StrCat(At(1), "/", At(2));
    Project* project = world_.FindProject(ForgeKind::kGitHub, path);
    if (project == nullptr) {
      Project* moved = world_.FindFormerProject(ForgeKind::kGitHub, path);
      if (moved == nullptr || !CanSee(*moved)) return NotFound();
      return Moved(*moved);
    }
    if (!CanSee(*project)) return NotFound();
    return InProject(*project, 3);
  }
  return NotFound();
}

Response GitHubApi::RateLimit() {
  const RateWindow& rate = world_.Rate(ForgeKind::kGitHub, who_);
  json core = {{"limit", rate.limit},
               {"used", rate.used},
               {"remaining", std::max(0, rate.limit - rate.used)},
               {"reset", absl::ToUnixSeconds(rate.resets)}};
  return Json(200, {{"resources", {{"core", core}}}, {"rate", core}});
}

Response GitHubApi::OneUser() {
  std::int64_t id = 0;
  const User* user = nullptr;
  if (At(0) == "users") {
    user = world_.FindUser(ForgeKind::kGitHub, std::string_view(At(1)));
  } else if (absl::SimpleAtoi(At(1), &id)) {
    user = world_.FindUser(ForgeKind::kGitHub, id);
  }
  return user == nullptr ? NotFound() : Json(200, shapes_.FullAccount(*user));
}

Response GitHubApi::Membership() {
  const Organization* organization = world_.FindOrganization(ForgeKind::kGitHub, At(1));
  const User* user = world_.FindUser(ForgeKind::kGitHub, std::string_view(At(3)));
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

Response GitHubApi::Moved(const Project& project) const {
  std::string location = absl::StrCat(api_, "/repositories/", project.id);
  for (std::size_t i = 3; i < Size(); ++i) absl::StrAppend(&location, "/", Escape(At(i)));
  std::size_t question = request_.target.find('?');
  if (question != std::string::npos) location += request_.target.substr(question);
  return Redirect(location);
}

Response GitHubApi::Redirect(const std::string& location) const {
  Response response = Json(
      Get() ? 301 : 307,
      {{"message", "Moved Permanently"}, {"url", location}, {"documentation_url", kDocumentation}});
  response.Set("Location", location);
  return response;
}

Response GitHubApi::InProject(Project& project, std::size_t rest) {
  const std::size_t size = Size() - rest;
  auto at = [&](std::size_t index) { return size > index ? At(rest + index) : std::string(); };
  if (size == 0) return Get() ? Json(200, shapes_.Repository(project)) : NotFound();
  if (size == 1 && at(0) == "hooks" && Get()) return RepositoryHooks(project);
  if (at(0) == "collaborators" && at(2) == "permission" && size == 3 && Get()) {
    return Permission(project, at(1));
  }
  if (at(0) == "assignees" && size == 2 && Get()) {
    const User* user = world_.FindUser(ForgeKind::kGitHub, std::string_view(at(1)));
    const bool can = user != nullptr && RoleRank(world_.Role(project, user->id)) >= 1;
    return can ? Json(204, {}) : NotFound();
  }
  if (at(0) == "labels" && size <= 2) return ProjectLabels(project, at(1), size);
  std::int64_t number = 0;
  if (at(0) == "check-runs" && size <= 2) {
    return size == 1 || absl::SimpleAtoi(at(1), &number) ? CheckRun(project, number) : NotFound();
  }
  if (at(0) == "statuses" && size == 2 && Is("POST")) return SetStatus(project, at(1));
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

Response GitHubApi::WithTicket(Project& project, std::optional<TicketKind> kind,
                               std::int64_t number, const std::function<Response(Ticket&)>& then) {
  Ticket* ticket = world_.FindTicket(project, kind, number);
  if (ticket == nullptr) return NotFound();
  if (ticket->deleted) return Problem(410, "This issue was deleted");
  if (ticket->moved) {
    Project* to = world_.FindProject(ForgeKind::kGitHub, ticket->moved->first);
    if (to == nullptr || !CanSee(*to)) return NotFound();
    return Redirect(absl::StrCat(shapes_.RepositoryUrl(*to), "/issues/", ticket->moved->second));
  }
  return then(*ticket);
}

Response GitHubApi::InIssue(Project& project, Ticket& ticket, const std::string& what,
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

Response GitHubApi::List(const std::vector<json>& things) {
  const Page page = PageOf(request_, 30, things.size());
  json out = json::array();
  for (std::size_t i = page.first(); i < page.last(); ++i) out.push_back(things[i]);
  Response response = Json(200, out);
  const std::string links = PageLinks(api_, request_, page);
  if (!links.empty()) response.Set("Link", links);
  return response;
}

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
