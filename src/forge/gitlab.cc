// GitLab's REST API (v4) behind the Forge port.
#include <algorithm>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "retainer/instant_text.h"
#include "src/forge/api_calls.h"
#include "src/forge/clients_internal.h"
#include "src/forge/commit_status.h"
#include "src/forge/gitlab_access.h"
#include "src/forge/gitlab_backfill.h"
#include "src/forge/gitlab_hooks.h"
#include "src/forge/reactions.h"
#include "src/forge/url.h"

namespace retainer::forge {
namespace {

class GitLab final : public Forge {
 public:
  GitLab(std::unique_ptr<ApiClient> client, std::unique_ptr<Credentials> credentials, Log& log,
         ForgeUse use)
      : client_(std::move(client)),
        credentials_(std::move(credentials)),
        calls_(*client_, *credentials_),
        log_(log),
        use_(std::move(use)) {}

  const std::string& name() const override { return client_->name(); }

  absl::StatusOr<ForgeHealth> Check() override {
    ForgeHealth health;
    auto self = Self();
    if (!self.ok()) return self.status();
    health.self = *self;
    ApiRequest request;
    request.path = "/personal_access_tokens/self";
    request.expected = {400, 403, 404};  // older instances, and other kinds of tokens
    auto token = calls_.GetJson({}, request);
    if (!token.ok()) return token.status();
    if (const Json& scopes = At(*token, "scopes"); scopes.is_array()) {
      const bool api = std::any_of(scopes.begin(), scopes.end(),
                                   [](const Json& scope) { return scope == "api"; });
      if (!api) {
        health.missing.push_back(
            absl::StrCat(client_->name(),
                         ": the token lacks the scope api, to comment and label; make one "
                         "with it"));
      }
    }
    AddLimits(*client_, &health);
    return health;
  }

  absl::StatusOr<HookHealth> CheckHooks(const std::string& url,
                                        const std::vector<std::string>& projects) override {
    return HooksOfProjects(calls_, client_->name(), url, projects, use_.policy);
  }

  absl::StatusOr<AccessHealth> CheckAccess(const std::vector<std::string>& projects) override {
    return AccessToProjects(calls_, client_->name(), projects);
  }

  // Whoever sees a group sees its members. A group that others may not see answers as if it did not
  // exist.
  absl::StatusOr<bool> SeesMembers(const RemoteTicket&, std::string_view organization) override {
    ApiRequest request;
    request.path = absl::StrCat("/groups/", PercentEncode(organization));
    request.query = "with_projects=false";
    request.expected = {403, 404};
    auto response = calls_.Call({}, request);
    if (!response.ok()) return response.status();
    return response->status == 200;
  }

  absl::StatusOr<Redelivered> Redeliver(const RedeliverRequest&) override { return NoLog(); }
  absl::StatusOr<LoggedDelivery> ReadDelivery(const std::string&) override { return NoLog(); }

  absl::StatusOr<Actor> Self() override {
    {
      std::lock_guard lock(mutex_);
      if (self_) return *self_;
    }
    auto user = calls_.GetJson({}, "/user");
    if (!user.ok()) return user.status();
    const Actor self = GitLabActor(*user);
    std::lock_guard lock(mutex_);
    self_ = self;
    return self;
  }

  absl::StatusOr<std::string> Permission(const RemoteTicket& at, const Actor& actor) override {
    auto id = IdOf(actor);
    if (!id.ok()) return id.status();
    ApiRequest request;
    request.path = absl::StrCat(ProjectPath(at), "/members/all/", *id);
    request.expected = {404};
    auto response = calls_.Call({}, request);
    if (!response.ok()) return response.status();
    const Json json = ParseJson(response->body).value_or(Json());
    if (response->status == 404) {
      if (!absl::StrContains(StringAt(json, "message"), "Project")) return "none";
      request.expected.clear();
      return client_->StatusOf(request, *response);
    }
    if (!IsActiveMember(json)) return "none";
    const std::int64_t level = NumberAt(json, "access_level");
    if (level >= 50) return "admin";     // owner, administrator
    if (level >= 40) return "maintain";  // maintainer
    if (level >= 30) return "write";     // developer
    if (level >= 15) return "triage";    // planner, reporter: may set labels and assignees
    if (level >= 10) return "read";      // guest
    return "none";                       // minimal access
  }

