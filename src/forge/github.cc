// GitHub's REST API behind the Forge port, as a GitHub App or with a token.
#include <map>
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
#include "absl/strings/str_split.h"
#include "retainer/instant_text.h"
#include "retainer/names.h"
#include "src/forge/api_calls.h"
#include "src/forge/clients_internal.h"
#include "src/forge/commit_status.h"
#include "src/forge/github_backfill.h"
#include "src/forge/github_check_run.h"
#include "src/forge/github_health.h"
#include "src/forge/github_hooks.h"
#include "src/forge/github_marketplace.h"
#include "src/forge/github_projects.h"
#include "src/forge/reactions.h"
#include "src/forge/url.h"

namespace retainer::forge {
namespace {

// How long a path is believed to belong to the same repository.
constexpr absl::Duration kPlaceBelieved = absl::Minutes(10);

class GitHub final : public Forge {
 public:
  GitHub(std::unique_ptr<ApiClient> client, std::unique_ptr<Credentials> credentials, bool is_app,
         Log& log, ForgeUse use)
      : client_(std::move(client)),
        credentials_(std::move(credentials)),
        calls_(*client_, *credentials_),
        is_app_(is_app),
        log_(log),
        use_(std::move(use)) {}

  const std::string& name() const override { return client_->name(); }

  absl::StatusOr<ForgeHealth> Check() override {
    auto missing = MissingOf(calls_, client_->name(), is_app_, use_);
    if (!missing.ok()) return missing.status();
    ForgeHealth health;
    health.missing = std::move(*missing);
    auto self = Self();
    // An app without an installation cannot read its own account; `missing` says so.
    if (!self.ok() && (health.missing.empty() || !absl::IsFailedPrecondition(self.status())))
      return self.status();
    if (self.ok()) health.self = *self;
    AddLimits(*client_, &health);
    return health;
  }

  absl::StatusOr<HookHealth> CheckHooks(const std::string& url,
                                        const std::vector<std::string>& projects) override {
    return is_app_ ? HooksOfApp(calls_, client_->name(), url, client_->ForgeNow())
                   : HooksOfRepositories(calls_, client_->name(), url, projects);
  }

  absl::StatusOr<AccessHealth> CheckAccess(const std::vector<std::string>&) override {
    return AccessHealth();
  }

  absl::StatusOr<bool> SeesMembers(const RemoteTicket& at, std::string_view organization) override {
    auto self = Self();
    if (!self.ok()) return self.status();
    const std::string base = absl::StrCat("/orgs/", PercentEncode(organization));
    ApiRequest request;
    request.path = base;
    request.expected = {404};
    auto response = calls_.Call(ScopeOf(at), request);
    if (!response.ok()) return response.status();
    if (response->status == 404) {
      return absl::NotFoundError(
          absl::StrCat(client_->name(), ": there is no organization called ", View(organization)));
    }
    // GitHub redirects only callers that are not members; for a member, `no` is an answer too.
    request.path = absl::StrCat(base, "/members/", PercentEncode(self->login));
    request.expected = {302, 403, 404};
    request.follow_redirects = false;
    response = calls_.Call(ScopeOf(at), request);
    if (!response.ok()) return response.status();
    return response->status == 204 || response->status == 404;
  }

  absl::StatusOr<Redelivered> Redeliver(const RedeliverRequest& request) override {
    if (!is_app_) return NoLogForTokens(client_->name());
    return RedeliverOfApp(calls_, client_->name(), request, client_->ForgeNow());
  }
  absl::StatusOr<LoggedDelivery> ReadDelivery(const std::string& log_id) override {
    if (!is_app_) return NoLogForTokens(client_->name());
    return ReadDeliveryOfApp(calls_, client_->name(), log_id);
  }

  absl::StatusOr<Actor> Self() override {
    {
      std::lock_guard lock(mutex_);
      if (self_) return *self_;
    }
    absl::StatusOr<Json> user = Json();
    if (is_app_) {
      // An app writes as the account SLUG[bot], whose id is not the app's.
      auto app = calls_.GetJson({Scope::Kind::kApp}, "/app");
      if (!app.ok()) return app.status();
      user = calls_.GetJson(
          {},
          absl::StrCat("/users/", PercentEncode(absl::StrCat(StringAt(*app, "slug"), "[bot]"))));
    } else {
      user = calls_.GetJson({}, "/user");
    }
    if (!user.ok()) return user.status();
    const Actor self = GitHubActor(*user);
    std::lock_guard lock(mutex_);
    self_ = self;
    return self;
  }

