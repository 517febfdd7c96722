// A forge in a box: one GitHub and one GitLab that live in memory, serve on loopback what
// Retainer's forge clients call, and whose people act when told, with signed webhook deliveries.
//
// It says no where the real forges say no (authentication, permissions, limits, missing things), so
// that a client that works here has met the answers that it will meet there.
//
// Ownership: the caller's clock must outlive the sandbox. Thread-safe, but `DeliverPending` calls
// must not overlap each other. `Stop` (and the destructor) end every thread within about a second.
// Errors of people's hands: NotFound names what is not there; InvalidArgument says what is wrong;
// PermissionDenied where the forge would not let this user.
// Names: a project is `{"github", "acme/opendb"}` or `{"gitlab", "group/sub/project"}`; these two
// forge names are the sandbox's own and need not be those of a configuration.
#pragma once

#include <cstdint>
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

namespace retainer {

struct SandboxOptions {
  const Clock& clock;
  int port = 0;  // 0: any free one
  std::string host = "127.0.0.1";
  // GitHub's limit of 80 creations a minute and 500 an hour, by the clock. Off by default: a story
  // on a clock that stands still would meet it at once.
  bool content_limits = false;
};

// ---- Who and what is there

struct SandboxUser {
  std::string login;
  std::int64_t id = 0;  // 0: a new one
  std::string name;
  std::string email;  // public and confirmed; may be empty
  bool machine = false;
};

struct SandboxProject {
  ProjectRef ref;
  std::int64_t id = 0;  // 0: a new one
  bool is_private = false;
  bool internal = false;  // private, and whoever has signed in reads it
  bool installed = true;  // GitHub: our app's installation covers it
};

struct SandboxApp {
  std::string id;
  std::string client_id;
  std::string slug;
  std::string bot_login;        // `slug[bot]`
  std::string private_key_pem;  // empty where the caller brought its own public key
};

// Where a forge's deliveries go and how they are signed.
struct SandboxHook {
  std::string url;
  std::string secret;         // GitHub: X-Hub-Signature-256
  std::string token;          // GitLab: X-Gitlab-Token
  std::string signing_token;  // GitLab: `whsec_…`, Standard Webhooks
  // GitLab's word on the hook: `executable`, `temporarily_disabled` or `disabled`. Only shown: the
  // sandbox sends all the same.
  std::string alert_status = "executable";
  std::optional<absl::Time> disabled_until;
};

// ---- Faults

enum class FaultKind : std::uint8_t {
  kStatus500,
  kStatus502,
  kSecondaryLimit,  // GitHub's 403 without Retry-After unless `retry_after` is set
  kTooManyRequests,
  kDropConnection,     // nothing is done, and the connection is cut
  kDropAfterApplying,  // it is done, and the answer is lost
  kSlow,               // answers after `delay`, at most 10 s; Stop cuts it short
  kStatus401,
  kStatus404,
  kLate,  // the connection is cut at once, and it is done `delay` later, by the caller's clock
};

struct Fault {
  FaultKind kind = FaultKind::kStatus500;
  int count = 1;
  std::optional<absl::Duration> retry_after;
  absl::Duration delay = absl::Seconds(1);  // kSlow, kLate
};

// A request as it was served; never its headers or body.
struct SandboxRequest {
  std::string method;
  std::string path;  // with the query, as sent
  int status = 0;    // 0: the connection was cut
};

// ---- Webhooks

using HeaderList = std::vector<std::pair<std::string, std::string>>;

// A delivery with its signature, ready to be sent.
struct SandboxDelivery {
  std::string forge;
  std::string id;
  std::string event;   // the event header
  std::string action;  // empty where there is none
  HeaderList headers;
  std::string body;
};

struct DeliveryResult {
  std::string forge;
  std::string id;
  std::string event;
  std::string action;
  int status = 0;  // 0: no answer; then `error` says why
  std::string error;
};

struct DeliverOptions {
  std::optional<std::uint64_t> shuffle;  // with this seed
  int times = 1;                         // each delivery so many times
};

class Sandbox {
 public:
  explicit Sandbox(SandboxOptions options);
  ~Sandbox();
  Sandbox(const Sandbox&) = delete;
  Sandbox& operator=(const Sandbox&) = delete;

  // Unavailable when the port cannot be had.
  absl::Status Start();
  void Stop();
  // REQUIRES: started.
  int port() const;
  std::string web_url() const;         // `http://127.0.0.1:PORT`
  std::string github_api_url() const;  // web_url + `/api/v3`, as Enterprise Server has it
  std::string gitlab_api_url() const;  // web_url + `/api/v4`

  // ---- The stage. A second Add of the same name updates it.
  std::int64_t AddUser(ForgeKind forge, const SandboxUser& user);
  std::int64_t AddProject(const SandboxProject& project);
  // A GitHub organisation or a GitLab group (by its full path). `is_private`: a GitLab group that
  // only its members see.
  std::int64_t AddOrganization(ForgeKind forge, const std::string& name, bool is_private = false);
  // `publicly` counts on GitHub: only such members are seen from outside.
  absl::Status AddMember(ForgeKind forge, const std::string& organization, const std::string& login,
                         bool publicly);
  // `admin`, `maintain`, `write`, `triage`, `read`, or `none` to take it away.
  absl::Status SetRole(const ProjectRef& project, const std::string& login,
                       const std::string& role);
  absl::Status AddLabel(const ProjectRef& project, const std::string& name,
                        const std::string& color);