  absl::StatusOr<std::string> Membership(const RemoteTicket&, std::string_view organization,
                                         const Actor& actor) override {
    auto id = IdOf(actor);
    if (!id.ok()) return id.status();
    ApiRequest request;
    request.path = absl::StrCat("/groups/", PercentEncode(organization), "/members/all/", *id);
    request.expected = {403, 404};
    auto response = calls_.Call({}, request);
    if (!response.ok()) return response.status();
    if (response->status == 403) return "unseen";
    const Json json = ParseJson(response->body).value_or(Json());
    // A group that we cannot see is "404 Group Not Found". An account that is no member of a
    // visible group is "404 Not found".
    if (response->status == 404)
      return absl::StrContains(StringAt(json, "message"), "Group") ? "unseen" : "no";
    return IsActiveMember(json) ? "yes" : "no";
  }

  absl::StatusOr<std::string> PublicEmail(const RemoteTicket&, const Actor& actor) override {
    auto id = IdOf(actor);
    if (!id.ok()) return id.status();
    auto user = calls_.GetJson({}, absl::StrCat("/users/", *id));
    if (!user.ok()) return user.status();
    // GitLab accepts only confirmed addresses as public_email.
    return absl::AsciiStrToLower(StringAt(*user, "public_email"));
  }

  absl::StatusOr<Actor> FindUser(std::string_view login) override {
    auto id = IdOfLogin(login);
    if (!id.ok()) return id.status();
    // The answer says whether it is a bot.
    auto user = calls_.GetJson({}, absl::StrCat("/users/", *id));
    if (!user.ok()) return user.status();
    return GitLabActor(*user);
  }

  absl::StatusOr<Backfill> ReadTicket(const RemoteTicket& at) override {
    GitLabAnswers answers;
    answers.kind = at.key.kind;
    auto project = calls_.GetJson({}, ProjectPath(at));
    if (!project.ok()) return project.status();
    answers.project = std::move(*project);
    const std::string path = TicketPath(at);
    auto ticket = calls_.GetJson({}, path);
    if (!ticket.ok()) return ticket.status();
    answers.ticket = std::move(*ticket);
    answers.forge = at.key.forge;
    struct List {
      const char* name;
      const char* query;
      std::vector<Json>* into;
    };
    for (const List& list : {List{"/notes", "sort=asc&order_by=created_at", &answers.notes},
                             List{"/resource_label_events", "", &answers.label_events},
                             List{"/resource_state_events", "", &answers.state_events},
                             List{"/resource_milestone_events", "", &answers.milestone_events}}) {
      auto pages = calls_.GetPages({}, absl::StrCat(path, list.name), list.query);
      if (!pages.ok()) return pages.status();
      *list.into = std::move(*pages);
    }
    if (const auto to = MovedTo(answers)) {
      const auto there = FindProject(to->path);
      if (there.ok()) {
        answers.moved_to = {at.key.forge, there->id, TicketKind::kIssue, to->number};
      } else if (!absl::IsNotFound(there.status()) && !absl::IsPermissionDenied(there.status())) {
        return there.status();
      }
    }
    return ReadGitLab(answers, client_->Now());
  }

  absl::StatusOr<TicketPage> ListTickets(const RemoteTicket& at,
                                         const TicketListing& listing) override {
    const bool issues = listing.kind == TicketKind::kIssue;
    const std::string query = absl::StrCat(
        "state=", listing.open_only ? "opened" : "all",
        "&updated_after=", PercentEncode(Rfc3339(std::max(listing.since, absl::UnixEpoch()))),
        "&order_by=updated_at&sort=asc", issues ? "" : "&scope=all");
    TicketPage page;
    auto tickets =
        calls_.GetPage({}, absl::StrCat(ProjectPath(at), issues ? "/issues" : "/merge_requests"),
                       query, listing.page, &page.more);
    if (!tickets.ok()) return tickets.status();
    for (const Json& ticket : *tickets) {
      page.tickets.push_back({listing.kind, NumberAt(ticket, "iid"), TimeAt(ticket, "updated_at")});
    }
    return page;
  }

