// The content of a repository: issues, comments, labels, assignees, checks.
#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "retainer/instant_text.h"
#include "src/base/utf8.h"
#include "src/sandbox/awards.h"
#include "src/sandbox/crypto.h"
#include "src/sandbox/github_checks.h"
#include "src/sandbox/github_request.h"
#include "src/sandbox/pages.h"

namespace retainer::sandbox {

using nlohmann::json;

namespace {

constexpr std::size_t kLongestBody = 65536;  // characters

}  // namespace

Response GitHubApi::ReactionsOf(Project& project, Remark::Kind kind, std::int64_t id,
                                const std::string& which) {
  const auto [ticket, remark] = World::FindRemark(project, kind, id);
  return remark == nullptr ? NotFound()
                           : GitHubReactions(world_, *ticket, id, *user_, request_, which);
}

Response GitHubApi::Permission(Project& project, const std::string& login) {
  const User* user = world_.FindUser(ForgeKind::kGitHub, std::string_view(login));
  if (user == nullptr) return Problem(404, absl::StrCat(login, " is not a user"));
  if (!CanWrite(project, "write")) {
    return Problem(403, "Must have push access to view collaborator permission.");
  }
  const std::string role = world_.Role(project, user->id);
  const int rank = RoleRank(role);
  const char* permission = rank == 4 ? "admin" : rank >= 2 ? "write" : rank >= 0 ? "read" : "none";
  json account = shapes_.Account(*user);
  account["role_name"] = role;
  account["permissions"] = {{"admin", rank >= 4},
                            {"maintain", rank >= 3},
                            {"push", rank >= 2},
                            {"triage", rank >= 1},
                            {"pull", rank >= 0}};
  return Json(200, {{"permission", permission}, {"role_name", role}, {"user", account}});
}

std::optional<absl::Time> GitHubApi::Since() const { return ParseRfc3339(request_.Query("since")); }

Response GitHubApi::Issues(Project& project) {
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

Response GitHubApi::Remarks(Project& project, Ticket& ticket, Remark::Kind kind) {
  const std::optional<absl::Time> since = Since();
  std::vector<json> out;
  for (const Remark& remark : ticket.remarks) {
    if (remark.kind != kind || (since && remark.updated < *since)) continue;
    if (!world_.IsListed(ForgeKind::kGitHub, remark.created)) continue;
    out.push_back(ShapeOf(project, ticket, remark));
  }
  return List(out);
}

json GitHubApi::ShapeOf(const Project& project, const Ticket& ticket, const Remark& remark) const {
  switch (remark.kind) {
    case Remark::Kind::kComment:
      return shapes_.Comment(project, ticket, remark);
    case Remark::Kind::kReview: {
      json out = shapes_.Review(project, ticket, remark);
      out["state"] = absl::AsciiStrToUpper(remark.state);  // lower case in webhooks
      return out;
    }
    case Remark::Kind::kReviewComment:
      return shapes_.ReviewComment(project, ticket, remark);
  }
  return json();
}

Response GitHubApi::Events(Project& project, Ticket& ticket, bool timeline) {
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

json GitHubApi::Body(std::optional<Response>& problem) const {
  json body = json::parse(request_.body.empty() ? "{}" : request_.body, nullptr, false);
  if (body.is_discarded()) problem = Problem(400, "Problems parsing JSON");
  return body;
}

std::optional<Response> GitHubApi::Barred(const Project& project, const Ticket& ticket,
                                          const char* role) {
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

std::optional<Response> GitHubApi::OverLimit() {
  if (limit_ == nullptr || limit_->Take(world_.Now(ForgeKind::kGitHub))) return std::nullopt;
  Response response =
      Problem(403,
              "You have exceeded a secondary rate limit and have been temporarily blocked from "
              "content creation. Please retry your request again later.");
  response.Set("Retry-After", "60");
  return response;
}

std::string GitHubApi::Text(std::optional<Response>& problem) const {
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
  } else if (base::CountCodePoints(out) > kLongestBody) {
    problem =
        Invalid("IssueComment", "body", "custom", "body is too long (maximum is 65536 characters)");
  }
  return out;
}

Response GitHubApi::CreateComment(Project& project, Ticket& ticket) {
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

Response GitHubApi::OneComment(Project& project, Remark::Kind kind, std::int64_t id) {
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

Response GitHubApi::ProjectLabels(Project& project, const std::string& name, std::size_t size) {
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
  if (base::CountCodePoints(wanted) > 50) {
    return Invalid("Label", "name", "custom", "name is too long (maximum is 50 characters)");
  }
  if (color.size() != 6 ||
      !std::all_of(color.begin(), color.end(), [](char c) { return absl::ascii_isxdigit(c); })) {
    return Invalid("Label", "color", "invalid");
  }
  if (base::CountCodePoints(text("description")) > 100) {
    return Invalid("Label", "description", "custom",
                   "description is too long (maximum is 100 characters)");
  }
  if (World::FindLabel(project, wanted) != nullptr) {
    return Invalid("Label", "name", "already_exists");
  }
  const ProjectLabel& label = world_.AddLabel(project, user_, wanted, color, text("description"));
  return Json(201, shapes_.Label(project, label));
}

Response GitHubApi::TicketLabels(Project& project, Ticket& ticket, const std::string& name,
                                 std::size_t size) {
  if (size == 3 && Get()) return Json(200, shapes_.Labels(project, ticket));
  const bool add = size == 3 && Is("POST");
  const bool remove = size == 4 && Is("DELETE");
  if (!add && !remove) return NotFound();
  if (auto barred = Barred(project, ticket, "triage")) return *barred;
  if (remove) {
    const bool there = std::any_of(ticket.labels.begin(), ticket.labels.end(),
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
    if (base::CountCodePoints(names.back()) > 50) {
      return Invalid("Label", "name", "custom", "name is too long (maximum is 50 characters)");
    }
  }
  world_.ChangeLabels(project, ticket, *user_, names, {}, Installed());
  return Json(200, shapes_.Labels(project, ticket));
}

Response GitHubApi::Assignees(Project& project, Ticket& ticket) {
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
    const User* user =
        world_.FindUser(ForgeKind::kGitHub, std::string_view(login.get<std::string>()));
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

Response GitHubApi::SetStatus(Project& project, const std::string& commit) {
  if (auto lack = Lacks("statuses", "write")) return *lack;
  if (!CanWrite(project, "write")) return NotFound();
  std::optional<Response> problem;
  const json body = Body(problem);
  if (problem) return *problem;
  return WriteStatus(world_, project, *user_, commit, body);
}

Response GitHubApi::CheckRun(Project& project, std::int64_t id) {
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

}  // namespace retainer::sandbox