  // ---- Credentials
  // Registers our GitHub App: its bot account, its installations. Without `public_key_pem` a fresh
  // RSA key pair is made and the private half handed out, once.
  absl::StatusOr<SandboxApp> RegisterApp(const std::string& slug,
                                         const std::string& public_key_pem = "");
  // The app's permissions, name -> `read` or `write`. At first: issues, pull_requests,
  // checks write; metadata, members, contents read.
  void SetAppPermissions(std::map<std::string, std::string> permissions);
  // A fresh token of a user's account. NotFound.
  absl::StatusOr<std::string> CreateToken(ForgeKind forge, const std::string& login);
  // From now on the forge's clock differs from the caller's: `Date`, JWT checks, all times.
  void SetClockSkew(absl::Duration skew);
  // What every credential has left in this hour of a forge's primary limit.
  void SetRateRemaining(ForgeKind forge, int remaining);

  // ---- Faults
  // The next `fault.count` requests with this method (empty: any) whose path begins so; the path
  // counts with and without the API's root (`/repos/…`, `/api/v3/repos/…`). First come, first
  // served.
  void FailNext(const std::string& method, const std::string& path_prefix, const Fault& fault);
  void ClearFaults();
  // So long a comment or check that was created is in no list, as on a forge whose lists come from
  // a copy that lags behind.
  void SetListLag(absl::Duration lag);
  std::vector<SandboxRequest> requests() const;
  void ClearRequests();

  // ---- People's hands
  absl::StatusOr<TicketRef> OpenIssue(const ProjectRef& project, const std::string& user,
                                      const std::string& title, const std::string& body,
                                      const std::vector<std::string>& labels = {},
                                      bool confidential = false);
  absl::StatusOr<TicketRef> OpenPullRequest(const ProjectRef& project, const std::string& user,
                                            const std::string& title, const std::string& body);
  // The comment's id; 0 where the forge swallowed it (GitLab: nothing but its own quick actions).
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
  // `reason`: `completed`, `not_planned`, `duplicate`; empty for `completed`, and on GitLab unused.
  absl::Status Close(const TicketRef& ticket, const std::string& user,
                     const std::string& reason = "");
  absl::Status Reopen(const TicketRef& ticket, const std::string& user);
  absl::Status Assign(const TicketRef& ticket, const std::string& user,
                      const std::string& assignee);
  absl::Status Unassign(const TicketRef& ticket, const std::string& user,
                        const std::string& assignee);
  // A change gets a new last commit.
  absl::Status Push(const TicketRef& change, const std::string& user);
  // Into `main`; what it says it fixes stays open.
  absl::Status Merge(const TicketRef& change, const std::string& user);
  // Of `main` as it is now.
  absl::Status Tag(const ProjectRef& project, const std::string& user, const std::string& tag);
  // `state`: `approved`, `changes_requested`, `commented`. The review's id.
  absl::StatusOr<std::int64_t> Review(const TicketRef& ticket, const std::string& user,
                                      const std::string& state, const std::string& body);
  // A comment on a line of a change. GitLab: a diff note.
  absl::StatusOr<std::int64_t> ReviewComment(const TicketRef& ticket, const std::string& user,
                                             const std::string& body);
  // The ticket as it is called in its new project.
  absl::StatusOr<TicketRef> Transfer(const TicketRef& ticket, const std::string& user,
                                     const ProjectRef& to);
  absl::Status DeleteIssue(const TicketRef& ticket, const std::string& user);
  absl::Status RenameProject(const ProjectRef& project, const std::string& user,
                             const std::string& new_path);

  // ---- Webhooks
  void SetHook(ForgeKind forge, const SandboxHook& hook);
  std::size_t pending() const;
  // Sends what is pending to the hooks, in order unless told otherwise. A delivery counts as sent
  // whatever the answer: forges do not send again by themselves.
  std::vector<DeliveryResult> DeliverPending(const DeliverOptions& options = {});
  // Takes what is pending out, signed as of now, for a caller that hands it on by itself.
  std::vector<SandboxDelivery> TakePending();
  // Puts deliveries that were sent before back into the queue, under their old ids: one, or all
  // where `id` is empty. How many.
  std::size_t Redeliver(const std::string& id = "");

  // ---- What a reader sees
  // What stands on a ticket, for comparison: its comments in order, each with its author and its
  // whole body, and the names of its labels, assignees and checks.
  struct Shown {
    std::vector<std::pair<std::string, std::string>> comments;
    std::vector<std::string> labels;     // sorted
    std::vector<std::string> assignees;  // sorted
    std::string head;                    // a change's last commit
    std::vector<std::string> checks;     // names of all there ever were on it
    friend bool operator==(const Shown&, const Shown&) = default;
  };
  absl::StatusOr<Shown> Look(const TicketRef& ticket) const;
  // The thread as text for a terminal: title, state, labels, assignees, each comment with its
  // author and time; hidden HTML comments left out, folded sections shown open, internal notes only
  // with `as_member`. NotFound.
  absl::StatusOr<std::string> RenderThread(const TicketRef& ticket, bool as_member = false) const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace retainer