  absl::StatusOr<TicketKey> FindTicket(const RemoteTicket& at) override {
    auto ticket = calls_.GetJson({}, TicketPath(at));
    if (!ticket.ok()) return ticket.status();
    return at.key;
  }

  absl::StatusOr<ProjectInfo> FindProject(std::string_view path) override {
    auto project = calls_.GetJson({}, absl::StrCat("/projects/", PercentEncode(path)));
    if (!project.ok()) return project.status();
    return GitLabProject(*project);
  }

  absl::StatusOr<std::vector<ProjectInfo>> ListProjects() override {
    // https://docs.gitlab.com/ee/api/projects.html#list-all-projects
    const auto listed = calls_.GetPages({}, "/projects", "membership=true&archived=false");
    if (!listed.ok()) return listed.status();
    std::vector<ProjectInfo> projects;
    for (const Json& project : *listed) projects.push_back(GitLabProject(project));
    return projects;
  }

  absl::StatusOr<bool> Contains(const RemoteTicket& at, const std::string& ref,
                                const std::string& commit) override {
    ApiRequest request;
    request.path = absl::StrCat(ProjectPath(at), "/repository/merge_base");
    request.query =
        absl::StrCat("refs%5B%5D=", PercentEncode(ref), "&refs%5B%5D=", PercentEncode(commit));
    auto base = calls_.GetJson({}, request);
    if (!base.ok()) return base.status();
    return StringAt(*base, "id") == commit;
  }

  absl::Time NextMutationAt(const RemoteTicket&) const override {
    return client_->gate().NextMutationAt(credentials_->AccountOf({}));
  }

  absl::StatusOr<RemoteComment> CreateComment(const RemoteTicket& at,
                                              const std::string& body) override {
    if (absl::Status length = CheckLength(body, kLongestComment); !length.ok()) return length;
    auto json = calls_.Mutate({}, "POST", absl::StrCat(TicketPath(at), "/notes"), {{"body", body}},
                              CallClass::kContent);
    if (!json.ok()) return json.status();
    return NoteOf(*json);
  }

  absl::Status UpdateComment(const RemoteTicket& at, const std::string& comment_id,
                             const std::string& body) override {
    if (absl::Status length = CheckLength(body, kLongestComment); !length.ok()) return length;
    return calls_.Mutate({}, "PUT", NotePath(at, comment_id), {{"body", body}}, CallClass::kContent)
        .status();
  }

  absl::Status DeleteComment(const RemoteTicket& at, const std::string& comment_id) override {
    ApiRequest request;
    request.method = "DELETE";
    request.path = NotePath(at, comment_id);
    request.call = CallClass::kMutation;
    request.expected = {404, 410};
    return calls_.Call({}, request).status();
  }

  absl::StatusOr<std::vector<RemoteComment>> FindOwnComments(const RemoteTicket& at,
                                                             std::string_view marker,
                                                             absl::Time since) override {
    auto self = Self();
    if (!self.ok()) return self.status();
    const absl::Time from = since - kSinceSlack;
    // Newest first. Notes that are older than the intent are not requested.
    const auto is_older = [from](const Json& note) {
      const auto created = TimeAt(note, "created_at");
      return created && *created < from;
    };
    auto notes = calls_.GetPages({}, absl::StrCat(TicketPath(at), "/notes"),
                                 "sort=desc&order_by=created_at", is_older);
    if (!notes.ok()) return notes.status();
    std::vector<RemoteComment> own;
    for (const Json& note : *notes) {
      if (is_older(note) || BoolAt(note, "system")) continue;
      RemoteComment comment = NoteOf(note);
      if (comment.author.id == self->id && absl::StrContains(comment.body, View(marker)))
        own.push_back(std::move(comment));
    }
    std::reverse(own.begin(), own.end());
    return own;
  }

