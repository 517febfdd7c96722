// A sandbox with one GitHub and one GitLab in memory. It serves on loopback the API that Retainer's
// forge clients call. Tests and the demo tell its people what to do, and it sends signed webhook
// deliveries.
//
// It refuses whatever the real forges refuse (authentication, permissions, limits, missing
// objects), so that a client which works here has met the answers that it will meet there.
//
// Ownership: the caller's clock must outlive the sandbox. Thread-safe, except that calls of
// `DeliverPending` must not overlap. `Stop` (and the destructor) end every thread within about a
// second.
//
// Errors of the methods in which people act: NotFound names what is missing; InvalidArgument says
// what is wrong; PermissionDenied when the forge would not allow this user to do it.
//
// Names: a project is `{"github", "acme/opendb"}` or `{"gitlab", "group/sub/project"}`. These two
// forge names belong to the sandbox; a configuration may use others.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "retainer/clock.h"
#include "retainer/ids.h"

namespace retainer::sandbox {

struct SandboxOptions {
  const Clock& clock;
  int port = 0;  // 0: any free port
  std::string host = "127.0.0.1";
  // Enforces GitHub's limit of 80 creations a minute and 500 an hour, by the clock. Off by default:
  // a story whose clock stands still would reach the limit at once.
  bool content_limits = false;
};

// ---- People and projects

struct SandboxUser {
  std::string login;
  std::int64_t id = 0;  // 0: assign a new id
  std::string name;
  std::string email;  // public and confirmed; may be empty
  bool machine = false;
  bool administrator = false;  // of GitLab
};

struct SandboxProject {
  ProjectRef ref;
  std::int64_t id = 0;  // 0: assign a new id
  bool is_private = false;
  // Private, but every signed-in user may read it.
  bool internal = false;
  bool installed = true;  // GitHub: our app's installation covers it
};

struct SandboxApp {
  std::string id;
  std::string client_id;
  std::string slug;
  std::string bot_login;        // `slug[bot]`
  std::string private_key_pem;  // empty when the caller supplied its own public key
};

// An application with which people sign in (OAuth).
struct SandboxClient {
  std::string id;
  std::string secret;
};

// The address of a forge's webhook, and the secrets that sign its deliveries.
struct SandboxHook {
  std::string url;
  std::string secret;         // GitHub: X-Hub-Signature-256
  std::string token;          // GitLab: X-Gitlab-Token
  std::string signing_token;  // GitLab: `whsec_…`, Standard Webhooks
  // GitLab's status of the hook: `executable`, `temporarily_disabled` or `disabled`. It is only
  // shown; the sandbox sends deliveries in every status.
  std::string alert_status = "executable";
  std::optional<absl::Time> disabled_until;
};

// ---- Faults

enum class FaultKind : std::uint8_t {
  kStatus500,
  kStatus502,
  kSecondaryLimit,  // GitHub's 403 without Retry-After unless `retry_after` is set
  kTooManyRequests,
  kDropConnection,     // nothing is carried out, and the connection is cut
  kDropAfterApplying,  // the request is carried out, and the answer is lost
  kSlow,               // answers after `delay`, at most 15 s; Stop ends the wait
  kStatus401,
  kStatus404,
  // The connection is cut at once. The request is carried out after `delay`, by the caller's clock.
  kLate,
  kStatus503,
  kRateLimit,   // the primary limit, with the headers that say when it ends
  kCutBody,     // the request is carried out, and the connection ends within the answer
  kBrokenJson,  // the request is carried out, and the answer is the first half of its JSON
  kOtherJson,   // the request is carried out, and the answer is JSON of another shape
};

struct Fault {
  FaultKind kind = FaultKind::kStatus500;
  int count = 1;
  std::optional<absl::Duration> retry_after;
  absl::Duration delay = absl::Seconds(1);  // kSlow, kLate; kRateLimit: until its end
};

// A served request, without its headers and body.
struct SandboxRequest {
  std::string method;
  std::string path;  // with the query, as sent
  int status = 0;    // 0: the connection was cut
};

// When a watcher is called for a request.
enum class Moment : std::uint8_t {
  kArrived,     // nothing was carried out
  kCarriedOut,  // and not answered
  kAnswered,
};
// False at kArrived: the request is not carried out, and its connection is cut.
using Watcher = std::function<bool(const SandboxRequest&, Moment)>;

// ---- Webhooks

using HeaderList = std::vector<std::pair<std::string, std::string>>;

// A delivery with its signature, ready to be sent.
struct SandboxDelivery {
  std::string forge;
  std::string id;
  std::string event;   // the event header
  std::string action;  // empty when there is none
  HeaderList headers;
  std::string body;
};

struct DeliveryResult {
  std::string forge;
  std::string id;
  std::string event;
  std::string action;
  int status = 0;  // 0: no answer, and `error` is the reason
  std::string error;
};

struct DeliverOptions {
  std::optional<std::uint64_t> shuffle;  // shuffle with this seed
  int times = 1;                         // how often each delivery is sent
};

class Sandbox {
 public:
  explicit Sandbox(SandboxOptions options);
  ~Sandbox();
  Sandbox(const Sandbox&) = delete;
  Sandbox& operator=(const Sandbox&) = delete;

