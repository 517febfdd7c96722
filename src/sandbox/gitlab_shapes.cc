#include "src/sandbox/gitlab_shapes.h"

#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"
#include "src/base/digest.h"
#include "src/sandbox/crypto.h"
#include "src/sandbox/message.h"

namespace retainer::sandbox {
namespace {

using nlohmann::json;

json GitLabTimeOrNull(const std::optional<absl::Time>& time) {
  return time ? json(GitLabShapes::Time(*time)) : json();
}

json HookTimeOrNull(const std::optional<absl::Time>& time) {
  return time ? json(GitLabShapes::HookTime(*time)) : json();
}

std::string Discussion(std::int64_t id) {
  return base::Sha256Hex(absl::StrCat("discussion ", id)).substr(0, 40);
}

const char* NoteType(const Remark& remark) {
  return remark.kind == Remark::Kind::kReviewComment ? "DiffNote" : nullptr;
}

const char* Noteable(const Ticket& ticket) {
  return ticket.kind == TicketKind::kIssue ? "Issue" : "MergeRequest";
}

}  // namespace

int AccessLevel(std::string_view role) {
  switch (RoleRank(role)) {
    case 4:
      return 50;
    case 3:
      return 40;
    case 2:
      return 30;
    case 1:
      return 20;
    case 0:
      return 10;
    default:
      return 0;
  }
}

std::string GitLabShapes::Time(absl::Time time) {
  return absl::FormatTime("%Y-%m-%dT%H:%M:%E3SZ", time, absl::UTCTimeZone());
}

std::string GitLabShapes::HookTime(absl::Time time) {
  return absl::FormatTime("%Y-%m-%d %H:%M:%S UTC", time, absl::UTCTimeZone());
}

json GitLabShapes::Person(const User& user) const {
  return {{"id", user.id},
          {"username", user.login},
          {"name", user.name},
          {"state", "active"},
          {"locked", false},
          {"avatar_url", nullptr},
          {"web_url", absl::StrCat(web_, "/", user.login)}};
}

json GitLabShapes::FullPerson(const User& user) const {
  json out = Person(user);
  out["created_at"] = Time(user.created);
  out["bio"] = "";
  out["location"] = "";
  out["public_email"] = user.email.empty() ? json() : json(user.email);
  out["organization"] = "";
  out["job_title"] = "";
  out["bot"] = user.machine;
  out["website_url"] = "";
  return out;
}

json GitLabShapes::Member(const User& user, int access_level) const {
  json out = Person(user);
  out["access_level"] = access_level;
  out["created_at"] = Time(user.created);
  out["expires_at"] = nullptr;
  out["membership_state"] = "active";
  return out;
}

json GitLabShapes::ProjectOf(const Project& project) const {
  const std::string page = absl::StrCat(web_, "/", project.path);
  return {{"id", project.id},
          {"description", nullptr},
          {"name", project.name()},
          {"name_with_namespace", absl::StrCat(project.owner(), " / ", project.name())},
          {"path", project.name()},
          {"path_with_namespace", project.path},
          {"created_at", Time(project.created)},
          {"default_branch", "main"},
          {"ssh_url_to_repo", absl::StrCat("git@localhost:", project.path, ".git")},
          {"http_url_to_repo", page + ".git"},
          {"web_url", page},
          {"avatar_url", nullptr},
          {"star_count", 0},
          {"last_activity_at", Time(project.created)},
          {"visibility", project.visibility()},
          {"issues_enabled", true},
          {"merge_requests_enabled", true},
          {"issues_access_level", "enabled"},
          {"archived", false},
          {"namespace",
           {{"id", project.id + 1000000},
            {"name", project.owner()},
            {"path", project.owner()},
            {"kind", "group"},
            {"full_path", project.owner()},
            {"web_url", absl::StrCat(web_, "/groups/", project.owner())}}}};
}

json GitLabShapes::Label(const ProjectLabel& label) const {
  return {{"id", label.id},
          {"name", label.name},
          {"description", label.description.empty() ? json() : json(label.description)},
          {"description_html", label.description},
          {"text_color", "#FFFFFF"},
          {"color", "#" + label.color},
          {"subscribed", false},
          {"priority", nullptr},
          {"is_project_label", true}};
}

json GitLabShapes::People(const std::vector<std::int64_t>& ids) const {
  json out = json::array();
  for (std::int64_t id : ids) out.push_back(Person(world_.UserOf(ForgeKind::kGitLab, id)));
  return out;
}

std::string GitLabShapes::PageUrl(const Project& project, const Ticket& ticket) const {
  return absl::StrCat(web_, "/", project.path, "/-/",
                      ticket.kind == TicketKind::kChange ? "merge_requests/" : "issues/",
                      ticket.number);
}

json GitLabShapes::Issue(const Project& project, const Ticket& ticket) const {
  const bool issue = ticket.kind == TicketKind::kIssue;
  const json assignees = People(ticket.assignees);
  const std::string self = absl::StrCat(api_, "/projects/", project.id,
                                        issue ? "/issues/" : "/merge_requests/", ticket.number);
  std::size_t notes = 0;
  for (const Remark& remark : ticket.remarks) notes += remark.system ? 0 : 1;
  json out = {
      {"id", ticket.id},
      {"iid", ticket.number},
      {"project_id", project.id},
      {"title", ticket.title},
      {"description", ticket.body.empty() ? json() : json(ticket.body)},
      {"state", ticket.open ? "opened" : "closed"},
      {"created_at", Time(ticket.created)},
      {"updated_at", Time(ticket.updated)},
      {"closed_at", GitLabTimeOrNull(ticket.closed)},
      {"closed_by",
       ticket.closed_by == 0 ? json() : Person(world_.UserOf(project.forge, ticket.closed_by))},
      {"labels", ticket.labels},
      {"milestone", nullptr},
      {"assignees", assignees},
      {"assignee", assignees.empty() ? json() : assignees[0]},
      {"author", Person(world_.UserOf(project.forge, ticket.author))},
      {"user_notes_count", notes},
      {"upvotes", 0},
      {"downvotes", 0},
      {"discussion_locked", nullptr},
      {"web_url", PageUrl(project, ticket)},
      {"references",
       {{"short", absl::StrCat(issue ? "#" : "!", ticket.number)},
        {"relative", absl::StrCat(issue ? "#" : "!", ticket.number)},
        {"full", absl::StrCat(project.path, issue ? "#" : "!", ticket.number)}}},
      {"_links",
       {{"self", self},
        {"notes", self + "/notes"},
        {"project", absl::StrCat(api_, "/projects/", project.id)}}}};
  if (issue) {
    out["type"] = "ISSUE";
    out["issue_type"] = "issue";
    out["confidential"] = ticket.confidential;
    out["due_date"] = nullptr;
    out["moved_to_id"] = ticket.moved_id == 0 ? json() : json(ticket.moved_id);
    out["severity"] = "UNKNOWN";
  } else {
    out["target_branch"] = "main";
    out["source_branch"] = absl::StrCat("change-", ticket.number);
    out["merged_at"] = nullptr;
    out["merged_by"] = nullptr;
    out["draft"] = false;
    out["reviewers"] = json::array();
    out["merge_status"] = "can_be_merged";
    out["detailed_merge_status"] = "mergeable";
    out["source_project_id"] = project.id;
    out["target_project_id"] = project.id;
    out["sha"] = base::Sha256Hex(absl::StrCat("commit ", ticket.id)).substr(0, 40);
  }
  return out;
}

json GitLabShapes::Note(const Project& project, const Ticket& ticket, const Remark& remark) const {
  const char* type = NoteType(remark);
  return {{"id", remark.id},
          {"type", type == nullptr ? json() : json(type)},
          {"body", remark.body},
          {"attachment", nullptr},
          {"author", Person(world_.UserOf(project.forge, remark.author))},
          {"created_at", Time(remark.created)},
          {"updated_at", Time(remark.updated)},
          {"system", remark.system},
          {"noteable_id", ticket.id},
          {"noteable_type", Noteable(ticket)},
          {"project_id", project.id},
          {"noteable_iid", ticket.number},
          {"resolvable", remark.kind == Remark::Kind::kReviewComment},
          {"confidential", remark.internal},
          {"internal", remark.internal},
          {"imported", false},
          {"commands_changes", json::object()}};
}

json GitLabShapes::LabelEvent(const Project& project, const Ticket& ticket,
                              const TicketEvent& event) const {
  json label = {{"id", event.label_id},
                {"name", event.label},
                {"color", "#" + event.color},
                {"description", nullptr}};
  return {{"id", event.id},
          {"user", Person(world_.UserOf(project.forge, event.actor))},
          {"created_at", Time(event.at)},
          {"resource_type", Noteable(ticket)},
          {"resource_id", ticket.id},
          {"label", label},
          {"action", event.kind == "labeled" ? "add" : "remove"}};
}

json GitLabShapes::StateEvent(const Project& project, const Ticket& ticket,
                              const TicketEvent& event) const {
  return {{"id", event.id},
          {"user", Person(world_.UserOf(project.forge, event.actor))},
          {"created_at", Time(event.at)},
          {"resource_type", Noteable(ticket)},
          {"resource_id", ticket.id},
          {"source_commit", nullptr},
          {"source_merge_request_id", nullptr},
          {"state", event.kind == "closed" ? "closed" : "reopened"}};
}

// ---- Webhooks

json GitLabShapes::HookUser(const User& user) const {
  return {{"id", user.id},
          {"name", user.name},
          {"username", user.login},
          {"avatar_url", nullptr},
          {"email", user.email.empty() ? "[REDACTED]" : user.email}};
}

json GitLabShapes::HookProject(const Project& project) const {
  const std::string page = absl::StrCat(web_, "/", project.path);
  const std::string ssh = absl::StrCat("git@localhost:", project.path, ".git");
  return {{"id", project.id},
          {"name", project.name()},
          {"description", nullptr},
          {"web_url", page},
          {"avatar_url", nullptr},
          {"git_ssh_url", ssh},
          {"git_http_url", page + ".git"},
          {"namespace", project.owner()},
          {"visibility_level", project.internal     ? 10
                               : project.is_private ? 0
                                                    : 20},
          {"path_with_namespace", project.path},
          {"default_branch", "main"},
          {"ci_config_path", nullptr},
          {"homepage", page},
          {"url", ssh},
          {"ssh_url", ssh},
          {"http_url", page + ".git"}};
}

json GitLabShapes::HookRepository(const Project& project) const {
  return {{"name", project.name()},
          {"url", absl::StrCat("git@localhost:", project.path, ".git")},
          {"description", nullptr},
          {"homepage", absl::StrCat(web_, "/", project.path)}};
}

json GitLabShapes::HookLabels(const Project& project, const std::vector<std::string>& names) const {
  json out = json::array();
  for (const std::string& name : names) {
    for (const ProjectLabel& label : project.labels) {
      if (!SameName(label.name, name)) continue;
      out.push_back({{"id", label.id},
                     {"title", label.name},
                     {"color", "#" + label.color},
                     {"project_id", project.id},
                     {"created_at", HookTime(label.created)},
                     {"updated_at", HookTime(label.created)},
                     {"template", false},
                     {"description", label.description},
                     {"type", "ProjectLabel"},
                     {"group_id", nullptr}});
    }
  }
  return out;
}

json GitLabShapes::HookTicket(const Project& project, const Ticket& ticket) const {
  const bool issue = ticket.kind == TicketKind::kIssue;
  json out = {{"id", ticket.id},
              {"iid", ticket.number},
              {"title", ticket.title},
              {"description", ticket.body},
              {"author_id", ticket.author},
              {"assignee_ids", ticket.assignees},
              {"assignee_id", ticket.assignees.empty() ? json() : json(ticket.assignees[0])},
              {"milestone_id", nullptr},
              {"created_at", HookTime(ticket.created)},
              {"updated_at", HookTime(ticket.updated)},
              {"updated_by_id", ticket.editor == 0 ? json() : json(ticket.editor)},
              {"last_edited_at", HookTimeOrNull(ticket.edited)},
              {"last_edited_by_id", ticket.editor == 0 ? json() : json(ticket.editor)},
              {"state", ticket.open ? "opened" : "closed"},
              {"state_id", ticket.open ? 1 : 2},
              {"url", PageUrl(project, ticket)},
              {"total_time_spent", 0},
              {"time_change", 0},
              {"time_estimate", 0},
              {"human_total_time_spent", nullptr},
              {"human_time_change", nullptr},
              {"human_time_estimate", nullptr},
              {"labels", HookLabels(project, ticket.labels)}};
  if (issue) {
    out["project_id"] = project.id;
    out["closed_at"] = HookTimeOrNull(ticket.closed);
    out["confidential"] = ticket.confidential;
    out["discussion_locked"] = nullptr;
    out["due_date"] = nullptr;
    out["moved_to_id"] = ticket.moved_id == 0 ? json() : json(ticket.moved_id);
    out["duplicated_to_id"] = nullptr;
    out["relative_position"] = 513;
    out["weight"] = nullptr;
    out["health_status"] = nullptr;
    out["severity"] = "unknown";
    out["type"] = "Issue";
  } else {
    const std::string commit = HeadOf(ticket);
    const bool merged = !ticket.merge.empty();
    if (merged) out["state"] = "merged";
    out["merge_commit_sha"] = merged ? json(ticket.merge) : json();
    out["target_branch"] = "main";
    out["source_branch"] = absl::StrCat("change-", ticket.number);
    out["source_project_id"] = project.id;
    out["target_project_id"] = project.id;
    out["reviewer_ids"] = json::array();
    out["merge_status"] = "can_be_merged";
    out["detailed_merge_status"] = "mergeable";
    out["work_in_progress"] = false;
    out["draft"] = false;
    out["blocking_discussions_resolved"] = true;
    out["first_contribution"] = false;
    out["source"] = HookProject(project);
    out["target"] = HookProject(project);
    out["last_commit"] = {{"id", commit},
                          {"message", ticket.title},
                          {"title", ticket.title},
                          {"timestamp", HookTime(ticket.created)},
                          {"url", absl::StrCat(web_, "/", project.path, "/-/commit/", commit)},
                          {"author", {{"name", "Somebody"}, {"email", "[REDACTED]"}}}};
  }
  return out;
}

json GitLabShapes::HookNote(const Project& project, const Ticket& ticket,
                            const Remark& remark) const {
  const char* type = NoteType(remark);
  return {{"id", remark.id},
          {"note", remark.body},
          {"description", remark.body},
          {"noteable_type", Noteable(ticket)},
          {"noteable_id", ticket.id},
          {"author_id", remark.author},
          {"created_at", HookTime(remark.created)},
          {"updated_at", HookTime(remark.updated)},
          {"updated_by_id", nullptr},
          {"project_id", project.id},
          {"attachment", nullptr},
          {"line_code", nullptr},
          {"commit_id", nullptr},
          {"system", remark.system},
          {"st_diff", nullptr},
          {"position", nullptr},
          {"original_position", nullptr},
          {"change_position", nullptr},
          {"discussion_id", Discussion(remark.id)},
          {"type", type == nullptr ? json() : json(type)},
          {"resolved_at", nullptr},
          {"resolved_by_id", nullptr},
          {"resolved_by_push", nullptr},
          {"url", absl::StrCat(PageUrl(project, ticket), "#note_", remark.id)}};
}

}  // namespace retainer::sandbox