  absl::Status EnsureLabel(const RemoteTicket& at, const FaceLabel& label) override {
    const std::string known = absl::StrCat(ProjectPath(at), " ", label.name);
    {
      std::lock_guard lock(mutex_);
      if (labels_.contains(known)) return absl::OkStatus();
    }
    ApiRequest request;
    request.path = absl::StrCat(ProjectPath(at), "/labels/", PercentEncode(label.name));
    request.expected = {404};
    auto found = calls_.Call({}, request);
    if (!found.ok()) return found.status();
    if (found->status == 404) {
      ApiRequest create;
      create.method = "POST";
      create.path = absl::StrCat(ProjectPath(at), "/labels");
      create.body = Dump({{"name", label.name},
                          {"color", absl::StrCat("#", label.color)},
                          {"description", label.description}});
      create.call = CallClass::kContent;
      create.expected = {409};  // somebody else has just created it
      if (auto created = calls_.Call({}, create); !created.ok()) return created.status();
    }
    std::lock_guard lock(mutex_);
    if (labels_.size() >= 10000) labels_.clear();
    labels_.insert(known);
    return absl::OkStatus();
  }

  absl::Status AddLabels(const RemoteTicket& at, const std::vector<std::string>& labels) override {
    if (labels.empty()) return absl::OkStatus();
    return calls_
        .Mutate({}, "PUT", TicketPath(at), {{"add_labels", absl::StrJoin(labels, ",")}},
                CallClass::kMutation)
        .status();
  }

  absl::Status RemoveLabel(const RemoteTicket& at, const std::string& label) override {
    ApiRequest request;
    request.method = "PUT";
    request.path = TicketPath(at);
    request.body = Dump({{"remove_labels", label}});
    request.call = CallClass::kMutation;
    request.expected = {404, 410};
    return calls_.Call({}, request).status();
  }

  // GitLab replaces the whole list. The present assignees come first in it, so that an edition that
  // keeps only one assignee keeps the present one. A person who is assigned between our reading and
  // our writing is lost; GitLab offers nothing safer.
  absl::Status AddAssignees(const RemoteTicket& at,
                            const std::vector<std::string>& logins) override {
    if (logins.empty()) return absl::OkStatus();
    auto ticket = calls_.GetJson({}, TicketPath(at));
    if (!ticket.ok()) return ticket.status();
    std::vector<std::int64_t> ids;
    if (const Json& assignees = At(*ticket, "assignees"); assignees.is_array()) {
      for (const Json& assignee : assignees) ids.push_back(NumberAt(assignee, "id"));
    }
    const std::size_t before = ids.size();
    for (const std::string& login : logins) {
      auto id = IdOfLogin(login);
      if (absl::IsNotFound(id.status())) {
        log_.Warning("nobody assigned", {{"forge", client_->name()},
                                         {"project", at.path},
                                         {"ticket", absl::StrCat(at.key.number)},
                                         {"why", "the forge knows no such login"}});
        continue;
      }
      if (!id.ok()) return id.status();
      std::int64_t number = 0;
      if (absl::SimpleAtoi(*id, &number) && std::find(ids.begin(), ids.end(), number) == ids.end())
        ids.push_back(number);
    }
    if (ids.size() == before) return absl::OkStatus();
    return calls_.Mutate({}, "PUT", TicketPath(at), {{"assignee_ids", ids}}, CallClass::kMutation)
        .status();
  }

  // Only an attempt shows whether the edition and the role allow the account to be assigned.
  absl::StatusOr<bool> CanAssign(const RemoteTicket&, const std::string& login) override {
    auto id = IdOfLogin(login);
    if (absl::IsNotFound(id.status())) return false;
    if (!id.ok()) return id.status();
    return true;
  }

