#include "src/forge/gitlab_backfill.h"

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "retainer/fact_builders.h"

namespace retainer::forge {
namespace {

// Removes digits from the front; false when there are none.
bool ConsumeDigits(absl::string_view* text) {
  const std::size_t end = std::min(text->find_first_not_of("0123456789"), text->size());
  text->remove_prefix(end);
  return end > 0;
}

// `project_12_bot`, `group_3_bot_0a1b…` (the accounts behind project and group access tokens), and
// service accounts. A person cannot choose such a name.
bool IsBotLogin(absl::string_view login) {
  if (absl::ConsumePrefix(&login, "service_account_")) {
    if (absl::ConsumePrefix(&login, "group_") || absl::ConsumePrefix(&login, "project_"))
      return ConsumeDigits(&login) && absl::StartsWith(login, "_");
    return login.size() >= 32 && login.find_first_not_of("0123456789abcdef") == login.npos;
  }
  if (!absl::ConsumePrefix(&login, "project_") && !absl::ConsumePrefix(&login, "group_"))
    return false;
  if (!ConsumeDigits(&login) || !absl::ConsumePrefix(&login, "_bot")) return false;
  return login.find_first_not_of("_0123456789abcdef") == login.npos;
}

// "assigned to @alice and @bob, unassigned @carol": GitLab's own words, in English on every
// instance.
void AddAssignments(const Learnt& learnt, const Json& note, std::vector<Fact>* facts) {
  const std::string body = StringAt(note, "body");
  if (!absl::StartsWith(body, "assigned to @") && !absl::StartsWith(body, "unassigned @") &&
      !absl::StartsWith(body, "removed assignee") && !absl::StartsWith(body, "changed assignee"))
    return;
  const Actor by = GitLabActor(At(note, "author"));
  const Moment at = MomentAt(note, "created_at");
  bool adding = true;
  for (absl::string_view word : absl::StrSplit(body, absl::ByAnyChar(" ,\n"), absl::SkipEmpty())) {
    if (word == "assigned") adding = true;
    if (word == "unassigned") adding = false;
    if (!absl::ConsumePrefix(&word, "@") || word.empty()) continue;
    Actor assignee;
    assignee.login = std::string(word);
    facts->push_back(adding ? MakeAssigned(learnt, assignee, by, at)
                            : MakeUnassigned(learnt, assignee, by, at));
  }
}

void AddSystemNote(const Learnt& learnt, const Json& note, std::vector<Fact>* facts) {
  struct SystemNote {
    const char* begins;
    const char* what;  // webhooks' name for it
  };
  const std::string body = StringAt(note, "body");
  for (const SystemNote& act :
       {SystemNote{"changed title from", "retitled"}, SystemNote{"approved this", "approved"},
        SystemNote{"unapproved this", "unapproved"}}) {
    if (absl::StartsWith(body, act.begins)) {
      facts->push_back(MakeAction(learnt, act.what, GitLabActor(At(note, "author")),
                                  MomentAt(note, "created_at")));
    }
  }
  AddAssignments(learnt, note, facts);
}

void AddNote(const Learnt& learnt, const Json& note, std::vector<Fact>* facts) {
  if (BoolAt(note, "system")) {
    AddSystemNote(learnt, note, facts);
    return;
  }
  const std::string id = NoteId(IdAt(note, "id"));
  const Actor author = GitLabActor(At(note, "author"));
  const std::string body = StringAt(note, "body");
  // `confidential` is the older name.
  const bool internal = BoolAt(note, "internal") || BoolAt(note, "confidential");
  const auto created = TimeAt(note, "created_at");
  const auto updated = TimeAt(note, "updated_at");
  facts->push_back(MakeComment(learnt, id, author, MomentAt(note, "created_at"), body, internal));
  // GitLab changes a note's `updated_at` while it creates the note: allow a second.
  if (created && updated && *updated >= *created + absl::Seconds(1)) {
    facts->push_back(MakeCommentEdited(learnt, id, Actor(), author, Moment::At(*updated), body,
                                       std::nullopt, created, internal));
  }
}

// Reads `…/projects/75/issues/12`, the form in which GitLab's API links its issues.
std::optional<TicketKey> KeyOf(const std::string& forge, absl::string_view url) {
  const std::vector<absl::string_view> parts = absl::StrSplit(url, '/');
  const std::size_t n = parts.size();
  TicketKey key{forge, {}, TicketKind::kIssue, 0};
  if (n < 4 || parts[n - 4] != "projects" || parts[n - 2] != "issues" ||
      !absl::SimpleAtoi(parts[n - 1], &key.number) || key.number <= 0) {
    return std::nullopt;
  }
  key.project = std::string(parts[n - 3]);
  return key;
}

}  // namespace

std::optional<Destination> MovedTo(const GitLabAnswers& answers) {
  if (IdAt(answers.ticket, "moved_to_id").empty()) return std::nullopt;
  std::optional<Destination> to;
  for (const Json& note : answers.notes) {
    const std::string body = StringAt(note, "body");
    absl::string_view text = body;
    if (!BoolAt(note, "system") || !absl::ConsumePrefix(&text, "moved to ")) continue;
    const std::size_t hash = text.find('#');
    Destination there;
    if (hash == text.npos || !absl::SimpleAtoi(text.substr(hash + 1), &there.number)) continue;
    there.path = std::string(text.substr(0, hash));
    to = std::move(there);
  }
  // GitLab writes a project of the same group without the group.
  if (to && to->path.find('/') == std::string::npos) {
    const std::string own = StringAt(answers.project, "path_with_namespace");
    to->path.insert(0, own.substr(0, own.rfind('/') + 1));
  }
  return to;
}

Actor GitLabActor(const Json& user) {
  Actor actor{IdAt(user, "id"), StringAt(user, "username"), BoolAt(user, "bot")};
  actor.machine = actor.machine || IsBotLogin(actor.login);
  return actor;
}

ProjectInfo GitLabProject(const Json& project) {
  ProjectInfo info;
  info.id = IdAt(project, "id");
  info.path = StringAt(project, "path_with_namespace");
  info.url = StringAt(project, "web_url");
  const std::string visibility = StringAt(project, "visibility");
  info.is_private = visibility != "public";
  info.members_only = visibility == "private";
  return info;
}

Backfill ReadGitLab(const GitLabAnswers& answers, absl::Time received) {
  const Learnt learnt{Provenance::kBackfill, received};
  const Json& json = answers.ticket;
  Backfill out;
  out.project = GitLabProject(answers.project);
  TicketInfo& ticket = out.ticket;
  ticket.kind = answers.kind;
  ticket.number = NumberAt(json, "iid");
  ticket.title = StringAt(json, "title");
  ticket.url = StringAt(json, "web_url");
  ticket.author = GitLabActor(At(json, "author"));
  ticket.created_at = TimeAt(json, "created_at");
  ticket.updated_at = TimeAt(json, "updated_at");
  const std::string state = StringAt(json, "state");
  ticket.open = state != "closed" && state != "merged";
  ticket.confidential = BoolAt(json, "confidential");

  out.facts.push_back(MakeOpened(learnt, ticket.author, MomentAt(json, "created_at"),
                                 StringAt(json, "description")));
  if (ticket.confidential && ticket.updated_at) {
    out.facts.push_back(
        MakeVisibility(learnt, /*confidential=*/true, Actor(), Moment::At(*ticket.updated_at)));
  }
  for (const Json& event : answers.label_events) {
    const std::string label = StringAt(At(event, "label"), "name");
    if (label.empty()) continue;  // the label has been deleted
    const Actor actor = GitLabActor(At(event, "user"));
    const Moment at = MomentAt(event, "created_at");
    out.facts.push_back(StringAt(event, "action") == "remove"
                            ? MakeLabelRemoved(learnt, label, actor, at)
                            : MakeLabelAdded(learnt, label, actor, at));
  }
  const std::string original = StringAt(At(json, "_links"), "closed_as_duplicate_of");
  const Json* last_close = nullptr;
  for (const Json& event : answers.state_events) {
    if (StringAt(event, "state") == "closed") last_close = &event;
  }
  bool closing_listed = false;
  for (const Json& event : answers.state_events) {
    const std::string to = StringAt(event, "state");
    const Actor actor = GitLabActor(At(event, "user"));
    const Moment at = MomentAt(event, "created_at");
    if (to == "closed" || to == "merged") {
      closing_listed = true;
      const bool as_duplicate = !original.empty() && !ticket.open && &event == last_close;
      out.facts.push_back(MakeClosed(learnt,
                                     to == "merged" ? "merged"
                                     : as_duplicate ? "duplicate"
                                                    : "",
                                     actor, at));
      if (as_duplicate && at.stated) {
        if (const auto key = KeyOf(answers.forge, original)) {
          out.facts.push_back(MakeReference(
              learnt,
              absl::StrCat(absl::string_view(kDuplicateOf.data(), kDuplicateOf.size()),
                           absl::ToUnixSeconds(*at.stated)),
              ToString(*key)));
        }
      }
    } else if (to == "reopened") {
      out.facts.push_back(MakeReopened(learnt, actor, at));
    }
  }
  // The ticket was closed before GitLab kept state events. The ticket itself says who closed it.
  if (!ticket.open && !closing_listed) {
    const bool merged = state == "merged";
    const auto at = TimeAt(json, merged ? "merged_at" : "closed_at");
    if (at) {
      out.facts.push_back(MakeClosed(learnt, merged ? "merged" : "",
                                     GitLabActor(At(json, merged ? "merge_user" : "closed_by")),
                                     Moment::At(*at)));
    }
  }
  for (const Json& event : answers.milestone_events) {
    out.facts.push_back(MakeAction(learnt, "milestoned", GitLabActor(At(event, "user")),
                                   MomentAt(event, "created_at")));
  }
  if (!IdAt(json, "moved_to_id").empty()) {
    // `moved_to_id` is an id of the whole instance; it does not tell the project and number.
    const char* when = TimeAt(json, "closed_at") ? "closed_at" : "updated_at";
    out.facts.push_back(MakeMoved(learnt, "", Actor(), MomentAt(json, when)));
    if (answers.moved_to.number > 0) {
      out.facts.push_back(MakeReference(learnt, kMovedTo, ToString(answers.moved_to)));
    }
  }
  if (ticket.updated_at) {
    std::vector<std::string> names;
    if (const Json& labels = At(json, "labels"); labels.is_array()) {
      for (const Json& label : labels)
        names.push_back(label.is_string() ? label.get<std::string>() : StringAt(label, "name"));
    }
    out.facts.push_back(MakeLabels(learnt, std::move(names), Moment::At(*ticket.updated_at)));
  }
  for (const Json& note : answers.notes) AddNote(learnt, note, &out.facts);
  return out;
}

}  // namespace retainer::forge