  // Unavailable when the port is not available.
  absl::Status Start();
  void Stop();
  // REQUIRES: started.
  int port() const;
  std::string web_url() const;         // `http://127.0.0.1:PORT`
  std::string github_api_url() const;  // web_url + `/api/v3`, as on Enterprise Server
  std::string gitlab_api_url() const;  // web_url + `/api/v4`

  // ---- Setting the stage. Adding the same name again updates it.
  std::int64_t AddUser(ForgeKind forge, const SandboxUser& user);
  std::int64_t AddProject(const SandboxProject& project);
  // Adds a GitHub organisation, or a GitLab group by its full path. `is_private`: only members see
  // the GitLab group.
  std::int64_t AddOrganization(ForgeKind forge, const std::string& name, bool is_private = false);
  // `publicly` matters only on GitHub: outsiders see only public members.
  absl::Status AddMember(ForgeKind forge, const std::string& organization, const std::string& login,
                         bool publicly);
  // `role` is `admin`, `maintain`, `write`, `triage`, `read`, or `none` to remove the role.
  absl::Status SetRole(const ProjectRef& project, const std::string& login,
                       const std::string& role);
  absl::Status AddLabel(const ProjectRef& project, const std::string& name,
                        const std::string& color);

  // ---- Credentials
  // Registers our GitHub App with its bot account and its installations. Without `public_key_pem`
  // it makes a new RSA key pair and returns the private key, only this once.
  absl::StatusOr<SandboxApp> RegisterApp(const std::string& slug,
                                         const std::string& public_key_pem = "");
  // The app's permissions, name -> `read` or `write`. The default is issues, pull_requests and
  // checks: write; metadata, members and contents: read.
  void SetAppPermissions(std::map<std::string, std::string> permissions);
  // Makes a new token for a user's account. `scope`: what GitLab says of it. NotFound.
  absl::StatusOr<std::string> CreateToken(ForgeKind forge, const std::string& login,
                                          const std::string& scope = "api");
  // Registers the application with which people sign in at a forge; again: the same one.
  SandboxClient RegisterClient(ForgeKind forge);
  // The application may lead people back to this address. REQUIRES: it is registered.
  void AddCallback(ForgeKind forge, const std::string& address);
  // How many tokens of people who signed in were not revoked.
  std::size_t live_sign_in_tokens() const;
  // Sets the difference between the forge's clock and the caller's. It affects `Date`, JWT checks
  // and all times.
  void SetClockSkew(absl::Duration skew);
  // Sets how many calls every credential has left in this hour of a forge's primary rate limit.
  void SetRateRemaining(ForgeKind forge, int remaining);

  // ---- Faults
  // Applies `fault` to the next `fault.count` requests with this method (empty: any) and a path
  // with this prefix. The prefix may include the API's root or not (`/repos/…`, `/api/v3/repos/…`).
  // If several faults match, the one added first applies.
  void FailNext(const std::string& method, const std::string& path_prefix, const Fault& fault);
  void ClearFaults();
  // How many requests got a fault so far.
  std::size_t faults_played() const;
  // A new comment or check is missing from all lists for this long, as on a forge that serves lists
  // from a replica with a delay.
  void SetListLag(absl::Duration lag);
  std::vector<SandboxRequest> requests() const;
  void ClearRequests();
  // Calls `watcher` for each API request from now on, in one thread at a time. It must not call the
  // sandbox. Null: no more.
  void Watch(Watcher watcher);

