// The data of the two forges and every change of it. Each change reports what happened, so that
// people's actions and API writes cause the same webhooks.
//
// Not thread-safe: the sandbox holds one lock around it. Pointers and references stay valid as long
// as their target exists, except those to comments and events (until the next change of the same
// ticket).
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "retainer/clock.h"
#include "retainer/ids.h"
#include "src/sandbox/marketplace.h"
#include "src/sandbox/sandbox.h"

namespace retainer::sandbox {

struct User {
  std::int64_t id = 0;
  ForgeKind forge = ForgeKind::kGitHub;
  std::string login;
  std::string name;
  std::string email;
  bool machine = false;
  bool administrator = false;  // GitLab
  absl::Time created;
};

struct Organization {
  std::int64_t id = 0;
  ForgeKind forge = ForgeKind::kGitHub;
  std::string name;
  bool is_private = false;               // GitLab
  std::map<std::int64_t, bool> members;  // user id -> whether the membership is public
};

struct ProjectLabel {
  std::int64_t id = 0;
  std::string name;
  std::string color;  // six hex digits
  std::string description;
  absl::Time created;
};

struct Remark {
  enum class Kind { kComment, kReview, kReviewComment };
  Kind kind = Kind::kComment;
  std::int64_t id = 0;
  std::int64_t author = 0;
  std::string body;
  std::string state;  // a review's state: approved, changes_requested, commented
  absl::Time created;
  absl::Time updated;
  bool internal = false;  // GitLab
  bool system = false;    // GitLab: written by the forge itself
  bool via_app = false;
};

// A reaction (GitHub) or award emoji (GitLab).
struct Award {
  std::int64_t id = 0;
  std::int64_t remark = 0;  // the remark's id; 0: the opening text
  std::int64_t user = 0;
  std::string name;  // GitHub's content or GitLab's name
};

struct TicketEvent {
  std::int64_t id = 0;
  std::string kind;  // GitHub's name: labeled, closed, assigned, …
  std::int64_t actor = 0;
  absl::Time at;
  std::string label;
  std::string color;
  std::int64_t label_id = 0;
  std::int64_t assignee = 0;
  std::string reason;     // closed
  std::string old_title;  // renamed
  std::string new_title;
  bool via_app = false;
};

// A check run (GitHub) or a commit status (GitLab).
struct Check {
  std::int64_t id = 0;
  std::string commit;
  std::string name;
  std::string verdict;  // GitHub's conclusion or GitLab's state
  std::string title;    // GitLab's description
  std::string summary;  // Markdown; GitHub
  std::string url;
  std::int64_t author = 0;
  absl::Time at;
  absl::Time created;
  bool is_status = false;  // GitHub: a commit status, which is no check run
};

struct Ticket {
  TicketKind kind = TicketKind::kIssue;
  std::int64_t id = 0;
  std::int64_t number = 0;
  std::string title;
  std::string body;
  std::int64_t author = 0;
  bool open = true;
  std::string reason;  // why closed
  absl::Time created;
  absl::Time updated;
  std::optional<absl::Time> edited;
  std::int64_t editor = 0;
  std::optional<absl::Time> closed;
  std::int64_t closed_by = 0;
  std::vector<std::string> labels;
  std::vector<std::int64_t> assignees;
  bool confidential = false;
  bool deleted = false;
  std::optional<std::pair<std::int64_t, std::int64_t>> moved;  // project id, number
  std::int64_t moved_id = 0;
  std::vector<Remark> remarks;
  std::vector<TicketEvent> events;
  std::vector<Award> awards;
  std::map<std::int64_t, int> comments_made;  // by user; deleted ones included
  // The fields of a change.
  std::int64_t pushes = 0;  // number of pushes after the opening
  std::string commit;       // the last commit; empty: one is made up
  // The commit that merged it into `main`; empty: not merged.
  std::string merge;
};

struct Project {
  std::int64_t id = 0;
  ForgeKind forge = ForgeKind::kGitHub;
  std::string path;
  bool is_private = false;
  // is_private, but every signed-in user may read it.
  bool internal = false;
  bool installed = true;
  absl::Time created;
  absl::Time updated;                         // the last rename, or the creation
  std::map<std::int64_t, std::string> roles;  // user id -> admin … read
  const char* visibility() const {
    return internal ? "internal" : is_private ? "private" : "public";
  }
  std::deque<ProjectLabel> labels;
  std::map<std::pair<TicketKind, std::int64_t>, Ticket> tickets;
  // The last number of an issue; on GitHub issues and changes share numbers.
  std::int64_t last_issue = 0;
  std::int64_t last_change = 0;  // GitLab
  std::vector<std::string> former_paths;
  std::deque<Check> checks;         // ordered by id
  std::vector<std::string> main;    // commits of merges, ordered by time
  std::vector<std::string> pushed;  // commits that were pushed to branches
  // Tag -> the number of commits of `main` that it contains.
  std::map<std::string, std::size_t> tags;

