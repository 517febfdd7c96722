// The Forge port: reads and writes one configured forge.
//
// Calls block on the network for at most the configured time-out. They never wait for a rate limit:
// a call made too early returns ResourceExhausted with a RetryAfter. Thread-safe.
//
// Errors, by canonical code:
//   NotFound            the thing does not exist (404, 410)
//   PermissionDenied    we lack a permission (403 that is no rate limit); the message names it if
//                       the forge does
//   ResourceExhausted   a rate limit (403 or 429); RetryAfter(status) says how long to wait
//   InvalidArgument     the forge refuses the content (400, 422)
//   Unavailable         network, time-out, 409, 5xx: retry
//   FailedPrecondition  our credentials are wrong or missing (401: concerns the whole forge and has
//                       a RetryAfter), or the app is not installed there; the message says what
//                       to do
// No message holds a token, a secret or a body.
#pragma once

#include <cstddef>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "retainer/event.h"
#include "retainer/face.h"
#include "retainer/fact.h"
#include "retainer/ids.h"
#include "retainer/webhook.h"

namespace retainer {

// The time to wait before the next try, if the Status carries it; else nullopt.
std::optional<absl::Duration> RetryAfter(const absl::Status& status);
absl::Status WithRetryAfter(absl::Status status, absl::Duration wait);

// The present place of a ticket.
struct RemoteTicket {
  TicketKey key;
  std::string path;             // path of its project
  std::string installation_id;  // GitHub App; empty: the client looks it up
};

struct RemoteComment {
  std::string id;  // only the number: `17`
  Actor author;
  std::string body;
};

// A ticket as read from the API, with the facts that the API still tells (Provenance::kBackfill).
struct Backfill {
  TicketInfo ticket;
  ProjectInfo project;
  std::vector<Fact> facts;
};

// Which tickets of a project to list: those last updated at or after `since`, the earliest first,
// in pages of at most kTicketPage. The first page is 1.
struct TicketListing {
  TicketKind kind = TicketKind::kIssue;
  bool open_only = true;
  absl::Time since = absl::UnixEpoch();
  int page = 1;
};
inline constexpr int kTicketPage = 100;

struct ListedTicket {
  TicketKind kind = TicketKind::kIssue;
  std::int64_t number = 0;
  std::optional<absl::Time> updated_at;
  friend bool operator==(const ListedTicket&, const ListedTicket&) = default;
};

struct TicketPage {
  std::vector<ListedTicket> tickets;
  bool more = false;  // there may be further pages
};

// An account that holds a plan of our app's listing on the forge's marketplace.
struct RemotePurchase {
  Actor account;
  bool organization = false;
  bool trial = false;
  absl::Time since = absl::UnixEpoch();  // when it last changed
  // What is to change, and when; an empty plan: the purchase ends.
  std::optional<absl::Time> changes_at = std::nullopt;
  std::string next_plan = {};
};

// A check run (GitHub) or commit status (GitLab) of ours.
struct RemoteCheck {
  std::string commit;
  CheckView::Verdict verdict = CheckView::Verdict::kNeutral;
  CheckText text;
  std::string url;                    // a page with more information; may be empty
  std::string name = "retainer/sla";  // kCheckName or kPolicyCheckName
};

// What we say about a commit of the policy's repository.
struct CommitStatus {
  std::string commit;  // in hex
  std::string name;    // kPolicyCheckName
  bool good = false;
  std::string description;  // one line; the client cuts it where the forge does
};

struct ForgeHealth {
  Actor self;                                // the account that we write as
  std::optional<absl::Duration> clock_skew;  // the forge's `Date` header minus our time
  std::optional<std::int64_t> rate_remaining;
  // Permissions or events that we need and lack, each with what to do about it.
  std::vector<std::string> missing;
};

// The state of the forge's webhooks to us: what is wrong, each with what to do about it.
struct HookHealth {
  std::vector<std::string> wrong;
  // what our account may not read, and where a person can look it up
  std::vector<std::string> unseen;
};

// Which deliveries the forge shall send again.
struct RedeliverRequest {
  absl::Time since;       // only those that it sent since then
  std::size_t limit = 0;  // at most so many
  // What was taken before this instant was lost and counts as failed; InfinitePast: nothing was.
  absl::Time lost_before = absl::InfinitePast();
  std::set<std::string> settled = {};  // ids of deliveries that are not needed any more
};

// A delivery that failed, according to the forge's log.
struct MissedDelivery {
  std::string id;                       // as Delivery::id
  std::string log_id;                   // of its last attempt in the log
  std::string event_type;               // as Delivery::event_type
  std::string project;                  // the project's id; empty if the log does not name one
  absl::Time sent = absl::UnixEpoch();  // its first attempt, by the forge's clock
  std::size_t attempts = 1;
  bool refused = false;  // the forge refuses to send it again
  friend bool operator==(const MissedDelivery&, const MissedDelivery&) = default;
};

struct Redelivered {
  std::size_t asked = 0;  // deliveries that the forge will send again now
  // Those that failed and are not settled, the earliest first, as before they were asked for.
  std::vector<MissedDelivery> missed;
};

// A delivery's request, as the forge's log kept it.
struct LoggedDelivery {
  Headers headers;
  std::string body;  // JSON, written again by the forge
};

// What our account lacks in projects, each with what to do about it. `wrong`: needed for the desk's
// work. `weaker`: needed only for a part of it.
struct AccessHealth {
  std::vector<std::string> wrong;
  std::vector<std::string> weaker;
};

class Forge {
 public:
  virtual ~Forge() = default;
  virtual const std::string& name() const = 0;