  absl::StatusOr<std::string> Permission(const RemoteTicket& at, const Actor& actor) override {
    auto base = Repository(at);
    if (!base.ok()) return base.status();
    std::string login = actor.login;
    // A login may have passed to another account. In that case the account's present login is
    // looked up by its id.
    for (const bool by_id : {login.empty(), true}) {
      if (by_id) {
        auto user = UserById(ScopeOf(at), actor.id);
        if (!user.ok()) return user.status();
        login = StringAt(*user, "login");
      }
      ApiRequest request;
      request.path = absl::StrCat(*base, "/collaborators/", PercentEncode(login), "/permission");
      request.expected = {404};
      auto response = calls_.Call(ScopeOf(at), request);
      if (!response.ok()) return response.status();
      const Json json = ParseJson(response->body).value_or(Json());
      if (response->status == 404) {
        if (absl::StrContains(StringAt(json, "message"), "is not a user")) return "none";
        request.expected.clear();
        return client_->StatusOf(request, *response);
      }
      const std::string id = IdAt(At(json, "user"), "id");
      if (actor.id.empty() || id.empty() || id == actor.id) return GitHubRole(json);
      if (by_id) break;
    }
    return absl::NotFoundError(
        absl::StrCat(client_->name(), ": user ", actor.id, " is no longer called ", login));
  }

  absl::StatusOr<std::string> Membership(const RemoteTicket& at, std::string_view organization,
                                         const Actor& actor) override {
    auto login = PresentLogin(ScopeOf(at), actor);
    if (absl::IsNotFound(login.status())) return "no";  // the account is gone
    if (!login.ok()) return login.status();
    const std::string base = absl::StrCat("/orgs/", PercentEncode(organization), "/");
    ApiRequest request;
    request.path = absl::StrCat(base, "members/", PercentEncode(*login));
    request.expected = {302, 403, 404};
    request.follow_redirects = false;
    auto response = calls_.Call(ScopeOf(at), request);
    if (!response.ok()) return response.status();
    if (response->status == 204) return "yes";
    if (response->status == 404) return "no";
    // We are not a member ourselves, so we see only public members.
    request.path = absl::StrCat(base, "public_members/", PercentEncode(*login));
    request.expected = {404};
    response = calls_.Call(ScopeOf(at), request);
    if (!response.ok()) return response.status();
    return response->status == 204 ? "yes" : "unseen";
  }

  absl::StatusOr<std::string> PublicEmail(const RemoteTicket& at, const Actor& actor) override {
    auto user =
        actor.id.empty() ? UserByLogin(ScopeOf(at), actor.login) : UserById(ScopeOf(at), actor.id);
    if (!user.ok()) return user.status();
    // GitHub allows only confirmed addresses in the public profile.
    return absl::AsciiStrToLower(StringAt(*user, "email"));
  }

  absl::StatusOr<Actor> FindUser(std::string_view login) override {
    auto user = UserByLogin({}, login);
    if (!user.ok()) return user.status();
    return GitHubActor(*user);
  }

  absl::StatusOr<Backfill> ReadTicket(const RemoteTicket& at) override {
    auto base = Repository(at);
    if (!base.ok()) return base.status();
    const Scope scope = ScopeOf(at);
    GitHubAnswers answers;
    if (absl::Status read = ReadIssue(at, &answers); !read.ok()) return read;
    const std::string path = absl::StrCat(*base, "/issues/", at.key.number);
    struct List {
      std::string path;
      std::vector<Json>* into;
    };
    std::vector<List> lists = {{absl::StrCat(path, "/comments"), &answers.comments},
                               {absl::StrCat(path, "/events"), &answers.events}};
    if (At(answers.issue, "pull_request").is_object()) {
      const std::string pull = absl::StrCat(*base, "/pulls/", at.key.number);
      lists.push_back({absl::StrCat(pull, "/reviews"), &answers.reviews});
      lists.push_back({absl::StrCat(pull, "/comments"), &answers.review_comments});
    }
    for (const List& list : lists) {
      auto pages = calls_.GetPages(scope, list.path, "");
      if (!pages.ok()) return pages.status();
      *list.into = std::move(*pages);
    }
    Backfill backfill = ReadGitHub(answers, client_->Now());
    backfill.project.installation_id = InstallationOf(at);
    return backfill;
  }

