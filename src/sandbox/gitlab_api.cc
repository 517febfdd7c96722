#include "src/sandbox/gitlab_api.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "retainer/instant_text.h"
#include "src/base/digest.h"
#include "src/sandbox/awards.h"
#include "src/sandbox/crypto.h"
#include "src/sandbox/pages.h"
#include "src/sandbox/parameters.h"
#include "src/sandbox/project_hooks.h"
#include "src/sandbox/quick_actions.h"

namespace retainer::sandbox {
namespace {

using nlohmann::json;

constexpr std::size_t kLongestNote = 1'000'000;

Response Json(int status, const json& body) {
  Response response;
  response.status = status;
  response.content_type = "application/json";
  if (status != 204) response.body = body.dump();
  return response;
}

Response Problem(int status, const std::string& message) {
  return Json(status, {{"message", message}});
}

Response NotFound(const std::string& what = "") {
  return Problem(404, what.empty() ? "404 Not found" : absl::StrCat("404 ", what, " Not Found"));
}

Response Forbidden() { return Problem(403, "403 Forbidden"); }

class GitLabApi {
 public:
  GitLabApi(World& world, OAuth& oauth, const GitLabShapes& shapes, const std::string& api,
            const Request& request)
      : world_(world), oauth_(oauth), shapes_(shapes), api_(api), request_(request) {}

  Response Answer() {
    const absl::Time now = world_.Now(ForgeKind::kGitLab);
    Response response = Authenticate();
    if (response.status == 200) {
      RateWindow& rate = world_.Rate(ForgeKind::kGitLab, absl::StrCat(user_->id));
      if (rate.used >= rate.limit) {
        response = {};
        response.status = 429;
        response.content_type = "text/plain";
        response.body = "Retry later\n";
        const absl::Duration wait = rate.resets - now;
        response.Set("Retry-After",
                     absl::StrCat(std::max<std::int64_t>(1, absl::ToInt64Seconds(wait))));
      } else {
        ++rate.used;
        response = Route();
        if (request_.method == "GET" && response.status == 200) Tag(request_, response);
      }
      response.Set("RateLimit-Limit", absl::StrCat(rate.limit));
      response.Set("RateLimit-Observed", absl::StrCat(rate.used));
      response.Set("RateLimit-Remaining", absl::StrCat(std::max(0, rate.limit - rate.used)));
      response.Set("RateLimit-Reset", absl::StrCat(absl::ToUnixSeconds(rate.resets)));
      response.Set("RateLimit-Name", "throttle_authenticated_api");
    }
    response.Set("Date", absl::FormatTime("%a, %d %b %Y %H:%M:%S GMT", now, absl::UTCTimeZone()));
    response.Set("X-Request-Id", RandomHex(13));
    return response;
  }

 private:
  bool Get() const { return request_.method == "GET"; }
  bool Is(const char* method) const { return request_.method == method; }
  std::size_t Size() const { return request_.segments.size(); }
  std::string At(std::size_t index) const {
    return index < Size() ? request_.segments[index] : std::string();
  }

  Response Authenticate() {
    std::string token = request_.Header("private-token");
    if (token.empty()) {
      const std::string authorization = request_.Header("authorization");
      absl::string_view bearer = authorization;
      if (absl::ConsumePrefix(&bearer, "Bearer ")) token = std::string(bearer);
    }
    const Credential* credential = token.empty() ? nullptr : world_.FindToken(token);
    if (credential == nullptr || credential->forge != ForgeKind::kGitLab) {
      return Problem(401, "401 Unauthorized");
    }
    user_ = world_.FindUser(ForgeKind::kGitLab, credential->user);
    scope_ = credential->scope;
    return {};
  }

