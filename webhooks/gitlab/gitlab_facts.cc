#include "webhooks/gitlab/gitlab_facts.h"

#include <algorithm>
#include <array>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "retainer/change.h"
#include "retainer/fact_builders.h"
#include "src/base/digest.h"
#include "webhooks/body_fields.h"
#include "webhooks/forge_time.h"

namespace retainer::webhooks::gitlab {
namespace {

// What a delivery's handlers share.
struct Source {
  const Delivery& delivery;
  Node body;
  Node object;  // object_attributes
  Node ticket;  // the issue, work item or merge request
  Event& event;
  Learnt learnt;

  Node changes() const { return body["changes"]; }
  // The time under the first of `nodes` that has one; otherwise the receipt of this very body.
  Moment Stated(std::initializer_list<Node> nodes) const {
    for (const Node node : nodes) {
      if (const auto time = ReadForgeTime(node)) return Moment::At(*time);
    }
    return Receipt();
  }
  Moment Receipt() const {
    return Moment::Unstated(base::ToHex(base::Sha256({delivery.body})).substr(0, 16));
  }
  // The time of the changes in `changes`.
  Moment Changed() const {
    return changes()["updated_at"].is_object() ? Stated({ticket["updated_at"]}) : Receipt();
  }
  void Add(Fact fact) const { event.facts.push_back(std::move(fact)); }
};

bool SkipDigits(std::string_view* text) {
  const std::size_t end = std::min(text->find_first_not_of("0123456789"), text->size());
  text->remove_prefix(end);
  return end > 0;
}

bool Skip(std::string_view* text, std::string_view word) {
  if (!text->starts_with(word)) return false;
  text->remove_prefix(word.size());
  return true;
}

// A ticket's text is its description; older bodies send null for an empty one.
std::string_view TextOf(Node ticket) { return ticket["description"].text_or_empty(); }

// The person whose stable id the body gives beside the sender. Returns the sender with its login if
// the ids are equal, otherwise an actor with only the id.
Actor ById(const Event& event, Node id) {
  Actor actor;
  actor.id = id.id();
  if (!actor.id.empty() && actor.id == event.sender.id) return event.sender;
  return actor;
}

// A key in `changes` of a work item or an issue, and the action that it stands for.
struct NamedChange {
  std::string_view key;
  std::string_view what;
};
constexpr std::array<NamedChange, 12> kActions = {{{"title", "retitled"},
                                                   {"milestone_id", "milestoned"},
                                                   {"due_date", "due_date"},
                                                   {"weight", "weight"},
                                                   {"severity", "severity"},
                                                   {"health_status", "health_status"},
                                                   {"discussion_locked", "locked"},
                                                   {"time_estimate", "time_estimate"},
                                                   {"total_time_spent", "time_spent"},
                                                   {"draft", "draft"},
                                                   {"reviewers", "review_requested"},
                                                   {"target_branch", "rebased"}}};

void AddLabelChanges(const Source& in) {
  const Node change = in.changes()["labels"];
  if (!change.is_object()) return;
  const std::vector<std::string> before = NamesOf(change["previous"], "title");
  const std::vector<std::string> after = NamesOf(change["current"], "title");
  const auto has = [](const std::vector<std::string>& names, const std::string& name) {
    return std::find(names.begin(), names.end(), name) != names.end();
  };
  const Moment at = in.Changed();
  for (const std::string& label : after) {
    if (!has(before, label)) in.Add(MakeLabelAdded(in.learnt, label, in.event.sender, at));
  }
  for (const std::string& label : before) {
    if (!has(after, label)) in.Add(MakeLabelRemoved(in.learnt, label, in.event.sender, at));
  }
}

void AddAssigneeChanges(const Source& in) {
  const Node change = in.changes()["assignees"];
  const Moment at = in.Changed();
  if (!change.is_object()) {
    // Versions with one assignee show only that the id was replaced.
    if (in.changes()["assignee_id"].is_object()) {
      in.Add(MakeAction(in.learnt, "reassigned", in.event.sender, at));
    }
    return;
  }
  const auto read = [](Node users) {
    std::set<Actor> actors;
    for (const Node user : users.items()) {
      Actor actor = ReadActor(user);
      if (!actor.login.empty()) actors.insert(std::move(actor));
    }
    return actors;
  };
  const std::set<Actor> before = read(change["previous"]);
  const std::set<Actor> after = read(change["current"]);
  for (const Actor& assignee : after) {
    if (!before.contains(assignee)) {
      in.Add(MakeAssigned(in.learnt, assignee, in.event.sender, at));
    }
  }
  for (const Actor& assignee : before) {
    if (!after.contains(assignee)) {
      in.Add(MakeUnassigned(in.learnt, assignee, in.event.sender, at));
    }
  }
}

void AddTextChange(const Source& in) {
  const Node change = in.changes()["description"];
  if (!change.is_object()) return;
  Actor editor = in.event.sender;
  if (editor.id.empty()) editor.id = in.object["last_edited_by_id"].id();
  const Moment at = in.changes()["updated_at"].is_object()
                        ? in.Changed()
                        : in.Stated({in.object["last_edited_at"]});
  in.Add(MakeTextEdited(in.learnt, editor, in.event.ticket->author, at, TextOf(in.object),
                        change["previous"].text_or_empty(), in.event.ticket->created_at));
}

void AddConfidentialityChange(const Source& in) {
  const std::optional<bool> now = in.changes()["confidential"]["current"].boolean();
  if (now) in.Add(MakeVisibility(in.learnt, *now, in.event.sender, in.Changed()));
}

void AddClosing(const Source& in, bool merged) {
  const bool duplicate = !in.object["duplicated_to_id"].id().empty();
  const std::string_view reason = merged ? "merged" : duplicate ? "duplicate" : "";
  const Moment at =
      merged ? in.Stated({in.object["merged_at"], in.object["closed_at"], in.object["updated_at"]})
             : in.Stated({in.object["closed_at"], in.object["updated_at"]});
  in.Add(MakeClosed(in.learnt, reason, in.event.sender, at));
}

void AddReopening(const Source& in) {
  in.Add(MakeReopened(in.learnt, in.event.sender, in.Stated({in.object["updated_at"]})));
}

// A change of state without an `action`.
void AddStateChange(const Source& in) {
  const Node state = in.changes()["state"];
  const Node state_id = in.changes()["state_id"];
  const auto became = [&](std::string_view name, std::int64_t number) {
    if (state.is_object()) return state["current"].text_or_empty() == name;
    return state_id["current"].integer() == number;
  };
  if (became("closed", 2)) AddClosing(in, /*merged=*/false);
  if (became("merged", 3)) AddClosing(in, /*merged=*/true);
  // A change from no state (an opening) or from locked (a merge in progress) is not a reopening.
  const bool was_closed = state.is_object() ? state["previous"].text_or_empty() == "closed"
                                            : state_id["previous"].integer() == std::int64_t{2};
  if (became("opened", 1) && was_closed) AddReopening(in);
}

void AddChanges(const Source& in) {
  AddLabelChanges(in);
  AddAssigneeChanges(in);
  AddTextChange(in);
  AddConfidentialityChange(in);
  for (const NamedChange& change : kActions) {
    if (in.changes()[change.key].is_object()) {
      in.Add(MakeAction(in.learnt, change.what, in.event.sender, in.Changed()));
    }
  }
  if (in.object["oldrev"].text()) {
    in.Add(MakeAction(in.learnt, "synchronize", in.event.sender,
                      in.Stated({in.object["updated_at"]})));
  }
}

void AddOpening(const Source& in, Node labels) {
  if (CameAlong(*in.event.ticket)) {
    // The ticket was moved here with its history.
    return in.Add(MakeCame(in.learnt, "", in.Stated({in.object["updated_at"]})));
  }
  const Moment at = in.Stated({in.object["created_at"]});
  in.Add(MakeOpened(in.learnt, in.event.ticket->author, at, TextOf(in.object),
                    NamesOf(labels, "title")));
  for (const Node user : in.body["assignees"].items()) {
    const Actor assignee = ReadActor(user);
    if (!assignee.login.empty()) {
      in.Add(MakeAssigned(in.learnt, assignee, in.event.sender, at));
    }
  }
}

// The ticket's state that every delivery shows.
void AddObservations(const Source& in, Node labels) {
  const std::optional<absl::Time> version = in.event.ticket->updated_at;
  if (labels.is_array()) {
    // If labels changed without `updated_at`, they are not the labels of that version.
    const bool undated =
        in.changes()["labels"].is_object() && !in.changes()["updated_at"].is_object();
    if (undated || version) {
      in.Add(MakeLabels(in.learnt, NamesOf(labels, "title"),
                        undated ? in.Receipt() : Moment::At(*version)));
    }
  }
  // Every delivery of a confidential ticket says so, in case we missed the change. That a ticket is
  // public again is believed only when a delivery says that this changed.
  const bool told = std::any_of(in.event.facts.begin(), in.event.facts.end(),
                                [](const Fact& f) { return f.kind == FactKind::kVisibility; });
  if (in.event.ticket->confidential && !told) {
    in.Add(MakeVisibility(in.learnt, true, Actor(), version ? Moment::At(*version) : in.Receipt()));
  }
  if (!in.ticket["moved_to_id"].id().empty()) {
    // `moved_to_id` is an id of the whole instance; it does not tell the project and number.
    const bool just_now = in.changes()["moved_to_id"].is_object();
    in.Add(MakeMoved(in.learnt, "", just_now ? in.event.sender : Actor(),
                     in.Stated({in.ticket["closed_at"], in.ticket["updated_at"]})));
  }
}

// The state of a merge request, as its delivery shows it. Title and description name the tickets
// that it closes.
Fact SeenChange(const Source& in) {
  ChangeInfo change;
  change.base = in.object["target_branch"].text_or_empty();
  change.head = in.object["last_commit"]["id"].text_or_empty();
  const std::string_view state = in.object["state"].text_or_empty();
  if (state == "merged") {
    change.state = ChangeState::kMerged;
    // A fast-forward makes no merge commit: the commit is the squashed one or the last one.
    for (const Node commit : {in.object["merge_commit_sha"], in.object["squash_commit_sha"],
                              in.object["last_commit"]["id"]}) {
      if (change.merge.empty()) change.merge = commit.text_or_empty();
    }
  } else if (state == "closed") {
    change.state = ChangeState::kClosed;
  }
  for (const std::string_view text : {in.object["title"].text_or_empty(), TextOf(in.object)}) {
    for (std::string& fix :
         ReadFixes(ForgeKind::kGitLab, text, in.event.project.path, in.event.project.url)) {
      change.fixes.push_back(std::move(fix));
    }
  }
  const Moment updated = in.Stated({in.object["updated_at"]});
  const bool tells_of_merge = std::any_of(
      in.event.facts.begin(), in.event.facts.end(),
      [](const Fact& fact) { return fact.kind == FactKind::kClosed && fact.value == "merged"; });
  const bool later = change.state == ChangeState::kMerged && !tells_of_merge;
  return later ? MakeMergedSeen(in.learnt, change, updated)
               : MakeChangeSeen(in.learnt, change, updated, in.object["oldrev"].text().has_value());
}

absl::StatusOr<TicketInfo> ReadTicket(const Event& event, Node ticket, TicketKind kind,
                                      std::string_view name) {
  TicketInfo info;
  info.kind = kind;
  const std::optional<std::int64_t> number = ticket["iid"].integer();
  if (!number || *number <= 0)
    return Lacks(event.type, absl::StrCat(absl::string_view(name.data(), name.size()), ".iid"));
  info.number = *number;
  info.title = ticket["title"].text_or_empty();
  info.url = UrlField(ticket["url"]);
  if (info.url.empty() && !event.project.url.empty()) {
    info.url =
        absl::StrCat(event.project.url,
                     kind == TicketKind::kIssue ? "/-/issues/" : "/-/merge_requests/", info.number);
  }
  info.author = ById(event, ticket["author_id"]);
  info.created_at = ReadForgeTime(ticket["created_at"]);
  info.updated_at = ReadForgeTime(ticket["updated_at"]);
  const std::string_view state = ticket["state"].text_or_empty();
  info.open = state != "closed" && state != "merged";
  info.confidential = ticket["confidential"].is_true();
  return info;
}

}  // namespace

Actor ReadActor(Node user) {
  Actor actor;
  actor.id = user["id"].id();
  actor.login = LoginField(user["username"]);
  actor.machine = user["bot"].is_true() || IsBotLogin(actor.login);
  return actor;
}

bool IsBotLogin(std::string_view login) {
  std::string_view rest = login;
  if (Skip(&rest, "service_account_")) {
    if (Skip(&rest, "group_") || Skip(&rest, "project_"))
      return SkipDigits(&rest) && Skip(&rest, "_");
    return rest.size() >= 32 && rest.find_first_not_of("0123456789abcdef") == rest.npos;
  }
  if (!Skip(&rest, "project_") && !Skip(&rest, "group_")) return false;
  if (!SkipDigits(&rest) || !Skip(&rest, "_bot")) return false;
  // `_bot`, `_bot2` (older), or `_bot_` and hexadecimal digits.
  if (Skip(&rest, "_"))
    return !rest.empty() && rest.find_first_not_of("0123456789abcdef") == rest.npos;
  SkipDigits(&rest);
  return rest.empty();
}

bool SaysConfidential(Node body) {
  return body["event_type"].text_or_empty().starts_with("confidential_") ||
         body["object_attributes"]["confidential"].is_true() ||
         body["object_attributes"]["internal"].is_true();
}

absl::StatusOr<Event> ParseTicket(Event event, const Delivery& delivery, Node body,
                                  TicketKind kind) {
  const Node object = body["object_attributes"];
  const std::string action = event.action;
  // The opener is the author; older bodies name the sender without an id.
  if (event.sender.id.empty() && action == "open") event.sender.id = object["author_id"].id();
  absl::StatusOr<TicketInfo> info = ReadTicket(event, object, kind, "object_attributes");
  if (!info.ok()) return info.status();
  event.kind = EventKind::kTicket;
  event.ticket = *std::move(info);
  event.ticket->former_title = body["changes"]["title"]["previous"].text_or_empty();
  if (kind == TicketKind::kIssue) {
    event.ticket->confidential |=
        SaysConfidential(body) || delivery.event_type == "Confidential Issue Hook";
  }

  const Source in{delivery, body, object, object, event, {Provenance::kWebhook, delivery.received}};
  const Node labels = body["labels"].is_array() ? body["labels"] : object["labels"];
  if (action == "open") {
    AddOpening(in, labels);
  } else if (action == "close") {
    AddClosing(in, /*merged=*/false);
    AddLabelChanges(in);
  } else if (action == "merge") {
    AddClosing(in, /*merged=*/true);
    AddLabelChanges(in);
  } else if (action == "reopen") {
    AddReopening(in);
    AddLabelChanges(in);
  } else if (action == "update" || action.empty()) {
    AddStateChange(in);
    AddChanges(in);
  } else if (action == "approved" || action == "unapproved" || action == "approval" ||
             action == "unapproval") {
    in.Add(MakeAction(in.learnt, action, event.sender, in.Stated({object["updated_at"]})));
  } else {
    event.kind = EventKind::kNothing;
    event.reason = "an action that we do not know";
    return event;
  }
  if (kind == TicketKind::kChange) in.Add(SeenChange(in));
  AddObservations(in, labels);
  return event;
}

absl::StatusOr<Event> ParseNote(Event event, const Delivery& delivery, Node body) {
  const Node note = body["object_attributes"];
  const std::string_view on = note["noteable_type"].text_or_empty();
  const bool on_change = on == "MergeRequest";
  if (!on_change && on != "Issue" && on != "WorkItem") {
    if (on.empty()) return Lacks(event.type, "object_attributes.noteable_type");
    event.kind = EventKind::kNothing;
    event.reason = "a note on something that is not a ticket";
    return event;
  }
  const std::string_view name = on_change                   ? "merge_request"
                                : body["issue"].is_object() ? "issue"
                                                            : "work_item";
  const Node ticket = body[name];
  const std::string id = note["id"].id();
  if (id.empty()) return Lacks(event.type, "object_attributes.id");
  // Versions without an action send only new notes.
  if (event.action.empty()) event.action = "create";
  if (event.sender.id.empty() && event.action == "create") {
    event.sender.id = note["author_id"].id();
  }
  absl::StatusOr<TicketInfo> info =
      ReadTicket(event, ticket, on_change ? TicketKind::kChange : TicketKind::kIssue, name);
  if (!info.ok()) return info.status();
  event.kind = EventKind::kTicket;
  event.ticket = *std::move(info);
  if (note["system"].is_true()) {
    event.kind = EventKind::kNothing;
    event.reason = "a note that GitLab wrote itself";
    return event;
  }

  // The header and the event type also describe the ticket: on a confidential ticket they say so
  // for every note. In that case the note's own flag counts, if it has one.
  const bool around = delivery.event_type == "Confidential Note Hook" ||
                      body["event_type"].text_or_empty() == "confidential_note";
  const bool explained = event.ticket->confidential && note["internal"].boolean() == false;
  const bool internal =
      note["internal"].is_true() || note["confidential"].is_true() || (around && !explained);

  const Source in{delivery, body, note, ticket, event, {Provenance::kWebhook, delivery.received}};
  const Actor author = ById(event, note["author_id"]);
  if (event.action == "create") {
    in.Add(MakeComment(in.learnt, NoteId(id), author.id.empty() ? event.sender : author,
                       in.Stated({note["created_at"]}), note["note"].text_or_empty(), internal));
  } else if (event.action == "update") {
    const Node before = body["changes"]["note"]["previous"];
    in.Add(MakeCommentEdited(in.learnt, NoteId(id), event.sender, author,
                             in.Stated({note["updated_at"]}), note["note"].text_or_empty(),
                             before.text(), ReadForgeTime(note["created_at"]), internal));
  } else {
    event.kind = EventKind::kNothing;
    event.reason = "an action that we do not know";
    return event;
  }
  AddObservations(in, ticket["labels"]);
  return event;
}

}  // namespace retainer::webhooks::gitlab
