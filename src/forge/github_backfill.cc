#include "src/forge/github_backfill.h"

#include <array>
#include <optional>
#include <string>
#include <string_view>

#include "absl/strings/match.h"
#include "retainer/fact_builders.h"

namespace retainer::forge {
namespace {

// Events in which a person acted on the ticket. Others (mentioned, subscribed, referenced, …)
// happen *to* the person whom GitHub names as their actor, or happen elsewhere. `what` is the name
// that webhooks use for the same act.
struct Act {
  std::string_view event;
  std::string_view what;
};
constexpr std::array<Act, 16> kActs = {{
    {"milestoned", "milestoned"},
    {"demilestoned", "demilestoned"},
    {"locked", "locked"},
    {"unlocked", "unlocked"},
    {"pinned", "pinned"},
    {"unpinned", "unpinned"},
    {"renamed", "retitled"},
    {"typed", "typed"},
    {"issue_type_added", "typed"},
    {"issue_type_removed", "untyped"},
    {"review_requested", "review_requested"},
    {"review_request_removed", "review_request_removed"},
    {"review_dismissed", "dismissed"},
    {"convert_to_draft", "converted_to_draft"},
    {"ready_for_review", "ready_for_review"},
    {"base_ref_changed", "rebased"},
}};

std::vector<std::string> LabelNames(const Json& labels) {
  std::vector<std::string> names;
  if (!labels.is_array()) return names;
  for (const Json& label : labels) {
    std::string name = label.is_string() ? label.get<std::string>() : StringAt(label, "name");
    if (!name.empty()) names.push_back(std::move(name));
  }
  return names;
}

void AddComment(const Learnt& learnt, const Json& comment, std::string_view object_id,
                std::vector<Fact>* facts) {
  const Actor author = GitHubActor(At(comment, "user"));
  const std::string body = StringAt(comment, "body");
  const auto created = TimeAt(comment, "created_at");
  const auto updated = TimeAt(comment, "updated_at");
  facts->push_back(MakeComment(learnt, object_id, author, MomentAt(comment, "created_at"), body));
  if (created && updated && *updated > *created) {
    facts->push_back(MakeCommentEdited(learnt, object_id, Actor(), author, Moment::At(*updated),
                                       body, std::nullopt, created));
  }
}

void AddEvents(const Learnt& learnt, const Json& issue, const std::vector<Json>& events,
               std::vector<Fact>* facts) {
  // GitHub lists a merge both as `merged` and as `closed`; it is one closing.
  const auto merged_at = TimeAt(At(issue, "pull_request"), "merged_at");
  const Json* last_close = nullptr;
  for (const Json& event : events) {
    if (StringAt(event, "event") == "closed") last_close = &event;
  }
  for (const Json& event : events) {
    const std::string name = StringAt(event, "event");
    const Actor actor = GitHubActor(At(event, "actor"));
    const Moment at = MomentAt(event, "created_at");
    if (name == "labeled" || name == "unlabeled") {
      const std::string label = StringAt(At(event, "label"), "name");
      if (label.empty()) continue;
      facts->push_back(name == "labeled" ? MakeLabelAdded(learnt, label, actor, at)
                                         : MakeLabelRemoved(learnt, label, actor, at));
    } else if (name == "assigned" || name == "unassigned") {
      // GitHub's `actor` may be the assignee here; `assigner` is the person who assigned.
      const Json& assigner = At(event, "assigner");
      const Actor by = assigner.is_object() ? GitHubActor(assigner) : actor;
      const Actor assignee = GitHubActor(At(event, "assignee"));
      if (assignee.login.empty()) continue;
      facts->push_back(name == "assigned" ? MakeAssigned(learnt, assignee, by, at)
                                          : MakeUnassigned(learnt, assignee, by, at));
    } else if (name == "closed") {
      const bool by_merge =
          merged_at && at.stated && absl::AbsDuration(*at.stated - *merged_at) <= absl::Seconds(5);
      if (by_merge) continue;
      std::string reason = StringAt(event, "state_reason");
      if (reason.empty() && &event == last_close && StringAt(issue, "state") == "closed")
        reason = StringAt(issue, "state_reason");
      facts->push_back(MakeClosed(learnt, reason, actor, at));
    } else if (name == "merged") {
      facts->push_back(
          MakeClosed(learnt, "merged", actor, merged_at ? Moment::At(*merged_at) : at));
    } else if (name == "reopened") {
      facts->push_back(MakeReopened(learnt, actor, at));
    } else {
      for (const Act& act : kActs) {
        if (name == act.event) facts->push_back(MakeAction(learnt, act.what, actor, at));
      }
    }
  }
}

}  // namespace

Actor GitHubActor(const Json& user) {
  Actor actor{IdAt(user, "id"), StringAt(user, "login"), false};
  actor.machine = StringAt(user, "type") == "Bot" || absl::EndsWith(actor.login, "[bot]");
  // GitHub shows a deleted account as null where its pages say "ghost".
  if (actor.id.empty() && actor.login.empty()) actor.login = "ghost";
  return actor;
}

ProjectInfo GitHubProject(const Json& repository) {
  ProjectInfo project;
  project.id = IdAt(repository, "id");
  project.path = StringAt(repository, "full_name");
  project.url = StringAt(repository, "html_url");
  const std::string visibility = StringAt(repository, "visibility");
  project.is_private =
      BoolAt(repository, "private") || (!visibility.empty() && visibility != "public");
  project.members_only = BoolAt(repository, "private") && visibility == "private";
  return project;
}

Backfill ReadGitHub(const GitHubAnswers& answers, absl::Time received) {
  const Learnt learnt{Provenance::kBackfill, received};
  const Json& issue = answers.issue;
  Backfill out;
  out.project = GitHubProject(answers.repository);
  TicketInfo& ticket = out.ticket;
  ticket.kind = At(issue, "pull_request").is_object() ? TicketKind::kChange : TicketKind::kIssue;
  ticket.number = NumberAt(issue, "number");
  ticket.title = StringAt(issue, "title");
  ticket.url = StringAt(issue, "html_url");
  ticket.author = GitHubActor(At(issue, "user"));
  ticket.created_at = TimeAt(issue, "created_at");
  ticket.updated_at = TimeAt(issue, "updated_at");
  ticket.open = StringAt(issue, "state") != "closed";

  // GitHub also lists the labels that were set when the issue was opened as `labeled` events.
  out.facts.push_back(
      MakeOpened(learnt, ticket.author, MomentAt(issue, "created_at"), StringAt(issue, "body")));
  AddEvents(learnt, issue, answers.events, &out.facts);
  if (ticket.updated_at) {
    out.facts.push_back(
        MakeLabels(learnt, LabelNames(At(issue, "labels")), Moment::At(*ticket.updated_at)));
  }
  for (const Json& comment : answers.comments)
    AddComment(learnt, comment, IssueCommentId(IdAt(comment, "id")), &out.facts);
  for (const Json& review : answers.reviews) {
    if (!TimeAt(review, "submitted_at")) continue;  // pending; nobody else can see it
    out.facts.push_back(MakeReview(learnt, IdAt(review, "id"), GitHubActor(At(review, "user")),
                                   MomentAt(review, "submitted_at"), StringAt(review, "body")));
  }
  for (const Json& comment : answers.review_comments)
    AddComment(learnt, comment, ReviewCommentId(IdAt(comment, "id")), &out.facts);
  return out;
}

}  // namespace retainer::forge