  Response Route() {
    if (Get() && Size() == 1 && (At(0) == "version" || At(0) == "metadata")) {
      return Json(200, {{"version", "18.5.0-ee"}, {"revision", "1a2b3c4d5e6"}});
    }
    if (Get() && Size() == 1 && At(0) == "user") {
      json out = shapes_.FullPerson(*user_);
      out["email"] = out["commit_email"] = user_->email;
      if (user_->administrator) out["is_admin"] = true;
      return Json(200, out);
    }
    if (Get() && Size() == 2 && At(0) == "personal_access_tokens" && At(1) == "self") {
      return Json(200, {{"id", user_->id},
                        {"name", "retainer"},
                        {"revoked", false},
                        {"scopes", json::array({scope_})},
                        {"user_id", user_->id},
                        {"active", true},
                        {"expires_at", nullptr}});
    }
    if (Is("POST") && Size() == 1 && At(0) == "applications") return Applications();
    if (Get() && Size() == 1 && At(0) == "users") return Users();
    std::int64_t id = 0;
    if (Get() && Size() == 2 && At(0) == "users") {
      const User* user =
          absl::SimpleAtoi(At(1), &id) ? world_.FindUser(ForgeKind::kGitLab, id) : nullptr;
      return user == nullptr ? NotFound("User") : Json(200, shapes_.FullPerson(*user));
    }
    if (Get() && Size() >= 2 && At(0) == "groups") return InGroup();
    if (Get() && Size() == 1 && At(0) == "projects") return Projects();
    if (Size() >= 2 && At(0) == "projects") {
      Project* project = absl::SimpleAtoi(At(1), &id)
                             ? world_.FindProject(ForgeKind::kGitLab, id)
                             : world_.FindProject(ForgeKind::kGitLab, At(1));
      if (project == nullptr &&
          (project = world_.FindFormerProject(ForgeKind::kGitLab, At(1))) != nullptr &&
          Readable(*project)) {
        return Redirect(*project);
      }
      if (project == nullptr || !Readable(*project)) return NotFound("Project");
      return InProject(*project);
    }
    return NotFound();
  }

  bool Readable(const Project& project) const {
    return RoleRank(world_.Role(project, user_->id)) >= 0;
  }
  bool Has(const Project& project, const char* role) const {
    return RoleRank(world_.Role(project, user_->id)) >= RoleRank(role);
  }

  Response Redirect(const Project& project) const {
    std::string location = absl::StrCat(api_, "/projects/", project.id);
    for (std::size_t i = 2; i < Size(); ++i) absl::StrAppend(&location, "/", Escape(At(i)));
    Response response = Json(Get() ? 301 : 307, {{"message", "Moved Permanently"}});
    response.Set("Location", location);
    return response;
  }

  Response Projects() {
    std::vector<json> out;
    for (const Project& project : world_.projects()) {
      const bool listed = request_.Query("membership") == "true" ? project.roles.contains(user_->id)
                                                                 : Readable(project);
      if (project.forge == ForgeKind::kGitLab && listed) out.push_back(shapes_.ProjectOf(project));
    }
    return List(out);
  }

  Response Users() {
    std::vector<json> out;
    const std::string name = request_.Query("username");
    if (const User* user = world_.FindUser(ForgeKind::kGitLab, std::string_view(name))) {
      out.push_back(shapes_.Person(*user));
    }
    return List(out);
  }

  Response InGroup() {
    std::int64_t id = 0;
    const Organization* group = absl::SimpleAtoi(At(1), &id)
                                    ? world_.FindOrganization(ForgeKind::kGitLab, id)
                                    : world_.FindOrganization(ForgeKind::kGitLab, At(1));
    if (group == nullptr || (group->is_private && group->members.count(user_->id) == 0)) {
      return NotFound("Group");
    }
    if (Size() == 2) {
      return Json(200, {{"id", group->id}, {"full_path", group->name}, {"name", group->name}});
    }
    if (At(2) != "members" || (At(3) != "all" && Size() != 4)) return NotFound();
    const std::string who = At(3) == "all" ? At(4) : At(3);
    const User* user =
        absl::SimpleAtoi(who, &id) ? world_.FindUser(ForgeKind::kGitLab, id) : nullptr;
    if (user == nullptr || group->members.count(user->id) == 0) return NotFound();
    return Json(200, shapes_.Member(*user, 10));
  }