  std::string owner() const;  // the path without the last level
  std::string name() const;   // the last level of the path
};

struct Happening {
  enum class Kind {
    kOpened,
    kEdited,
    kCommented,
    kCommentEdited,
    kCommentDeleted,
    kReviewed,
    kReviewCommented,
    kLabeled,    // GitHub: one label
    kUnlabeled,  // GitHub: one label
    kRelabeled,  // GitLab: all label changes of one request
    kAssigned,
    kUnassigned,
    kClosed,
    kReopened,
    kTransferred,
    kArrived,  // opened by a transfer
    kDeleted,
    kLabelCreated,
    kRenamed,
    kPushed,  // a change got new commits
  };
  Kind kind;
  const Project* project = nullptr;
  const Ticket* ticket = nullptr;
  const User* sender = nullptr;
  const Remark* remark = nullptr;
  const ProjectLabel* label = nullptr;
  const User* assignee = nullptr;
  std::string old_title;
  std::string old_body;  // the text before the edit
  bool title_changed = false;
  bool body_changed = false;
  std::vector<std::string> old_labels;
  std::vector<std::int64_t> old_assignees;
  absl::Time old_updated;  // the ticket's time before the change
  std::string old_path;
  const Project* other_project = nullptr;
  const Ticket* other_ticket = nullptr;
};

struct App {
  std::int64_t id = 0;
  std::string client_id;
  std::string slug;
  std::string public_pem;
  std::int64_t bot = 0;  // user id
  std::map<std::string, std::string> permissions;
};

struct Credential {
  ForgeKind forge = ForgeKind::kGitHub;
  std::int64_t user = 0;          // the account that acts
  std::int64_t installation = 0;  // 0: the token of an account
  std::string owner;              // of the installation
  absl::Time expires = absl::InfiniteFuture();
  std::map<std::string, std::string> permissions;
  std::string scope = "api";  // of a token on GitLab
};

// A forge's webhook, as its owner sees it.
struct Hook {
  std::string url;
  bool has_secret = false;
  std::string alert_status = "executable";  // GitLab
  std::optional<absl::Time> disabled_until;
  int last_status = -1;  // -1: nothing was sent yet; 0: no answer
  // GitLab, made by the API: the token that its deliveries have, and the events (`push_events`) of
  // each project (by id) that has it. Without a token every project has it, with all events.
  std::string token = {};
  std::map<std::int64_t, std::set<std::string>> events = {};
};

// One attempt at a delivery, as in the log of a GitHub App.
struct HookAttempt {
  std::int64_t id = 0;
  std::string guid;
  std::string event;
  std::string action;
  absl::Time at;
  int status = 0;
  bool redelivery = false;
  HeaderList headers;
  std::string body;
};

struct RateWindow {
  int limit = 0;
  int used = 0;
  absl::Time resets;
};

class World {
 public:
  explicit World(const Clock& clock) : clock_(clock) {}