  absl::StatusOr<TicketPage> ListTickets(const RemoteTicket& at,
                                         const TicketListing& listing) override {
    TicketPage page;
    if (listing.kind == TicketKind::kChange) return page;
    if (absl::Status place = CheckPlace(at); !place.ok()) return place;
    auto base = Repository(at);
    if (!base.ok()) return base.status();
    const std::string query =
        absl::StrCat("state=", listing.open_only ? "open" : "all",
                     "&since=", PercentEncode(Rfc3339(std::max(listing.since, absl::UnixEpoch()))),
                     "&sort=updated&direction=asc");
    auto issues = calls_.GetPage(ScopeOf(at), absl::StrCat(*base, "/issues"), query, listing.page,
                                 &page.more);
    if (!issues.ok()) return issues.status();
    for (const Json& issue : *issues) {
      page.tickets.push_back(
          {At(issue, "pull_request").is_object() ? TicketKind::kChange : TicketKind::kIssue,
           NumberAt(issue, "number"), TimeAt(issue, "updated_at")});
    }
    return page;
  }

  absl::StatusOr<TicketKey> FindTicket(const RemoteTicket& at) override {
    GitHubAnswers answers;
    if (absl::Status read = ReadIssue(at, &answers); !read.ok()) return read;
    TicketKey key = at.key;
    key.kind =
        At(answers.issue, "pull_request").is_object() ? TicketKind::kChange : TicketKind::kIssue;
    return key;
  }

  absl::StatusOr<ProjectInfo> FindProject(std::string_view path) override {
    RemoteTicket at;
    at.path = std::string(path);
    auto base = Repository(at);
    if (!base.ok()) return base.status();
    auto repository = calls_.GetJson(ScopeOf(at), *base);
    if (!repository.ok()) return repository.status();
    ProjectInfo project = GitHubProject(*repository);
    project.installation_id = InstallationOf(at);
    return project;
  }

  absl::StatusOr<std::vector<ProjectInfo>> ListProjects() override {
    return ListGitHubProjects(calls_, is_app_);
  }

  absl::StatusOr<bool> Contains(const RemoteTicket& at, const std::string& ref,
                                const std::string& commit) override {
    auto base = Repository(at);
    if (!base.ok()) return base.status();
    const std::string both = absl::StrCat(PercentEncode(ref), "...", PercentEncode(commit));
    ApiRequest request;
    request.path = absl::StrCat(*base, "/compare/", both);
    request.query = "per_page=1";
    auto comparison = calls_.GetJson(ScopeOf(at), request);
    if (!comparison.ok()) return comparison.status();
    const std::string status = StringAt(*comparison, "status");
    return status == "behind" || status == "identical";
  }

  absl::Time NextMutationAt(const RemoteTicket& at) const override {
    return client_->gate().NextMutationAt(credentials_->AccountOf(ScopeOf(at)));
  }

  absl::StatusOr<RemoteComment> CreateComment(const RemoteTicket& at,
                                              const std::string& body) override {
    if (absl::Status length = CheckLength(body, kLongestComment); !length.ok()) return length;
    auto issue = IssuePath(at);
    if (!issue.ok()) return issue.status();
    auto json = calls_.Mutate(ScopeOf(at), "POST", absl::StrCat(*issue, "/comments"),
                              {{"body", body}}, CallClass::kContent);
    if (!json.ok()) return json.status();
    return CommentOf(*json);
  }

  absl::Status UpdateComment(const RemoteTicket& at, const std::string& comment_id,
                             const std::string& body) override {
    if (absl::Status length = CheckLength(body, kLongestComment); !length.ok()) return length;
    auto path = CommentPath(at, comment_id);
    if (!path.ok()) return path.status();
    return calls_.Mutate(ScopeOf(at), "PATCH", *path, {{"body", body}}, CallClass::kContent)
        .status();
  }