  Response InProject(Project& project) {
    std::int64_t id = 0;
    if (Size() == 2) return Get() ? Json(200, shapes_.ProjectOf(project)) : NotFound();
    if (At(2) == "members" && Get()) {
      const std::string who = At(3) == "all" ? At(4) : At(3);
      const User* user =
          absl::SimpleAtoi(who, &id) ? world_.FindUser(ForgeKind::kGitLab, id) : nullptr;
      auto role = user == nullptr ? project.roles.end() : project.roles.find(user->id);
      if (role == project.roles.end() || AccessLevel(role->second) == 0) return NotFound();
      return Json(200, shapes_.Member(*user, AccessLevel(role->second)));
    }
    if (At(2) == "labels" && Size() <= 4) return Labels(project);
    if (At(2) == "hooks" && Size() <= 4) return Hooks(project);
    if (At(2) == "statuses" && Size() == 4 && Is("POST")) return SetStatus(project, At(3));
    if (At(2) == "repository" && Size() == 4 && At(3) == "merge_base" && Get()) {
      return MergeBase(project);
    }
    const bool issues = At(2) == "issues";
    if (issues || At(2) == "merge_requests") {
      const TicketKind kind = issues ? TicketKind::kIssue : TicketKind::kChange;
      if (Size() == 3) return Get() ? Tickets(project, kind) : NotFound();
      Ticket* ticket =
          absl::SimpleAtoi(At(3), &id) ? world_.FindTicket(project, kind, id) : nullptr;
      if (ticket == nullptr || ticket->deleted) return NotFound();
      if (ticket->confidential && ticket->author != user_->id && !Has(project, "reporter")) {
        return NotFound();
      }
      return InTicket(project, *ticket);
    }
    return NotFound();
  }

  Response SetStatus(Project& project, const std::string& commit) {
    if (!Has(project, "developer")) return Forbidden();
    std::optional<Response> problem;
    const json parameters = Parameters(problem);
    if (problem) return *problem;
    if (!HasCommit(project, commit)) return NotFound("Commit");
    Check check;
    check.commit = commit;
    check.verdict = Text(parameters, "state");
    check.name = parameters.contains("name") ? Text(parameters, "name") : "default";
    check.title = Text(parameters, "description");
    check.url = Text(parameters, "target_url");
    check.author = user_->id;
    for (const char* state : {"pending", "running", "success", "failed", "canceled", "skipped"}) {
      if (check.verdict != state) continue;
      const Check& added = world_.AddCheck(project, std::move(check));
      return Json(201, {{"id", added.id},
                        {"sha", added.commit},
                        {"status", added.verdict},
                        {"name", added.name},
                        {"description", added.title},
                        {"target_url", added.url}});
    }
    return Json(400, {{"error", "state does not have a valid value"}});
  }

  Response MergeBase(const Project& project) {
    const std::vector<std::string> refs = request_.QueryAll("refs[]");
    if (refs.size() != 2) return Json(400, {{"error", "refs is missing"}});
    const std::optional<bool> holds = Holds(project, refs[0], refs[1]);
    if (!holds) return NotFound();
    const std::string root = base::Sha256Hex(absl::StrCat("base ", project.id)).substr(0, 40);
    return Json(200, {{"id", *holds ? refs[1] : root}});
  }

  Response Hooks(const Project& project) {
    if (!Has(project, "maintain")) return Forbidden();
    if (Get() && Size() == 3) return List(ProjectHooks(world_, project));
    std::optional<Response> problem;
    const json parameters = Parameters(problem);
    if (problem) return *problem;
    std::int64_t id = 0;
    const bool adds = Is("POST") && Size() == 3;
    const bool changes = Is("PUT") && Size() == 4 && absl::SimpleAtoi(At(3), &id);
    if (!adds && !changes) return NotFound();
    const auto hook = SaveProjectHook(
        world_, project, changes ? std::optional<std::int64_t>(id) : std::nullopt, parameters);
    if (!hook) return Json(422, {{"error", "Invalid url given"}});
    return Json(adds ? 201 : 200, *hook);
  }

  // An application with which people sign in. Only administrators may.
  Response Applications() {
    if (!user_->administrator) return Forbidden();
    std::optional<Response> problem;
    const json parameters = Parameters(problem);
    if (problem) return *problem;
    const SandboxClient client = oauth_.Register(ForgeKind::kGitLab);
    oauth_.AddCallback(ForgeKind::kGitLab, Text(parameters, "redirect_uri"));
    return Json(201, {{"id", 1},
                      {"application_id", client.id},
                      {"application_name", Text(parameters, "name")},
                      {"secret", client.secret},
                      {"callback_url", Text(parameters, "redirect_uri")},
                      {"confidential", true}});
  }

