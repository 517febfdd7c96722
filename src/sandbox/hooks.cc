#include "src/sandbox/hooks.h"

#include <nlohmann/json.hpp>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"
#include "src/base/digest.h"
#include "src/sandbox/crypto.h"

namespace retainer::sandbox {
namespace {

using nlohmann::json;
using Kind = Happening::Kind;

std::string ActionOf(Kind kind) {
  switch (kind) {
    case Kind::kOpened:
    case Kind::kArrived:
      return "opened";
    case Kind::kEdited:
    case Kind::kCommentEdited:
      return "edited";
    case Kind::kCommented:
    case Kind::kReviewCommented:
    case Kind::kLabelCreated:
      return "created";
    case Kind::kReviewed:
      return "submitted";
    case Kind::kCommentDeleted:
    case Kind::kDeleted:
      return "deleted";
    case Kind::kLabeled:
    case Kind::kRelabeled:
      return "labeled";
    case Kind::kUnlabeled:
      return "unlabeled";
    case Kind::kAssigned:
      return "assigned";
    case Kind::kUnassigned:
      return "unassigned";
    case Kind::kClosed:
      return "closed";
    case Kind::kReopened:
      return "reopened";
    case Kind::kTransferred:
      return "transferred";
    case Kind::kRenamed:
      return "renamed";
    case Kind::kPushed:
      return "synchronize";
  }
  return "";
}

std::string Event(const Happening& happening) {
  if (happening.kind == Kind::kLabelCreated) return "label";
  if (happening.kind == Kind::kRenamed) return "repository";
  if (happening.remark != nullptr) {
    switch (happening.remark->kind) {
      case Remark::Kind::kComment:
        return "issue_comment";
      case Remark::Kind::kReview:
        return "pull_request_review";
      case Remark::Kind::kReviewComment:
        return "pull_request_review_comment";
    }
  }
  return happening.ticket->kind == TicketKind::kChange ? "pull_request" : "issues";
}

json EditOf(const Happening& happening) {
  json out = json::object();
  if (happening.remark != nullptr) return {{"body", {{"from", happening.old_body}}}};
  if (happening.title_changed) out["title"] = {{"from", happening.old_title}};
  if (happening.body_changed) out["body"] = {{"from", happening.old_body}};
  return out;
}

// An entry of GitLab's `changes`.
json Change(json previous, json current) {
  return {{"previous", std::move(previous)}, {"current", std::move(current)}};
}

}  // namespace

std::string MakeGuid() {
  std::string hex = RandomHex(16);
  return absl::StrCat(hex.substr(0, 8), "-", hex.substr(8, 4), "-", hex.substr(12, 4), "-",
                      hex.substr(16, 4), "-", hex.substr(20));
}

std::optional<Message> GitHubMessage(World& world, const GitHubShapes& shapes,
                                     const Happening& happening) {
  const Project& project = *happening.project;
  const std::string event = Event(happening);
  json body = {{"action", ActionOf(happening.kind)},
               {"repository", shapes.Repository(project)},
               {"sender", shapes.Account(*happening.sender)}};
  if (std::int64_t installation = world.InstallationOf(project)) {
    body["installation"] = {
        {"id", installation},
        {"node_id", absl::Base64Escape(absl::StrCat("023:IntegrationInstallation", installation))}};
  }
  if (const Organization* owner = world.FindOrganization(project.forge, project.owner())) {
    body["organization"] = shapes.OrganizationOf(*owner);
  }
  if (happening.ticket != nullptr) {
    const Ticket& ticket = *happening.ticket;
    if (event == "issues" || event == "issue_comment") {
      body["issue"] = shapes.Issue(project, ticket);
    } else {
      body["pull_request"] = shapes.PullRequest(project, ticket);
      if (event == "pull_request") body["number"] = ticket.number;
    }
    if (happening.remark != nullptr) {
      if (event == "issue_comment") {
        body["comment"] = shapes.Comment(project, ticket, *happening.remark);
      } else if (event == "pull_request_review") {
        body["review"] = shapes.Review(project, ticket, *happening.remark);
      } else {
        body["comment"] = shapes.ReviewComment(project, ticket, *happening.remark);
      }
    }
  }
  if (happening.label != nullptr) body["label"] = shapes.Label(project, *happening.label);
  if (happening.assignee != nullptr) body["assignee"] = shapes.Account(*happening.assignee);
  if (happening.kind == Kind::kEdited || happening.kind == Kind::kCommentEdited) {
    body["changes"] = EditOf(happening);
  }
  if (happening.kind == Kind::kRenamed) {
    std::string old_name = happening.old_path.substr(happening.old_path.rfind('/') + 1);
    body["changes"] = {{"repository", {{"name", {{"from", old_name}}}}}};
  }
  if (happening.kind == Kind::kTransferred) {
    body["changes"] = {
        {"new_issue", shapes.Issue(*happening.other_project, *happening.other_ticket)},
        {"new_repository", shapes.Repository(*happening.other_project)}};
  }
  if (happening.kind == Kind::kArrived) {
    body["changes"] = {
        {"old_issue", shapes.Issue(*happening.other_project, *happening.other_ticket)},
        {"old_repository", shapes.Repository(*happening.other_project)}};
  }
  return Message{ForgeKind::kGitHub, MakeGuid(), event, ActionOf(happening.kind), body.dump()};
}

Message PushMessage(World& world, const GitHubShapes& github, const GitLabShapes& gitlab,
                    const Project& project, const User& by, const std::string& branch,
                    const std::string& commit) {
  const std::string none(40, '0');
  json body = {{"ref", "refs/heads/" + branch}, {"before", none}, {"after", commit}};
  body["commits"] = json::array();
  if (project.forge == ForgeKind::kGitLab) {
    body["object_kind"] = "push";
    body["event_name"] = "push";
    body["user_id"] = by.id;
    body["user_username"] = by.login;
    body["project_id"] = project.id;
    body["project"] = gitlab.HookProject(project);
    return {ForgeKind::kGitLab, MakeGuid(), "Push Hook", "", body.dump()};
  }
  body["repository"] = github.Repository(project);
  body["sender"] = github.Account(by);
  if (std::int64_t installation = world.InstallationOf(project)) {
    body["installation"] = {{"id", installation}};
  }
  return {ForgeKind::kGitHub, MakeGuid(), "push", "", body.dump()};
}

std::optional<Message> GitLabMessage(World& world, const GitLabShapes& shapes,
                                     const Happening& happening) {
  const Project& project = *happening.project;
  if (happening.ticket == nullptr || happening.kind == Kind::kCommentDeleted ||
      happening.kind == Kind::kDeleted) {
    return std::nullopt;
  }
  const Ticket& ticket = *happening.ticket;
  const bool issue = ticket.kind == TicketKind::kIssue;
  const std::string updated = GitLabShapes::HookTime(ticket.updated);
  json body = {{"user", shapes.HookUser(*happening.sender)},
               {"project", shapes.HookProject(project)},
               {"repository", shapes.HookRepository(project)}};
  json attributes = shapes.HookTicket(project, ticket);
  Message message{ForgeKind::kGitLab, MakeGuid(), "", "", ""};

  if (happening.remark != nullptr) {
    const bool confidential = happening.remark->internal || ticket.confidential;
    message.event = confidential ? "Confidential Note Hook" : "Note Hook";
    message.action = happening.kind == Kind::kCommentEdited ? "update" : "create";
    if (happening.remark->kind == Remark::Kind::kReview) message.action = "create";
    body["object_kind"] = "note";
    body["event_type"] = confidential ? "confidential_note" : "note";
    body["project_id"] = project.id;
    body["object_attributes"] = shapes.HookNote(project, ticket, *happening.remark);
    body["object_attributes"]["action"] = message.action;
    body[issue ? "issue" : "merge_request"] = std::move(attributes);
    message.body = body.dump();
    return message;
  }

  json changes = json::object();
  const json touched = Change(GitLabShapes::HookTime(happening.old_updated), updated);
  message.action = "update";
  switch (happening.kind) {
    case Kind::kOpened:
    case Kind::kArrived:
      message.action = "open";
      changes["title"] = Change(nullptr, ticket.title);
      changes["created_at"] = Change(nullptr, GitLabShapes::HookTime(ticket.created));
      break;
    case Kind::kEdited:
      if (happening.title_changed) changes["title"] = Change(happening.old_title, ticket.title);
      if (happening.body_changed) changes["description"] = Change(happening.old_body, ticket.body);
      changes["updated_at"] = touched;
      break;
    case Kind::kRelabeled:
      changes["updated_at"] = touched;
      changes["labels"] = Change(shapes.HookLabels(project, happening.old_labels),
                                 shapes.HookLabels(project, ticket.labels));
      break;
    case Kind::kAssigned: {
      json before = json::array();
      json after = json::array();
      for (std::int64_t id : happening.old_assignees) {
        before.push_back(shapes.HookUser(world.UserOf(project.forge, id)));
      }
      for (std::int64_t id : ticket.assignees) {
        after.push_back(shapes.HookUser(world.UserOf(project.forge, id)));
      }
      changes["assignees"] = Change(before, after);
      changes["updated_at"] = touched;
      break;
    }
    case Kind::kClosed:
    case Kind::kReopened: {
      const bool closed = happening.kind == Kind::kClosed;
      const bool merged = closed && !ticket.merge.empty();
      message.action = merged ? "merge" : closed ? "close" : "reopen";
      changes["state_id"] = merged ? Change(1, 3) : closed ? Change(1, 2) : Change(2, 1);
      if (closed) changes["closed_at"] = Change(nullptr, updated);
      changes["updated_at"] = touched;
      break;
    }
    case Kind::kPushed:
      attributes["oldrev"] = base::Sha256Hex(absl::StrCat("before ", ticket.pushes)).substr(0, 40);
      changes["updated_at"] = touched;
      break;
    case Kind::kTransferred:
      message.action = "close";
      changes["moved_to_id"] = Change(nullptr, ticket.moved_id);
      changes["state_id"] = Change(1, 2);
      break;
    default:
      return std::nullopt;
  }
  if (issue) {
    message.event = ticket.confidential ? "Confidential Issue Hook" : "Issue Hook";
    body["object_kind"] = "issue";
    body["event_type"] = ticket.confidential ? "confidential_issue" : "issue";
  } else {
    message.event = "Merge Request Hook";
    body["object_kind"] = "merge_request";
    body["event_type"] = "merge_request";
  }
  attributes["action"] = message.action;
  body["labels"] = shapes.HookLabels(project, ticket.labels);
  if (!ticket.assignees.empty()) {
    body["assignees"] = json::array();
    for (std::int64_t id : ticket.assignees) {
      body["assignees"].push_back(shapes.HookUser(world.UserOf(project.forge, id)));
    }
  }
  body["object_attributes"] = std::move(attributes);
  body["changes"] = std::move(changes);
  message.body = body.dump();
  return message;
}

HeaderList SignedHeaders(const Message& message, const SandboxHook& hook,
                         const std::string& instance, absl::Time now) {
  HeaderList headers = {{"Content-Type", "application/json"}, {"Accept", "*/*"}};
  auto add = [&](const char* name, const std::string& value) { headers.emplace_back(name, value); };
  if (message.forge == ForgeKind::kGitHub) {
    add("User-Agent", "GitHub-Hookshot/5a0b1c2");
    add("X-GitHub-Event", message.event);
    add("X-GitHub-Delivery", message.id);
    add("X-GitHub-Hook-ID", "400001");
    add("X-GitHub-Hook-Installation-Target-ID", "400002");
    add("X-GitHub-Hook-Installation-Target-Type", "integration");
    if (!hook.secret.empty()) {
      add("X-Hub-Signature-256", "sha256=" + absl::BytesToHexString(base::ToBytes(
                                                 base::HmacSha256(hook.secret, {message.body}))));
    }
    return headers;
  }
  add("User-Agent", "GitLab/18.5.0");
  add("X-Gitlab-Event", message.event);
  add("X-Gitlab-Event-UUID", MakeGuid());
  add("X-Gitlab-Webhook-UUID", "7f0f6f3e-5d0f-4b8e-9c53-0d5a5c4f9b11");
  add("X-Gitlab-Instance", instance);
  add("Idempotency-Key", message.id);
  if (!hook.token.empty()) add("X-Gitlab-Token", hook.token);
  if (!hook.signing_token.empty()) {
    absl::string_view encoded = hook.signing_token;
    absl::ConsumePrefix(&encoded, "whsec_");
    std::string key;
    absl::Base64Unescape(encoded, &key);
    const std::string seconds = absl::StrCat(absl::ToUnixSeconds(now));
    const std::string text = absl::StrCat(message.id, ".", seconds, ".", message.body);
    add("webhook-id", message.id);
    add("webhook-timestamp", seconds);
    add("webhook-signature",
        "v1," + absl::Base64Escape(base::ToBytes(base::HmacSha256(key, {text}))));
  }
  return headers;
}

}  // namespace retainer::sandbox
