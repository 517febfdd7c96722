#include "webhooks/gitlab/gitlab_parser.h"

#include <algorithm>
#include <array>
#include <utility>

#include "absl/algorithm/container.h"
#include "webhooks/body_fields.h"
#include "webhooks/forge_time.h"
#include "webhooks/gitlab/gitlab_facts.h"

namespace retainer::webhooks::gitlab {
namespace {

constexpr std::array<std::string_view, 6> kNeeded = {
    "Issue Hook",         "Confidential Issue Hook",
    "Note Hook",          "Confidential Note Hook",
    "Merge Request Hook", "Push Hook"};

ProjectInfo ReadProject(Node body) {
  const Node project = body["project"];
  const Node object = body["object_attributes"];
  ProjectInfo info;
  info.id = ProjectId(body);
  info.path = PathField(project["path_with_namespace"]);
  info.url = UrlField(project["web_url"]);
  // 20: public. 10: any user of the instance. 0: members only.
  const std::optional<std::int64_t> level = project["visibility_level"].integer();
  const std::string_view visibility = project["visibility"].text_or_empty();
  info.is_private = level ? *level < 20 : visibility == "private" || visibility == "internal";
  info.members_only = level ? *level == 0 && (visibility.empty() || visibility == "private")
                            : visibility == "private";
  // GitLab gives no time for projects: take that of the delivery's object.
  info.as_of = ReadForgeTime(object["updated_at"]);
  return info;
}

absl::StatusOr<Event> Nothing(Event event, std::string reason) {
  event.kind = EventKind::kNothing;
  event.reason = std::move(reason);
  return event;
}

absl::StatusOr<Event> ParsePush(Event event, Node body) {
  if (body["ref"].text_or_empty().empty()) return Lacks(event.type, "ref");
  event.kind = EventKind::kPush;
  event.ref = body["ref"].text_or_empty();
  const std::string_view after = body["after"].text_or_empty();
  // For a deleted ref the commit is all zeros.
  if (after.find_first_not_of('0') != after.npos) event.commit = after;
  event.sender.id = body["user_id"].id();
  event.sender.login = LoginField(body["user_username"]);
  event.sender.machine = IsBotLogin(event.sender.login);
  return event;
}

}  // namespace

std::span<const std::string_view> NeededEvents() { return kNeeded; }

bool IsNeeded(std::string_view event) { return absl::c_linear_search(kNeeded, event); }

bool Fits(std::string_view header, Node body) {
  const std::string_view kind = body["object_kind"].text_or_empty();
  if (header == "Issue Hook" || header == "Confidential Issue Hook") {
    return kind == "issue" || kind == "work_item";
  }
  if (header == "Note Hook" || header == "Confidential Note Hook") return kind == "note";
  if (header == "Merge Request Hook") return kind == "merge_request";
  if (header == "Push Hook") return kind == "push";
  return true;
}

absl::StatusOr<Event> ParseEvent(const Delivery& delivery, Node body) {
  const Node object = body["object_attributes"];
  const std::string_view kind = body["object_kind"].text_or_empty();
  Event event;
  event.forge = delivery.forge;
  event.type = delivery.event_type;
  event.action =
      object["action"].text() ? object["action"].text_or_empty() : body["action"].text_or_empty();
  event.project = ReadProject(body);
  event.sender = ReadActor(body["user"]);
  if (!IsNeeded(event.type))
    return Nothing(std::move(event), "an event that Retainer does not use");
  if (!Fits(event.type, body)) return DoesNotFit(event.type);
  if (event.project.path.empty() && !body["project"].is_object() && body["group"].is_object()) {
    return Nothing(std::move(event), "of a group, not of a project");
  }
  if (event.project.id.empty()) return Lacks(event.type, "project.id");
  if (event.project.path.empty()) return Lacks(event.type, "project.path_with_namespace");
  if (kind == "push") return ParsePush(std::move(event), body);
  if (!object.is_object()) return Lacks(event.type, "object_attributes");
  if (kind == "note") return ParseNote(std::move(event), delivery, body);
  return ParseTicket(std::move(event), delivery, body,
                     kind == "merge_request" ? TicketKind::kChange : TicketKind::kIssue);
}

std::vector<std::string> ProjectPaths(Node body) {
  const Node project = body["project"];
  if (!project.is_object()) return {};
  return {PathField(project["path_with_namespace"])};
}

std::string ProjectId(Node body) {
  const Node object = body["object_attributes"];
  for (const Node id : {body["project"]["id"], body["project_id"], object["target_project_id"],
                        object["project_id"]}) {
    if (std::string text = id.id(); !text.empty()) return text;
  }
  return "";
}

std::string GuessEvent(Node body) {
  const std::string_view kind = body["object_kind"].text_or_empty();
  const bool confidential = SaysConfidential(body);
  if (kind == "issue" || kind == "work_item") {
    return confidential ? "Confidential Issue Hook" : "Issue Hook";
  }
  if (kind == "note") return confidential ? "Confidential Note Hook" : "Note Hook";
  if (kind == "merge_request") return "Merge Request Hook";
  if (kind == "push") return "Push Hook";
  return "";
}

}  // namespace retainer::webhooks::gitlab