  // The forge's time: whole seconds on GitHub, milliseconds on GitLab.
  absl::Time Now(ForgeKind forge) const;
  void set_skew(absl::Duration skew) { skew_ = skew; }
  // For this long, new objects are missing from lists.
  void set_list_lag(absl::Duration lag) { list_lag_ = lag; }
  bool IsListed(ForgeKind forge, absl::Time created) const {
    return created + list_lag_ <= Now(forge);
  }

  std::function<void(const Happening&)> on_happening;
  // Puts an earlier delivery back into the queue; false when it is unknown.
  std::function<bool(const std::string& guid)> on_redeliver;

  // ---- Webhooks
  std::map<ForgeKind, Hook> hooks;
  void LogAttempt(ForgeKind forge, const SandboxDelivery& delivery, int status);
  const std::deque<HookAttempt>& attempts() const { return attempts_; }  // GitHub's
  const std::deque<Project>& projects() const { return projects_; }

  // ---- The app's listing on GitHub Marketplace
  Listing listing;

  // ---- Finding things by name or id; nullptr when there is none. Names compare without case, as
  // on the forges.
  User* FindUser(ForgeKind forge, std::string_view login);
  User* FindUser(ForgeKind forge, std::int64_t id);
  const User& UserOf(ForgeKind forge, std::int64_t id);  // REQUIRES: the user exists
  const std::deque<User>& users() const { return users_; }
  Organization* FindOrganization(ForgeKind forge, std::string_view name);
  Organization* FindOrganization(ForgeKind forge, std::int64_t id);
  Project* FindProject(ForgeKind forge, std::string_view path);
  Project* FindFormerProject(ForgeKind forge, std::string_view path);
  Project* FindProject(ForgeKind forge, std::int64_t id);
  Ticket* FindTicket(Project& project, std::optional<TicketKind> kind, std::int64_t number);
  // True when everybody may read the ticket.
  static bool IsPublic(const Project& project, const Ticket& ticket);
  std::vector<std::pair<const Project*, const Ticket*>> PublicTickets() const;
  static ProjectLabel* FindLabel(Project& project, std::string_view name);
  static Remark* FindRemark(Ticket& ticket, std::int64_t id);
  // Finds a remark anywhere in the project; returns it with its ticket.
  static std::pair<Ticket*, Remark*> FindRemark(Project& project, Remark::Kind kind,
                                                std::int64_t id);

  // ---- Rights
  // The effective role: the explicit one; otherwise `read` on a public project, else `none`.
  std::string Role(const Project& project, std::int64_t user) const;
  // OWNER, MEMBER, COLLABORATOR, CONTRIBUTOR or NONE, as everybody may see it.
  std::string Association(const Project& project, std::int64_t user);
  bool Assignable(const Project& project, const Ticket& ticket, std::int64_t user);

  // ---- Setting the stage
  User& AddUser(const User& user);
  Organization& AddOrganization(ForgeKind forge, const std::string& name);
  Project& AddProject(ForgeKind forge, const std::string& path, std::int64_t id);