  Response InTicket(Project& project, Ticket& ticket) {
    if (Size() == 4) {
      if (Get()) return Json(200, shapes_.Issue(project, ticket));
      return Is("PUT") ? Update(project, ticket) : NotFound();
    }
    if (At(4) == "award_emoji" && Size() <= 6) return Awards(ticket, 0, At(5));
    if (At(4) == "notes") return Notes(project, ticket);
    if (Size() == 5 && Get() && At(4) == "resource_label_events") {
      std::vector<json> out;
      for (const TicketEvent& event : ticket.events) {
        if (event.kind == "labeled" || event.kind == "unlabeled") {
          out.push_back(shapes_.LabelEvent(project, ticket, event));
        }
      }
      return List(out);
    }
    if (Size() == 5 && Get() && At(4) == "resource_milestone_events") return List({});
    if (Size() == 5 && Get() && At(4) == "resource_state_events") {
      std::vector<json> out;
      for (const TicketEvent& event : ticket.events) {
        if (event.kind == "closed" || event.kind == "reopened") {
          out.push_back(shapes_.StateEvent(project, ticket, event));
        }
      }
      return List(out);
    }
    return NotFound();
  }

  // ---- Parameters: from JSON, a form or the query, as GitLab accepts them

  json Parameters(std::optional<Response>& problem) const {
    json out = ReadParameters(request_);
    if (!out.is_object()) problem = Json(400, {{"error", "The request body is no JSON object"}});
    return out;
  }

  static std::string Text(const json& parameters, const char* name) {
    auto it = parameters.find(name);
    return it != parameters.end() && it->is_string() ? it->get<std::string>() : std::string();
  }

  static bool Flag(const json& parameters, const char* name) {
    auto it = parameters.find(name);
    if (it == parameters.end()) return false;
    return it->is_boolean() ? it->get<bool>() : *it == json("true") || *it == json("1");
  }

  // ---- Lists

  Response List(const std::vector<json>& things) {
    if (request_.Query("pagination") == "keyset") return Keyset(things);
    const Page page = PageOf(request_, 20, things.size());
    json out = json::array();
    for (std::size_t i = page.first(); i < page.last(); ++i) out.push_back(things[i]);
    Response response = Json(200, out);
    response.Set("X-Page", absl::StrCat(page.number));
    response.Set("X-Per-Page", absl::StrCat(page.size));
    response.Set("X-Total", absl::StrCat(page.total));
    response.Set("X-Total-Pages", absl::StrCat(page.count()));
    response.Set("X-Next-Page",
                 page.number < page.count() ? absl::StrCat(page.number + 1) : std::string());
    response.Set("X-Prev-Page", page.number > 1 ? absl::StrCat(page.number - 1) : std::string());
    const std::string links = PageLinks(api_, request_, page);
    if (!links.empty()) response.Set("Link", links);
    return response;
  }

  // Keyset pagination: the next page is found by the last item, not by a number; there are no
  // totals.
  Response Keyset(const std::vector<json>& things) {
    const Page page = PageOf(request_, 20, things.size());
    std::int64_t after = 0;
    std::size_t first = 0;
    if (absl::SimpleAtoi(request_.Query("cursor"), &after)) {
      while (first < things.size() && things[first].value("id", std::int64_t{0}) != after) ++first;
      first = std::min(things.size(), first + 1);
    }
    const std::size_t last = std::min(things.size(), first + page.size);
    json out = json::array();
    for (std::size_t i = first; i < last; ++i) out.push_back(things[i]);
    Response response = Json(200, out);
    if (last < things.size() && last > first) {
      Request next = request_;
      next.query["cursor"] = absl::StrCat(things[last - 1].value("id", std::int64_t{0}));
      next.query.erase("page");
      std::string address = PageAddress(api_, next, 1);
      address.resize(address.rfind("page="));
      while (address.back() == '&') address.pop_back();
      response.Set("Link", absl::StrCat("<", address, ">; rel=\"next\""));
    }
    return response;
  }

  Response Tickets(Project& project, TicketKind kind) {
    const std::string state = request_.Query("state");
    const absl::Time after =
        ParseRfc3339(request_.Query("updated_after")).value_or(absl::InfinitePast());
    const bool by_update = request_.Query("order_by") == "updated_at";
    std::vector<const Ticket*> tickets;
    for (const auto& [key, ticket] : project.tickets) {
      if (ticket.kind != kind || ticket.deleted || ticket.updated < after) continue;
      if ((state == "opened" && !ticket.open) || (state == "closed" && ticket.open)) continue;
      if (ticket.confidential && ticket.author != user_->id && !Has(project, "reporter")) continue;
      tickets.push_back(&ticket);
    }
    std::sort(tickets.begin(), tickets.end(), [&](const Ticket* a, const Ticket* b) {
      if (by_update && a->updated != b->updated) return a->updated > b->updated;
      return a->number > b->number;
    });
    if (request_.Query("sort") == "asc") std::reverse(tickets.begin(), tickets.end());
    std::vector<json> out;
    for (const Ticket* ticket : tickets) out.push_back(shapes_.Issue(project, *ticket));
    return List(out);
  }