  absl::Status DeleteComment(const RemoteTicket& at, const std::string& comment_id) override {
    auto path = CommentPath(at, comment_id);
    if (!path.ok()) return path.status();
    ApiRequest request;
    request.method = "DELETE";
    request.path = *path;
    request.call = CallClass::kMutation;
    request.expected = {404, 410};
    return calls_.Call(ScopeOf(at), request).status();
  }

  absl::StatusOr<std::vector<RemoteComment>> FindOwnComments(const RemoteTicket& at,
                                                             std::string_view marker,
                                                             absl::Time since) override {
    auto self = Self();
    if (!self.ok()) return self.status();
    auto issue = IssuePath(at);
    if (!issue.ok()) return issue.status();
    const std::string from = Rfc3339(std::max(since - kSinceSlack, absl::UnixEpoch()));
    auto comments = calls_.GetPages(ScopeOf(at), absl::StrCat(*issue, "/comments"),
                                    absl::StrCat("since=", PercentEncode(from)));
    if (!comments.ok()) return comments.status();
    std::vector<RemoteComment> own;  // GitHub lists by id
    for (const Json& json : *comments) {
      RemoteComment comment = CommentOf(json);
      // GitHub's `since` compares the last change, not the creation.
      const auto created = TimeAt(json, "created_at");
      if (created && *created < since - kSinceSlack) continue;
      if (comment.author.id == self->id && absl::StrContains(comment.body, View(marker)))
        own.push_back(std::move(comment));
    }
    return own;
  }

  absl::Status EnsureLabel(const RemoteTicket& at, const FaceLabel& label) override {
    const std::string known = FoldName(absl::StrCat(at.path, " ", label.name));
    {
      std::lock_guard lock(mutex_);
      if (labels_.contains(known)) return absl::OkStatus();
    }
    if (absl::Status place = CheckPlace(at); !place.ok()) return place;
    auto base = Repository(at);
    if (!base.ok()) return base.status();
    ApiRequest request;
    request.path = absl::StrCat(*base, "/labels/", PercentEncode(label.name));
    request.expected = {404};
    auto found = calls_.Call(ScopeOf(at), request);
    if (!found.ok()) return found.status();
    if (found->status == 404) {
      ApiRequest create;
      create.method = "POST";
      create.path = absl::StrCat(*base, "/labels");
      create.body =
          Dump({{"name", label.name}, {"color", label.color}, {"description", label.description}});
      create.call = CallClass::kContent;
      create.expected = {422};
      auto created = calls_.Call(ScopeOf(at), create);
      if (!created.ok()) return created.status();
      if (created->status == 422 && !absl::StrContains(created->body, "already_exists")) {
        create.expected.clear();
        return client_->StatusOf(create, *created);
      }
    }
    std::lock_guard lock(mutex_);
    if (labels_.size() >= 10000) labels_.clear();
    labels_.insert(known);
    return absl::OkStatus();
  }

  absl::Status AddLabels(const RemoteTicket& at, const std::vector<std::string>& labels) override {
    if (labels.empty()) return absl::OkStatus();
    auto issue = IssuePath(at);
    if (!issue.ok()) return issue.status();
    return calls_
        .Mutate(ScopeOf(at), "POST", absl::StrCat(*issue, "/labels"), {{"labels", labels}},
                CallClass::kMutation)
        .status();
  }

  absl::Status RemoveLabel(const RemoteTicket& at, const std::string& label) override {
    auto issue = IssuePath(at);
    if (!issue.ok()) return issue.status();
    ApiRequest request;
    request.method = "DELETE";
    request.path = absl::StrCat(*issue, "/labels/", PercentEncode(label));
    request.call = CallClass::kMutation;
    request.expected = {404, 410};
    return calls_.Call(ScopeOf(at), request).status();
  }