  // ---- Changes. `by` is the user who acts; `via_app` marks an action of an app.
  Ticket& Open(Project& project, const User& by, TicketKind kind, const std::string& title,
               const std::string& body, const std::vector<std::string>& labels, bool confidential);
  Remark& AddRemark(Project& project, Ticket& ticket, const User& by, Remark remark);
  void EditRemark(Project& project, Ticket& ticket, const User& by, Remark& remark,
                  const std::string& body);
  void DeleteRemark(Project& project, Ticket& ticket, const User& by, std::int64_t id);
  void EditText(Project& project, Ticket& ticket, const User& by, const std::string& title,
                const std::string& body);
  ProjectLabel& AddLabel(Project& project, const User* by, const std::string& name,
                         const std::string& color, const std::string& description);
  // Adds and removes labels of a ticket. Creates labels that the project lacks.
  void ChangeLabels(Project& project, Ticket& ticket, const User& by,
                    const std::vector<std::string>& add, const std::vector<std::string>& remove,
                    bool via_app);
  void SetAssignees(Project& project, Ticket& ticket, const User& by,
                    const std::vector<std::int64_t>& assignees, bool via_app);
  void Close(Project& project, Ticket& ticket, const User& by, const std::string& reason,
             bool via_app);
  void Reopen(Project& project, Ticket& ticket, const User& by, bool via_app);
  void Push(Project& project, Ticket& ticket, const User& by, const std::string& commit);
  void Merge(Project& project, Ticket& ticket, const User& by);
  // Reports nothing, because the forges send nothing for reactions.
  const Award& AddAward(Ticket& ticket, const User& by, std::int64_t remark,
                        const std::string& name);
  // The last check with this name on a commit; nullptr when there is none.
  static const Check* FindCheck(const Project& project, std::string_view commit,
                                std::string_view name);
  // Adds a check under a new id.
  Check& AddCheck(Project& project, Check check);
  Ticket& Transfer(Project& project, Ticket& ticket, const User& by, Project& to);
  void Delete(Project& project, Ticket& ticket, const User& by);
  void Rename(Project& project, const User& by, const std::string& new_path);
  void Tell(const Happening& happening) const {
    if (on_happening) on_happening(happening);
  }

  // ---- Credentials
  App& RegisterApp(const std::string& slug, const std::string& public_pem);
  App* app() { return app_ ? &*app_ : nullptr; }
  // The installation on the account that owns the project; 0 when the app is not installed.
  std::int64_t InstallationOf(const Project& project);
  std::string InstallationOwner(std::int64_t installation) const;  // empty when there is none
  std::vector<std::int64_t> Installations();
  std::string IssueToken(const Credential& credential);
  const Credential* FindToken(const std::string& token) const;
  void RevokeToken(const std::string& token) { tokens_.erase(token); }
  RateWindow& Rate(ForgeKind forge, const std::string& who);
  void SetRateRemaining(ForgeKind forge, int remaining);

 private:
  std::int64_t NextId() { return ++last_id_; }
  TicketEvent& AddEvent(Project& project, Ticket& ticket, const User& by, const std::string& kind,
                        bool via_app);

  const Clock& clock_;
  absl::Duration skew_ = absl::ZeroDuration();
  absl::Duration list_lag_ = absl::ZeroDuration();
  std::int64_t last_id_ = 1000;
  // Apart from the other ids, so that these do not depend on how often a delivery was tried.
  std::int64_t last_attempt_ = 0;
  std::deque<User> users_;
  std::deque<Organization> organizations_;
  std::deque<Project> projects_;
  std::deque<HookAttempt> attempts_;
  std::optional<App> app_;
  std::map<std::string, std::int64_t> installations_;  // owner in lower case -> id
  std::map<std::string, Credential> tokens_;
  std::map<std::pair<ForgeKind, std::string>, RateWindow> rates_;
  std::map<ForgeKind, std::pair<int, absl::Time>> squeezed_;  // remaining calls, until when
};

// True when the commit is the head of one of the project's changes, or a merge.
bool HasCommit(const Project& project, std::string_view commit);
// The last commit of a change.
std::string HeadOf(const Ticket& ticket);
// Whether `ref` (a tag, `main`, or a commit) contains the commit. Nullopt when the project does not
// know one of them.
std::optional<bool> Holds(const Project& project, std::string_view ref, std::string_view commit);

// Compares names of GitHub's labels and logins, ignoring ASCII case.
bool SameName(std::string_view a, std::string_view b);

// From `admin` 4 to `read` 0; -1 for anything else. GitLab's role names count as the nearest one.
int RoleRank(std::string_view role);

}  // namespace retainer::sandbox