  // ---- Reading
  virtual absl::StatusOr<ForgeHealth> Check() = 0;
  // `url`: the address to which the forge's webhooks should go; empty if not configured.
  // `projects`: paths of the known projects. An app has one webhook for all of them.
  virtual absl::StatusOr<HookHealth> CheckHooks(const std::string& url,
                                                const std::vector<std::string>& projects) = 0;
  // Checks whether our account's role in `projects` is sufficient. Empty for GitHub: Check covers
  // it.
  virtual absl::StatusOr<AccessHealth> CheckAccess(const std::vector<std::string>& projects) = 0;
  // Returns whether Membership can see the hidden members of an organisation (of a GitLab group)
  // too. If false, it answers `unseen` for them. NotFound if we can see no such organisation.
  virtual absl::StatusOr<bool> SeesMembers(const RemoteTicket& at,
                                           std::string_view organization) = 0;
  // Asks the forge to send again the deliveries that failed and that nobody asked for since, the
  // oldest first. Unimplemented if the forge keeps no delivery log that our account may use.
  virtual absl::StatusOr<Redelivered> Redeliver(const RedeliverRequest& request) = 0;
  // Reads a delivery from the forge's log (MissedDelivery::log_id). NotFound: the log has it no
  // more. Unimplemented as Redeliver.
  virtual absl::StatusOr<LoggedDelivery> ReadDelivery(const std::string& log_id) = 0;
  // The account that we write as. Cached after the first call.
  virtual absl::StatusOr<Actor> Self() = 0;
  // `admin`, `maintain`, `write`, `triage`, `read` or `none`. An actor with only an id is looked
  // up.
  virtual absl::StatusOr<std::string> Permission(const RemoteTicket& at, const Actor& actor) = 0;
  // `yes`, `no`, or `unseen` if our account is not a member and cannot tell.
  virtual absl::StatusOr<std::string> Membership(const RemoteTicket& at,
                                                 std::string_view organization,
                                                 const Actor& actor) = 0;
  // The public, confirmed e-mail in lower case; empty if there is none.
  virtual absl::StatusOr<std::string> PublicEmail(const RemoteTicket& at, const Actor& actor) = 0;
  virtual absl::StatusOr<Actor> FindUser(std::string_view login) = 0;
  // Reads the opening, comments, label and state changes of a ticket. On GitHub `number` may belong
  // to either kind.
  virtual absl::StatusOr<Backfill> ReadTicket(const RemoteTicket& at) = 0;
  // One page of the tickets of the project `at`. GitHub has one list for both kinds: it is returned
  // for kIssue, and the list for kChange is empty.
  virtual absl::StatusOr<TicketPage> ListTickets(const RemoteTicket& at,
                                                 const TicketListing& listing) = 0;
  // The project's ticket with this number. On GitHub, where issues and pull requests share their
  // numbers, it may be of the other kind. NotFound if there is none or it was moved to another
  // project.
  virtual absl::StatusOr<TicketKey> FindTicket(const RemoteTicket& at) = 0;
  virtual absl::StatusOr<ProjectInfo> FindProject(std::string_view path) = 0;
  // The projects that our credentials reach and that are not archived: those an app is installed
  // on, or those of which a token's account is a member.
  virtual absl::StatusOr<std::vector<ProjectInfo>> ListProjects() = 0;
  // Returns whether `ref` (a tag, branch or commit) contains the commit. NotFound if the forge does
  // not know one of them.
  virtual absl::StatusOr<bool> Contains(const RemoteTicket& at, const std::string& ref,
                                        const std::string& commit) = 0;