  absl::Status AddAssignees(const RemoteTicket& at,
                            const std::vector<std::string>& logins) override {
    if (logins.empty()) return absl::OkStatus();
    auto issue = IssuePath(at);
    if (!issue.ok()) return issue.status();
    ApiRequest request;
    request.method = "POST";
    request.path = absl::StrCat(*issue, "/assignees");
    request.body = Dump({{"assignees", logins}});
    request.call = CallClass::kMutation;
    request.expected = {422};
    auto response = calls_.Call(ScopeOf(at), request);
    if (response.ok() && response->status == 422) {
      log_.Warning("nobody assigned", {{"forge", client_->name()},
                                       {"project", at.path},
                                       {"ticket", absl::StrCat(at.key.number)},
                                       {"why", "the forge refuses these logins"}});
    }
    return response.status();
  }

  absl::StatusOr<bool> CanAssign(const RemoteTicket& at, const std::string& login) override {
    auto base = Repository(at);
    if (!base.ok()) return base.status();
    ApiRequest request;
    request.path = absl::StrCat(*base, "/assignees/", PercentEncode(login));
    request.expected = {404};
    auto response = calls_.Call(ScopeOf(at), request);
    if (!response.ok()) return response.status();
    return response->status != 404;
  }

  absl::StatusOr<std::string> SetReaction(const RemoteTicket& at,
                                          const FaceReaction& reaction) override {
    auto base = Repository(at);
    if (!base.ok()) return base.status();
    return ReactOnGitHub(calls_, ScopeOf(at), *base, at.key.number, reaction);
  }
  absl::Status RemoveReaction(const RemoteTicket& at, const std::string& object,
                              const std::string& id) override {
    auto base = Repository(at);
    if (!base.ok()) return base.status();
    return UnreactOnGitHub(calls_, ScopeOf(at), *base, at.key.number, object, id);
  }

  absl::StatusOr<std::string> SetCheck(const RemoteTicket& at, const RemoteCheck& check,
                                       const std::string& id) override {
    auto base = Repository(at);
    if (!base.ok()) return base.status();
    const auto self = is_app_ ? Self() : absl::StatusOr<Actor>(Actor());
    if (!self.ok()) return self.status();
    return SetCheckRun(calls_, ScopeOf(at), *base, self->login, check, id);
  }

  absl::StatusOr<std::vector<RemotePurchase>> ListPurchases(const std::string& plan) override {
    return ListGitHubPurchases(calls_, is_app_, plan);
  }

  absl::Status SetStatus(const RemoteTicket& at, const CommitStatus& status) override {
    auto base = Repository(at);
    if (!base.ok()) return base.status();
    return SetGitHubStatus(calls_, ScopeOf(at), *base, status);
  }

 private:
  static Scope ScopeOf(const RemoteTicket& at) {
    return {Scope::Kind::kProject, at.path, at.installation_id, at.key.project};
  }

  static RemoteComment CommentOf(const Json& json) {
    return {IdAt(json, "id"), GitHubActor(At(json, "user")), StringAt(json, "body")};
  }

  absl::StatusOr<std::string> Repository(const RemoteTicket& at) const {
    const std::vector<std::string> parts = absl::StrSplit(at.path, '/');
    if (parts.size() != 2 || parts[0].empty() || parts[1].empty()) {
      return absl::InvalidArgumentError(absl::StrCat(client_->name(), ": \"", at.path,
                                                     "\" is not a repository: write OWNER/REPO"));
    }
    return absl::StrCat("/repos/", PercentEncode(parts[0]), "/", PercentEncode(parts[1]));
  }

  // Reads the repository and the issue.
  absl::Status ReadIssue(const RemoteTicket& at, GitHubAnswers* answers) {
    auto base = Repository(at);
    if (!base.ok()) return base.status();
    const Scope scope = ScopeOf(at);
    auto repository = calls_.GetJson(scope, *base);
    if (!repository.ok()) return repository.status();
    if (absl::Status place = NotePlace(at, *repository); !place.ok()) return place;
    answers->repository = std::move(*repository);
    auto issue = calls_.GetJson(scope, absl::StrCat(*base, "/issues/", at.key.number));
    if (!issue.ok()) return issue.status();
    answers->issue = std::move(*issue);
    if (Elsewhere(*answers, at)) {
      return absl::NotFoundError(absl::StrCat(client_->name(), ": ", at.path, "#", at.key.number,
                                              " was transferred to ",
                                              StringAt(answers->issue, "html_url")));
    }
    return absl::OkStatus();
  }