  absl::StatusOr<std::string> SetReaction(const RemoteTicket& at,
                                          const FaceReaction& reaction) override {
    auto self = Self();
    if (!self.ok()) return self.status();
    return ReactOnGitLab(calls_, TicketPath(at), self->id, reaction);
  }
  absl::Status RemoveReaction(const RemoteTicket& at, const std::string& object,
                              const std::string& id) override {
    return UnreactOnGitLab(calls_, TicketPath(at), object, id);
  }

  // GitLab has no neutral commit status. Every call creates a new status; the last one of a name
  // counts.
  absl::StatusOr<std::string> SetCheck(const RemoteTicket& at, const RemoteCheck& check,
                                       const std::string&) override {
    Json body = {{"state", check.verdict == CheckView::Verdict::kFailure ? "failed" : "success"},
                 {"name", check.name},
                 {"description", check.text.title}};
    if (!check.url.empty()) body["target_url"] = check.url;
    auto status = calls_.Mutate(
        {}, "POST", absl::StrCat(ProjectPath(at), "/statuses/", PercentEncode(check.commit)), body,
        CallClass::kMutation);
    if (absl::IsPermissionDenied(status.status())) {
      return absl::PermissionDeniedError(
          "the token may not set commit statuses: it needs the scope api, and its account the role "
          "Developer in the project");
    }
    if (!status.ok()) return status.status();
    return IdAt(*status, "id");
  }

  absl::StatusOr<std::vector<RemotePurchase>> ListPurchases(const std::string&) override {
    return absl::UnimplementedError("GitLab has no marketplace");
  }

  absl::Status SetStatus(const RemoteTicket& at, const CommitStatus& status) override {
    return SetGitLabStatus(calls_, ProjectPath(at), status);
  }

 private:
  absl::Status NoLog() const {
    return absl::UnimplementedError(absl::StrCat(
        client_->name(), ": only a project's maintainers may read GitLab's log of deliveries"));
  }

  // Uses the id when it is known, because it stays when the path changes.
  static std::string ProjectPath(const RemoteTicket& at) {
    return absl::StrCat("/projects/",
                        PercentEncode(at.key.project.empty() ? at.path : at.key.project));
  }

  static std::string TicketPath(const RemoteTicket& at) {
    return absl::StrCat(ProjectPath(at),
                        at.key.kind == TicketKind::kChange ? "/merge_requests/" : "/issues/",
                        at.key.number);
  }

  static std::string NotePath(const RemoteTicket& at, const std::string& id) {
    return absl::StrCat(TicketPath(at), "/notes/", PercentEncode(id));
  }

  static RemoteComment NoteOf(const Json& json) {
    return {IdAt(json, "id"), GitLabActor(At(json, "author")), StringAt(json, "body")};
  }

  absl::StatusOr<std::string> IdOf(const Actor& actor) const {
    if (!actor.id.empty()) return PercentEncode(actor.id);
    return IdOfLogin(actor.login);
  }

  absl::StatusOr<std::string> IdOfLogin(std::string_view login) const {
    ApiRequest request;
    request.path = "/users";
    request.query = absl::StrCat("username=", PercentEncode(login));
    auto users = calls_.GetJson({}, request);
    if (!users.ok()) return users.status();
    if (users->is_array()) {
      for (const Json& user : *users) {
        if (absl::EqualsIgnoreCase(StringAt(user, "username"), View(login)) &&
            !IdAt(user, "id").empty())
          return IdAt(user, "id");
      }
    }
    return absl::NotFoundError(
        absl::StrCat(client_->name(), ": there is no user called ", View(login)));
  }

  const std::unique_ptr<ApiClient> client_;
  const std::unique_ptr<Credentials> credentials_;
  const ApiCalls calls_;
  Log& log_;
  const ForgeUse use_;
  std::mutex mutex_;
  std::optional<Actor> self_;
  std::set<std::string> labels_;  // `project name`
};

}  // namespace

std::unique_ptr<Forge> MakeGitLab(std::unique_ptr<ApiClient> client,
                                  std::unique_ptr<Credentials> credentials, Log& log,
                                  const ForgeUse& use) {
  return std::make_unique<GitLab>(std::move(client), std::move(credentials), log, use);
}

}  // namespace retainer::forge