  // ---- Notes

  Response Awards(Ticket& ticket, std::int64_t note, const std::string& which) {
    std::optional<Response> problem;
    const json parameters = Parameters(problem);
    if (problem) return *problem;
    return GitLabAwards(world_, ticket, note, *user_, request_, which, Text(parameters, "name"));
  }

  Response Notes(Project& project, Ticket& ticket) {
    const bool insider = Has(project, "reporter");
    if (Size() == 5 && Get()) {
      std::vector<const Remark*> remarks;
      for (const Remark& remark : ticket.remarks) {
        if (remark.internal && !insider) continue;
        if (world_.IsListed(ForgeKind::kGitLab, remark.created)) remarks.push_back(&remark);
      }
      const bool by_update = request_.Query("order_by") == "updated_at";
      std::stable_sort(remarks.begin(), remarks.end(), [&](const Remark* a, const Remark* b) {
        return by_update ? a->updated < b->updated : a->created < b->created;
      });
      if (request_.Query("sort") != "asc") std::reverse(remarks.begin(), remarks.end());
      std::vector<json> out;
      for (const Remark* remark : remarks) out.push_back(shapes_.Note(project, ticket, *remark));
      return List(out);
    }
    std::optional<Response> problem;
    const json parameters = Parameters(problem);
    if (problem) return *problem;
    if (Size() == 5 && Is("POST")) return CreateNote(project, ticket, parameters);
    std::int64_t id = 0;
    Remark* remark =
        Size() >= 6 && absl::SimpleAtoi(At(5), &id) ? World::FindRemark(ticket, id) : nullptr;
    if (remark == nullptr || (remark->internal && !insider)) return NotFound("Note");
    if (At(6) == "award_emoji" && Size() <= 8) return Awards(ticket, id, At(7));
    if (Size() > 6) return NotFound("Note");
    if (Get()) return Json(200, shapes_.Note(project, ticket, *remark));
    if (remark->author != user_->id && !Has(project, "maintainer")) return Forbidden();
    if (Is("DELETE")) {
      world_.DeleteRemark(project, ticket, *user_, id);
      return Json(204, {});
    }
    if (!Is("PUT")) return NotFound();
    if (auto bad = CheckNote(parameters)) return *bad;
    world_.EditRemark(project, ticket, *user_, *remark, Text(parameters, "body"));
    return Json(200, shapes_.Note(project, ticket, *remark));
  }

  static std::optional<Response> CheckNote(const json& parameters) {
    if (!parameters.contains("body")) return Json(400, {{"error", "body is missing"}});
    const std::string body = Text(parameters, "body");
    if (absl::StripAsciiWhitespace(body).empty()) {
      return Json(400, {{"message", {{"note", json::array({"can't be blank"})}}}});
    }
    if (body.size() > kLongestNote) {
      return Json(400, {{"message",
                         {{"note", json::array({"is too long (maximum is 1000000 "
                                                "characters)"})}}}});
    }
    return std::nullopt;
  }

  Response CreateNote(Project& project, Ticket& ticket, const json& parameters) {
    if (auto bad = CheckNote(parameters)) return *bad;
    const bool internal = Flag(parameters, "internal") || Flag(parameters, "confidential");
    if (internal && !Has(project, "reporter")) return Forbidden();
    const QuickActions actions = ReadQuickActions(Text(parameters, "body"));
    if (actions.rest.empty()) {
      CarryOut(world_, project, ticket, *user_, actions);
      return Json(202, {{"commands_changes", json::object()},
                        {"summary", json::array({"Applied the commands."})}});
    }
    Remark remark;
    remark.body = actions.rest;
    remark.internal = internal;
    const Remark& added = world_.AddRemark(project, ticket, *user_, std::move(remark));
    Response response = Json(201, shapes_.Note(project, ticket, added));
    CarryOut(world_, project, ticket, *user_, actions);
    return response;
  }

  // ---- Labels, and the changes by PUT