  // The accounts that hold a plan of our listing, by the plan's id. Unimplemented if a forge has no
  // marketplace, or if we act with a token. NotFound if the listing has no such plan.
  virtual absl::StatusOr<std::vector<RemotePurchase>> ListPurchases(const std::string& plan) = 0;

  // Mutations are limited to one at a time per installation, with a minimum interval. Returns the
  // instant (by Clock::Steady) from which the next is allowed; InfinitePast if it is allowed now.
  virtual absl::Time NextMutationAt(const RemoteTicket& at) const = 0;

  virtual absl::StatusOr<RemoteComment> CreateComment(const RemoteTicket& at,
                                                      const std::string& body) = 0;
  virtual absl::Status UpdateComment(const RemoteTicket& at, const std::string& comment_id,
                                     const std::string& body) = 0;
  // Returns OK if the comment does not exist.
  virtual absl::Status DeleteComment(const RemoteTicket& at, const std::string& comment_id) = 0;
  // Our own comments created since `since`, the oldest first. A comment is ours if both the author
  // and the marker (or its beginning) match. Used to find comments whose creation was not
  // confirmed. A forge's list may lack new comments for a while.
  virtual absl::StatusOr<std::vector<RemoteComment>> FindOwnComments(const RemoteTicket& at,
                                                                     std::string_view marker,
                                                                     absl::Time since) = 0;
  // Creates the label, with colour and description, if the project lacks it. The result is cached.
  // InvalidArgument if the forge refuses the label.
  virtual absl::Status EnsureLabel(const RemoteTicket& at, const FaceLabel& label) = 0;
  virtual absl::Status AddLabels(const RemoteTicket& at,
                                 const std::vector<std::string>& labels) = 0;
  // Returns OK if the label is not on the ticket.
  virtual absl::Status RemoveLabel(const RemoteTicket& at, const std::string& label) = 0;
  // Skips logins that cannot be assigned.
  virtual absl::Status AddAssignees(const RemoteTicket& at,
                                    const std::vector<std::string>& logins) = 0;
  // Returns whether the login can be assigned on this ticket, as far as the forge tells in advance.
  virtual absl::StatusOr<bool> CanAssign(const RemoteTicket& at, const std::string& login) = 0;
  // Reacts to a comment (`object` as in facts; empty: the opening text). Returns the reaction's id,
  // also if our reaction existed already. NotFound if the object does not exist. Unimplemented if
  // the forge has no reactions to such objects.
  virtual absl::StatusOr<std::string> SetReaction(const RemoteTicket& at,
                                                  const FaceReaction& reaction) = 0;
  // Returns OK if the reaction does not exist.
  virtual absl::Status RemoveReaction(const RemoteTicket& at, const std::string& object,
                                      const std::string& id) = 0;
  // Shows the check `check.name` on a commit. With `id` (returned by an earlier call for the same
  // commit) it updates that check, if the forge can. Without an id it updates our check on the
  // commit if it finds one, else creates one. Returns the check's id. NotFound if the check with
  // `id` does not exist. PermissionDenied names the missing permission.
  virtual absl::StatusOr<std::string> SetCheck(const RemoteTicket& at, const RemoteCheck& check,
                                               const std::string& id) = 0;
  // Sets a commit status in the project `at`. A later one with the same name replaces it.
  // PermissionDenied names the missing permission.
  virtual absl::Status SetStatus(const RemoteTicket& at, const CommitStatus& status) = 0;
};

inline constexpr std::string_view kCheckName = "retainer/sla";
inline constexpr std::string_view kPolicyCheckName = "retainer/policy";

}  // namespace retainer