  // ---- What people do
  absl::StatusOr<TicketRef> OpenIssue(const ProjectRef& project, const std::string& user,
                                      const std::string& title, const std::string& body,
                                      const std::vector<std::string>& labels = {},
                                      bool confidential = false);
  absl::StatusOr<TicketRef> OpenPullRequest(const ProjectRef& project, const std::string& user,
                                            const std::string& title, const std::string& body);
  // Returns the comment's id; 0 when the forge made no comment (GitLab: only quick actions).
  absl::StatusOr<std::int64_t> Comment(const TicketRef& ticket, const std::string& user,
                                       const std::string& body);
  absl::StatusOr<std::int64_t> InternalNote(const TicketRef& ticket, const std::string& user,
                                            const std::string& body);  // GitLab
  absl::Status EditComment(const TicketRef& ticket, const std::string& user, std::int64_t comment,
                           const std::string& body);
  absl::Status DeleteComment(const TicketRef& ticket, const std::string& user,
                             std::int64_t comment);
  absl::Status EditText(const TicketRef& ticket, const std::string& user, const std::string& title,
                        const std::string& body);
  absl::Status Label(const TicketRef& ticket, const std::string& user, const std::string& label);
  absl::Status Unlabel(const TicketRef& ticket, const std::string& user, const std::string& label);
  // `reason` is `completed`, `not_planned` or `duplicate`; empty means `completed`. Ignored on
  // GitLab.
  absl::Status Close(const TicketRef& ticket, const std::string& user,
                     const std::string& reason = "");
  absl::Status Reopen(const TicketRef& ticket, const std::string& user);
  absl::Status Assign(const TicketRef& ticket, const std::string& user,
                      const std::string& assignee);
  absl::Status Unassign(const TicketRef& ticket, const std::string& user,
                        const std::string& assignee);
  // Gives a change a new last commit. Empty: one is made up.
  absl::Status Push(const TicketRef& change, const std::string& user,
                    const std::string& commit = "");
  // A commit of a git repository becomes the branch's last one.
  absl::Status PushBranch(const ProjectRef& project, const std::string& user,
                          const std::string& branch, const std::string& commit);
  // Merges a change into `main`. The tickets that it fixes stay open.
  absl::Status Merge(const TicketRef& change, const std::string& user);
  // Tags `main` as it is now.
  absl::Status Tag(const ProjectRef& project, const std::string& user, const std::string& tag);
  // `state` is `approved`, `changes_requested` or `commented`. Returns the review's id.
  absl::StatusOr<std::int64_t> Review(const TicketRef& ticket, const std::string& user,
                                      const std::string& state, const std::string& body);
  // Comments on a line of a change; on GitLab this is a diff note.
  absl::StatusOr<std::int64_t> ReviewComment(const TicketRef& ticket, const std::string& user,
                                             const std::string& body);
  // Returns the ticket's name in its new project.
  absl::StatusOr<TicketRef> Transfer(const TicketRef& ticket, const std::string& user,
                                     const ProjectRef& to);
  absl::Status DeleteIssue(const TicketRef& ticket, const std::string& user);
  absl::Status RenameProject(const ProjectRef& project, const std::string& user,
                             const std::string& new_path);

  // ---- Webhooks
  void SetHook(ForgeKind forge, const SandboxHook& hook);
  std::size_t pending() const;
  // Sends the pending deliveries to the hooks, in order unless `options` shuffles them. A delivery
  // counts as sent after any answer, because forges do not retry.
  std::vector<DeliveryResult> DeliverPending(const DeliverOptions& options = {});
  // Returns the pending deliveries, signed as of now, and removes them from the queue. For a caller
  // that delivers them itself.
  std::vector<SandboxDelivery> TakePending();
  // Puts deliveries that were sent before back into the queue, with their old ids: the one with
  // `id`, or all when it is empty. Returns how many.
  std::size_t Redeliver(const std::string& id = "");

  // ---- The app's listing on GitHub Marketplace. `account`: a person's login, or an organisation.
  void AddMarketplacePlan(std::int64_t plan);
  // The account buys a plan, or changes to it. NotFound.
  absl::Status Buy(const std::string& account, std::int64_t plan, bool trial = false);
  // The account cancels: from `at` on if that is set, else now. NotFound.
  absl::Status CancelPurchase(const std::string& account,
                              std::optional<absl::Time> at = std::nullopt);

  // Queues a delivery that the forge makes for another reason, such as a sponsorship. `body`: JSON.
  void Announce(ForgeKind forge, const std::string& event, const std::string& body);

  // ---- What a reader sees
  // The content of a ticket, for comparison: its comments in order, each with its author and full
  // body, and the names of its labels, assignees and checks.
  struct Shown {
    std::vector<std::pair<std::string, std::string>> comments;
    std::vector<std::string> labels;     // sorted
    std::vector<std::string> assignees;  // sorted
    std::string head;                    // a change's last commit
    std::vector<std::string> checks;     // names of all checks ever made on the head
    std::vector<std::string> reactions;  // sorted: comment (0: the opening), who and which
    friend bool operator==(const Shown&, const Shown&) = default;
  };
  absl::StatusOr<Shown> Look(const TicketRef& ticket) const;
  // How many comments this user ever made on a ticket, deleted ones included. NotFound.
  absl::StatusOr<int> CommentsMade(const TicketRef& ticket, const std::string& user) const;
  // A commit status, or a check.
  struct Verdict {
    std::string name;
    std::string state;    // GitHub's conclusion or state, GitLab's state
    std::string title;    // description of a status
    std::string summary;  // of a check; Markdown
  };
  // Those of a commit, the first one first.
  std::vector<Verdict> VerdictsOn(const ProjectRef& project, const std::string& commit) const;
  // The thread as text for a terminal: title, state, labels, assignees, and each comment with its
  // author and time. Hidden HTML comments are left out, folded sections are open, and internal
  // notes are shown only with `as_member`. NotFound.
  absl::StatusOr<std::string> RenderThread(const TicketRef& ticket, bool as_member = false) const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace retainer::sandbox