  // For writing: the path must still be the ticket's own repository.
  absl::StatusOr<std::string> IssuePath(const RemoteTicket& at) {
    if (absl::Status place = CheckPlace(at); !place.ok()) return place;
    auto base = Repository(at);
    if (!base.ok()) return base.status();
    return absl::StrCat(*base, "/issues/", at.key.number);
  }

  absl::StatusOr<std::string> CommentPath(const RemoteTicket& at, const std::string& id) {
    if (absl::Status place = CheckPlace(at); !place.ok()) return place;
    auto base = Repository(at);
    if (!base.ok()) return base.status();
    return absl::StrCat(*base, "/issues/comments/", PercentEncode(id));
  }

  absl::Status CheckPlace(const RemoteTicket& at) {
    if (at.key.project.empty()) return absl::OkStatus();
    {
      std::lock_guard lock(mutex_);
      const auto it = places_.find(at.path);
      if (it != places_.end() && it->second.first == at.key.project &&
          client_->Steady() < it->second.second)
        return absl::OkStatus();
    }
    auto base = Repository(at);
    if (!base.ok()) return base.status();
    auto repository = calls_.GetJson(ScopeOf(at), *base);
    if (!repository.ok()) return repository.status();
    return NotePlace(at, *repository);
  }

  absl::Status NotePlace(const RemoteTicket& at, const Json& repository) {
    const std::string id = IdAt(repository, "id");
    if (!at.key.project.empty() && id != at.key.project) {
      return absl::NotFoundError(absl::StrCat(client_->name(), ": ", at.path,
                                              " is now another repository (id ", id, ", not ",
                                              at.key.project, ")"));
    }
    std::lock_guard lock(mutex_);
    if (places_.size() >= 10000) places_.clear();
    places_[at.path] = {id, client_->Steady() + kPlaceBelieved};
    return absl::OkStatus();
  }

  // The API redirects a transferred issue to its new repository. A renamed repository is still
  // ours.
  static bool Elsewhere(const GitHubAnswers& answers, const RemoteTicket& at) {
    if (NumberAt(answers.issue, "number") != at.key.number) return true;
    const std::string url = StringAt(answers.issue, "repository_url");
    const std::string full_name = StringAt(answers.repository, "full_name");
    return !url.empty() && !full_name.empty() &&
           !absl::EndsWithIgnoreCase(url, absl::StrCat("/", full_name));
  }

  absl::StatusOr<Json> UserById(const Scope& scope, const std::string& id) const {
    return calls_.GetJson(scope, absl::StrCat("/user/", PercentEncode(id)));
  }

  absl::StatusOr<Json> UserByLogin(const Scope& scope, std::string_view login) const {
    return calls_.GetJson(scope, absl::StrCat("/users/", PercentEncode(login)));
  }

  absl::StatusOr<std::string> PresentLogin(const Scope& scope, const Actor& actor) const {
    if (actor.id.empty()) return actor.login;
    auto user = UserById(scope, actor.id);
    if (!user.ok()) return user.status();
    return StringAt(*user, "login");
  }

  std::string InstallationOf(const RemoteTicket& at) const {
    if (!is_app_) return "";
    const std::string account = credentials_->AccountOf(ScopeOf(at));
    return account.substr(account.find('/') + 1);
  }

  const std::unique_ptr<ApiClient> client_;
  const std::unique_ptr<Credentials> credentials_;
  const ApiCalls calls_;
  const bool is_app_;
  Log& log_;
  const ForgeUse use_;
  std::mutex mutex_;
  std::optional<Actor> self_;
  std::set<std::string> labels_;                                      // `path name`, lower case
  std::map<std::string, std::pair<std::string, absl::Time>> places_;  // path -> id, until (Steady)
};

}  // namespace

std::unique_ptr<Forge> MakeGitHub(std::unique_ptr<ApiClient> client,
                                  std::unique_ptr<Credentials> credentials, bool is_app, Log& log,
                                  const ForgeUse& use) {
  return std::make_unique<GitHub>(std::move(client), std::move(credentials), is_app, log, use);
}

}  // namespace retainer::forge
