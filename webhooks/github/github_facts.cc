#include "webhooks/github/github_facts.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/algorithm/container.h"
#include "retainer/change.h"
#include "retainer/fact_builders.h"
#include "src/base/digest.h"
#include "webhooks/body_fields.h"
#include "webhooks/forge_time.h"

namespace retainer::webhooks::github {
namespace {

// What a delivery's handlers share.
struct Source {
  const Delivery& delivery;
  Node body;
  Node ticket;  // the issue or the pull request
  Event& event;
  Learnt learnt;

  std::string_view action() const { return event.action; }
  // The time of the ticket's version that the body shows.
  Moment Updated() const { return Stated(ticket["updated_at"]); }
  // The time under `node`; if there is none, the receipt of this very body.
  Moment Stated(Node node) const {
    const std::optional<absl::Time> time = ReadForgeTime(node);
    return time ? Moment::At(*time) : Receipt();
  }
  Moment Receipt() const {
    return Moment::Unstated(base::ToHex(base::Sha256({delivery.body})).substr(0, 16));
  }
  void Add(Fact fact) const { event.facts.push_back(std::move(fact)); }
};

// A person's text. GitHub sends null for an empty one.
std::string_view TextOf(Node object) { return object["body"].text_or_empty(); }

std::optional<std::string_view> TextBefore(Node body) {
  const Node change = body["changes"]["body"];
  if (!change.is_object()) return std::nullopt;
  return change["from"].text_or_empty();
}

// The author of an object. An app that acts by itself has the type `Bot`. When a person acts
// through an app, the author is the person's own account, which counts as a person.
Actor AuthorOf(Node object) {
  Actor author = ReadActor(object["user"]);
  if (object["performed_via_github_app"].is_object() &&
      object["user"]["type"].text_or_empty() != "User") {
    author.machine = true;
  }
  return author;
}

// Actions that always change `updated_at`, besides opening, closing and the like …
constexpr std::array<std::string_view, 13> kDatedActions = {"milestoned",
                                                            "demilestoned",
                                                            "locked",
                                                            "unlocked",
                                                            "typed",
                                                            "untyped",
                                                            "review_requested",
                                                            "review_request_removed",
                                                            "converted_to_draft",
                                                            "ready_for_review",
                                                            "synchronize",
                                                            "auto_merge_enabled",
                                                            "auto_merge_disabled"};
// … and actions that need not change it.
constexpr std::array<std::string_view, 4> kUndatedActions = {"pinned", "unpinned", "enqueued",
                                                             "dequeued"};

bool IsMerged(Node ticket) {
  return ticket["merged"].is_true() || ReadForgeTime(ticket["merged_at"]);
}

// `closed`, for an issue or a pull request.
Fact Closing(const Source& in) {
  const bool merged = IsMerged(in.ticket);
  const Moment at =
      in.ticket["closed_at"].text() ? in.Stated(in.ticket["closed_at"]) : in.Updated();
  return MakeClosed(in.learnt, merged ? "merged" : in.ticket["state_reason"].text_or_empty(),
                    in.event.sender, at);
}

Fact Transfer(const Source& in) {
  const Node changes = in.body["changes"];
  const std::string project = changes["new_repository"]["id"].id();
  const std::optional<std::int64_t> number = changes["new_issue"]["number"].integer();
  std::string successor;
  ProjectInfo destination;
  destination.id = project;
  destination.path = PathField(changes["new_repository"]["full_name"]);
  if (!project.empty()) in.event.projects.push_back(std::move(destination));
  if (!project.empty() && number && *number > 0) {
    successor = ToString(TicketKey{in.event.forge, project, TicketKind::kIssue, *number});
  }
  return MakeMoved(in.learnt, successor, in.event.sender, in.Receipt());
}

// `opened`. An issue that was transferred here is "opened" with its history; its real opening and
// its earlier comments must be read from the forge.
Fact Opening(const Source& in) {
  const Node changes = in.body["changes"];
  if (!changes["old_issue"].is_object() && !CameAlong(*in.event.ticket)) {
    return MakeOpened(in.learnt, in.event.ticket->author, in.Stated(in.ticket["created_at"]),
                      TextOf(in.ticket), NamesOf(in.ticket["labels"], "name"));
  }
  const std::string project = changes["old_repository"]["id"].id();
  const std::optional<std::int64_t> number = changes["old_issue"]["number"].integer();
  std::string predecessor;
  if (!project.empty() && number && *number > 0) {
    predecessor = ToString(TicketKey{in.event.forge, project, in.event.ticket->kind, *number});
  }
  return MakeCame(in.learnt, predecessor, in.Updated());
}

// `edited`: the text, the title, or a pull request's base.
void AddEdit(const Source& in) {
  if (const auto before = TextBefore(in.body)) {
    in.Add(MakeTextEdited(in.learnt, in.event.sender, in.event.ticket->author, in.Updated(),
                          TextOf(in.ticket), before, in.event.ticket->created_at));
  }
  for (const std::string_view key : in.body["changes"].keys()) {
    if (key == "title") in.Add(MakeAction(in.learnt, "retitled", in.event.sender, in.Updated()));
    if (key == "base") in.Add(MakeAction(in.learnt, "rebased", in.event.sender, in.Updated()));
  }
}

// Deliveries of `issues` and `pull_request`. Returns false for an unknown action.
bool AddTicketFacts(const Source& in) {
  const std::string_view action = in.action();
  const Actor& sender = in.event.sender;
  if (action == "opened") {
    in.Add(Opening(in));
  } else if (action == "edited") {
    AddEdit(in);
  } else if (action == "labeled" || action == "unlabeled") {
    // When a label is deleted from the project, its tickets lose it and the body does not name it.
    const std::string_view label = in.body["label"]["name"].text_or_empty();
    if (!label.empty()) {
      in.Add(action == "labeled" ? MakeLabelAdded(in.learnt, label, sender, in.Updated())
                                 : MakeLabelRemoved(in.learnt, label, sender, in.Updated()));
    }
  } else if (action == "assigned" || action == "unassigned") {
    const Actor assignee = ReadActor(in.body["assignee"]);
    if (!assignee.login.empty()) {
      in.Add(action == "assigned" ? MakeAssigned(in.learnt, assignee, sender, in.Updated())
                                  : MakeUnassigned(in.learnt, assignee, sender, in.Updated()));
    }
  } else if (action == "closed") {
    in.Add(Closing(in));
  } else if (action == "reopened") {
    in.Add(MakeReopened(in.learnt, sender, in.Updated()));
  } else if (action == "transferred") {
    in.Add(Transfer(in));
  } else if (action == "deleted") {
    in.Add(MakeDeleted(in.learnt, sender, in.Receipt()));
  } else if (absl::c_linear_search(kDatedActions, action)) {
    in.Add(MakeAction(in.learnt, action, sender, in.Updated()));
  } else if (absl::c_linear_search(kUndatedActions, action)) {
    in.Add(MakeAction(in.learnt, action, sender, in.Receipt()));
  } else {
    return false;
  }
  return true;
}

// Deliveries of `issue_comment` and `pull_request_review_comment`.
bool AddCommentFacts(const Source& in, const std::string& object) {
  const Node comment = in.body["comment"];
  const Actor author = AuthorOf(comment);
  if (in.action() == "created") {
    in.Add(
        MakeComment(in.learnt, object, author, in.Stated(comment["created_at"]), TextOf(comment)));
  } else if (in.action() == "edited") {
    const auto before = TextBefore(in.body);
    if (before) {
      in.Add(MakeCommentEdited(in.learnt, object, in.event.sender, author,
                               in.Stated(comment["updated_at"]), TextOf(comment), before,
                               ReadForgeTime(comment["created_at"])));
    }
  } else if (in.action() == "deleted") {
    in.Add(MakeCommentDeleted(in.learnt, object, in.event.sender, author, in.Receipt()));
  } else {
    return false;
  }
  return true;
}

// The state of a pull request, as its delivery shows it.
Fact SeenChange(const Source& in) {
  ChangeInfo change;
  change.base = in.ticket["base"]["ref"].text_or_empty();
  change.head = in.ticket["head"]["sha"].text_or_empty();
  if (IsMerged(in.ticket)) {
    change.state = ChangeState::kMerged;
    // For an open pull request this field is GitHub's trial merge.
    change.merge = in.ticket["merge_commit_sha"].text_or_empty();
  } else if (!in.event.ticket->open) {
    change.state = ChangeState::kClosed;
  }
  change.fixes =
      ReadFixes(ForgeKind::kGitHub, TextOf(in.ticket), in.event.project.path, in.event.project.url);
  const bool later = change.state == ChangeState::kMerged && in.action() != "closed";
  return later ? MakeMergedSeen(in.learnt, change, in.Updated())
               : MakeChangeSeen(in.learnt, change, in.Updated(), in.action() == "synchronize");
}

// Deliveries of `pull_request_review`.
bool AddReviewFacts(const Source& in, const std::string& id) {
  const Node review = in.body["review"];
  const Actor author = AuthorOf(review);
  if (in.action() == "submitted") {
    in.Add(MakeReview(in.learnt, id, author, in.Stated(review["submitted_at"]), TextOf(review)));
  } else if (in.action() == "edited") {
    const auto before = TextBefore(in.body);
    if (before) {
      in.Add(MakeCommentEdited(in.learnt, ReviewId(id), in.event.sender, author,
                               in.Stated(review["updated_at"]), TextOf(review), before,
                               ReadForgeTime(review["submitted_at"])));
    }
  } else if (in.action() == "dismissed") {
    in.Add(MakeAction(in.learnt, "dismissed", in.event.sender, in.Updated()));
  } else {
    return false;
  }
  return true;
}

absl::StatusOr<TicketInfo> ReadTicket(std::string_view type, Node ticket, bool is_issue) {
  TicketInfo info;
  // A comment on a pull request shows the pull request in the form of an issue.
  const bool is_change = !is_issue || ticket["pull_request"].is_object();
  info.kind = is_change ? TicketKind::kChange : TicketKind::kIssue;
  const std::optional<std::int64_t> number = ticket["number"].integer();
  if (!number || *number <= 0) {
    return Lacks(type, is_issue ? "issue.number" : "pull_request.number");
  }
  info.number = *number;
  info.title = ticket["title"].text_or_empty();
  info.url = UrlField(ticket["html_url"]);
  info.author = AuthorOf(ticket);
  info.created_at = ReadForgeTime(ticket["created_at"]);
  info.updated_at = ReadForgeTime(ticket["updated_at"]);
  info.open = ticket["state"].text_or_empty() != "closed";
  return info;
}

}  // namespace

Actor ReadActor(Node user) {
  Actor actor;
  actor.id = user["id"].id();
  actor.login = LoginField(user["login"]);
  actor.machine = user["type"].text_or_empty() == "Bot" || actor.login.ends_with("[bot]");
  return actor;
}

absl::StatusOr<Event> FillTicket(Event event, const Delivery& delivery, Node body) {
  const bool is_issue = body["issue"].is_object();
  const Node ticket = body[is_issue ? "issue" : "pull_request"];
  absl::StatusOr<TicketInfo> info = ReadTicket(event.type, ticket, is_issue);
  if (!info.ok()) return info.status();
  event.kind = EventKind::kTicket;
  event.ticket = *std::move(info);
  event.ticket->former_title = body["changes"]["title"]["from"].text_or_empty();

  const Source in{delivery, body, ticket, event, {Provenance::kWebhook, delivery.received}};
  bool known = false;
  if (event.type == "issues" || event.type == "pull_request") {
    known = AddTicketFacts(in);
  } else if (event.type == "pull_request_review") {
    const std::string id = body["review"]["id"].id();
    if (id.empty()) return Lacks(event.type, "review.id");
    known = AddReviewFacts(in, id);
  } else {
    const std::string id = body["comment"]["id"].id();
    if (id.empty()) return Lacks(event.type, "comment.id");
    known = AddCommentFacts(in, is_issue ? IssueCommentId(id) : ReviewCommentId(id));
  }
  if (!known) {
    event.kind = EventKind::kNothing;
    event.reason = "an action that we do not know";
    return event;
  }
  if (event.type == "pull_request") in.Add(SeenChange(in));
  if (ticket["labels"].is_array() && event.ticket->updated_at) {
    in.Add(MakeLabels(in.learnt, NamesOf(ticket["labels"], "name"),
                      Moment::At(*event.ticket->updated_at)));
  }
  return event;
}

}  // namespace retainer::webhooks::github