  Response Labels(Project& project) {
    if (Get() && Size() == 3) {
      std::vector<json> out;
      for (const ProjectLabel& label : project.labels) {
        if (absl::StrContains(label.name, request_.Query("search"))) {
          out.push_back(shapes_.Label(label));
        }
      }
      return List(out);
    }
    if (Get()) {
      const ProjectLabel* label = World::FindLabel(project, At(3));
      return label == nullptr ? NotFound("Label") : Json(200, shapes_.Label(*label));
    }
    if (!Is("POST") || Size() != 3) return NotFound();
    if (!Has(project, "reporter")) return Forbidden();
    std::optional<Response> problem;
    const json parameters = Parameters(problem);
    if (problem) return *problem;
    for (const char* field : {"name", "color"}) {
      if (!parameters.contains(field)) {
        return Json(400, {{"error", absl::StrCat(field, " is missing")}});
      }
    }
    const std::string name = Text(parameters, "name");
    const std::string color = Text(parameters, "color");
    if (color.size() != 7 || color[0] != '#' ||
        !std::all_of(color.begin() + 1, color.end(),
                     [](char c) { return absl::ascii_isxdigit(c); })) {
      return Json(400, {{"message", {{"color", json::array({"must be a valid color code"})}}}});
    }
    if (name.empty() || absl::StrContains(name, ",")) {
      return Json(400, {{"message", {{"title", json::array({"is invalid"})}}}});
    }
    if (World::FindLabel(project, name) != nullptr) return Problem(409, "Label already exists");
    return Json(201, shapes_.Label(world_.AddLabel(project, user_, name, color.substr(1),
                                                   Text(parameters, "description"))));
  }

  Response Update(Project& project, Ticket& ticket) {
    const bool own = ticket.author == user_->id;
    if (!own && !Has(project, "reporter")) return Forbidden();
    std::optional<Response> problem;
    const json parameters = Parameters(problem);
    if (problem) return *problem;
    std::vector<std::string> add = SplitNames(parameters.value("add_labels", json()));
    std::vector<std::string> remove = SplitNames(parameters.value("remove_labels", json()));
    if (parameters.contains("labels")) {
      const std::vector<std::string> all = SplitNames(parameters["labels"]);
      for (const std::string& name : ticket.labels) {
        if (std::find(all.begin(), all.end(), name) == all.end()) remove.push_back(name);
      }
      add.insert(add.end(), all.begin(), all.end());
    }
    std::optional<std::vector<std::int64_t>> assignees;
    if (parameters.contains("assignee_ids")) {
      assignees.emplace();
      const json& ids = parameters["assignee_ids"];
      if (!ids.is_array()) return Json(400, {{"error", "assignee_ids is invalid"}});
      for (const json& id : ids) {
        if (!id.is_number_integer()) return Json(400, {{"error", "assignee_ids is invalid"}});
        // 0 removes all assignees. Users who cannot be assigned are ignored.
        const std::int64_t user = id.get<std::int64_t>();
        if (user != 0 && world_.FindUser(ForgeKind::kGitLab, user) != nullptr &&
            RoleRank(world_.Role(project, user)) >= 0) {
          assignees->push_back(user);
        }
      }
    }
    const std::string event = Text(parameters, "state_event");
    if (add.empty() && remove.empty() && !assignees && event.empty()) {
      return Json(400, {{"error",
                         "assignee_ids, add_labels, remove_labels, labels, state_event are "
                         "missing, at least one parameter must be provided"}});
    }
    world_.ChangeLabels(project, ticket, *user_, add, remove, false);
    if (assignees) world_.SetAssignees(project, ticket, *user_, *assignees, false);
    if (event == "close") world_.Close(project, ticket, *user_, "", false);
    if (event == "reopen") world_.Reopen(project, ticket, *user_, false);
    return Json(200, shapes_.Issue(project, ticket));
  }

  World& world_;
  OAuth& oauth_;
  const GitLabShapes& shapes_;
  const std::string& api_;
  const Request& request_;
  const User* user_ = nullptr;
  std::string scope_;  // of the token
};

}  // namespace

Response AnswerGitLab(World& world, OAuth& oauth, const GitLabShapes& shapes,
                      const std::string& api_url, const Request& request) {
  return GitLabApi(world, oauth, shapes, api_url, request).Answer();
}

}  // namespace retainer::sandbox
