// The port through which we read and write a forge: one object a configured forge.
//
// Calls block on the network for at most the configured time-out, never on a rate limit: a call
// made too early answers ResourceExhausted with a RetryAfter. Thread-safe.
//
// Errors, by canonical code:
//   NotFound            the thing is not there (404, 410)
//   PermissionDenied    we may not (403 that is no limit); the message names the missing
//                       permission where the forge does
//   ResourceExhausted   a rate limit (403 or 429); RetryAfter(status) says for how long
//   InvalidArgument     the forge refuses the content (400, 422)
//   Unavailable         network, time-out, 409, 5xx: try again
//   FailedPrecondition  our credentials are wrong or missing (401, which concerns the whole forge
//                       and has a RetryAfter), or the app is not installed there; says the mend
// No message holds a token, a secret or a body.
#pragma once

#include <optional>
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

namespace retainer {

// How long to wait before the next try, carried in a Status; nullopt where it says nothing.
std::optional<absl::Duration> RetryAfter(const absl::Status& status);
absl::Status WithRetryAfter(absl::Status status, absl::Duration wait);

// Where a ticket is now.
struct RemoteTicket {
  TicketKey key;
  std::string path;             // of its project
  std::string installation_id;  // GitHub App; empty: the client finds it out
};

struct RemoteComment {
  std::string id;  // the number alone: `17`
  Actor author;
  std::string body;
};

// A ticket as read from the API, with the facts that can be learnt afterwards
// (Provenance::kBackfill).
struct Backfill {
  TicketInfo ticket;
  ProjectInfo project;
  std::vector<Fact> facts;
};

// What to list of a project's tickets: those that were last updated at or after `since`, the
// earliest first, in pages of at most kTicketPage from 1 on.
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
  bool more = false;  // there are, or may be, others behind them
};

// A check run (GitHub) or commit status (GitLab) of ours.
struct RemoteCheck {
  std::string commit;
  CheckView::Verdict verdict = CheckView::Verdict::kNeutral;
  CheckText text;
  std::string url;  // where to read more; may be empty
};

struct ForgeHealth {
  Actor self;                                // who we write as
  std::optional<absl::Duration> clock_skew;  // the forge's `Date` minus our time
  std::optional<std::int64_t> rate_remaining;
  std::vector<std::string>
      missing;  // permissions or events that we need and lack, each with the mend
};

// How the forge fares with telling us: what is wrong with its webhooks to us, each with the mend.
struct HookHealth {
  std::vector<std::string> wrong;
  std::vector<std::string> unseen;  // what our account may not look at, and where a person can
};

// What our account may do in projects, each with the mend: what it lacks for the desk's work, and
// what only a part of that needs.
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
  // `url`: where the forge's webhooks should go; empty where the configuration does not say.
  // `projects`: paths of those that we know; of an app there is one webhook for all.
  virtual absl::StatusOr<HookHealth> CheckHooks(const std::string& url,
                                                const std::vector<std::string>& projects) = 0;
  // Whether our account's role in `projects` suffices. Of GitHub nothing: Check tells.
  virtual absl::StatusOr<AccessHealth> CheckAccess(const std::vector<std::string>& projects) = 0;
  // Whether Membership can tell the hidden members of an organisation (of a GitLab group) too:
  // false means that it answers `unseen` for them. NotFound where no such organisation is to be
  // seen.
  virtual absl::StatusOr<bool> SeesMembers(const RemoteTicket& at,
                                           std::string_view organization) = 0;
  // Has the forge send again what it sent since `since`, nobody took, and was not asked for again
  // since: at most `limit`, the oldest first. How many. Unimplemented where the forge keeps no log
  // that our account may use.
  virtual absl::StatusOr<std::size_t> Redeliver(absl::Time since, std::size_t limit) = 0;
  // Who we write as; asked once, then remembered.
  virtual absl::StatusOr<Actor> Self() = 0;
  // `admin`, `maintain`, `write`, `triage`, `read` or `none`. An actor with an id alone is looked
  // up.
  virtual absl::StatusOr<std::string> Permission(const RemoteTicket& at, const Actor& actor) = 0;
  // `yes`, `no`, or `unseen` where our account is not a member and cannot tell.
  virtual absl::StatusOr<std::string> Membership(const RemoteTicket& at,
                                                 std::string_view organization,
                                                 const Actor& actor) = 0;
  // The public, confirmed e-mail in lower case; empty where there is none.
  virtual absl::StatusOr<std::string> PublicEmail(const RemoteTicket& at, const Actor& actor) = 0;
  virtual absl::StatusOr<Actor> FindUser(std::string_view login) = 0;
  // The opening, comments, label and state changes of a ticket. `number` may be of either kind on
  // GitHub.
  virtual absl::StatusOr<Backfill> ReadTicket(const RemoteTicket& at) = 0;
  // A page of the tickets of the project `at`. GitHub has one list for both kinds: it is that of
  // issues, and that of changes is empty.
  virtual absl::StatusOr<TicketPage> ListTickets(const RemoteTicket& at,
                                                 const TicketListing& listing) = 0;
  // The project's ticket of that number: of GitHub's, whose issues and pull requests share them, it
  // may be of the other kind. NotFound where there is none, also where it went to another project.
  virtual absl::StatusOr<TicketKey> FindTicket(const RemoteTicket& at) = 0;
  virtual absl::StatusOr<ProjectInfo> FindProject(std::string_view path) = 0;
  // Is the commit part of what `ref` (a tag, a branch or a commit) points to? NotFound where the
  // forge does not know one of them.
  virtual absl::StatusOr<bool> Contains(const RemoteTicket& at, const std::string& ref,
                                        const std::string& commit) = 0;

  // ---- Writing
  // One mutation at a time for each installation, spaced; the instant (by Clock::Steady) from which
  // the next is allowed, InfinitePast where nothing holds it up.
  virtual absl::Time NextMutationAt(const RemoteTicket& at) const = 0;

  virtual absl::StatusOr<RemoteComment> CreateComment(const RemoteTicket& at,
                                                      const std::string& body) = 0;
  virtual absl::Status UpdateComment(const RemoteTicket& at, const std::string& comment_id,
                                     const std::string& body) = 0;
  // NotFound counts as done.
  virtual absl::Status DeleteComment(const RemoteTicket& at, const std::string& comment_id) = 0;
  // Our own comments (by author *and* marker, or a marker's beginning) among those created since
  // `since`, the oldest first. For whatever may have been created without our knowing. A list may
  // lack for a while what was created just now.
  virtual absl::StatusOr<std::vector<RemoteComment>> FindOwnComments(const RemoteTicket& at,
                                                                     std::string_view marker,
                                                                     absl::Time since) = 0;
  // Creates labels that the project lacks, with colour and description. Remembered. InvalidArgument
  // where the forge refuses such a label.
  virtual absl::Status EnsureLabel(const RemoteTicket& at, const FaceLabel& label) = 0;
  virtual absl::Status AddLabels(const RemoteTicket& at,
                                 const std::vector<std::string>& labels) = 0;
  // A label that is not on the ticket counts as taken off.
  virtual absl::Status RemoveLabel(const RemoteTicket& at, const std::string& label) = 0;
  // Logins that cannot be assigned are passed over.
  virtual absl::Status AddAssignees(const RemoteTicket& at,
                                    const std::vector<std::string>& logins) = 0;
  // Can the login be assigned on this ticket, as far as the forge tells beforehand?
  virtual absl::StatusOr<bool> CanAssign(const RemoteTicket& at, const std::string& login) = 0;
  // Reacts to a comment (`object` as in facts; empty: the opening text). Returns the reaction's id,
  // also of one of ours that is there already. NotFound where the object is gone, Unimplemented
  // where the forge takes no reactions to such a thing.
  virtual absl::StatusOr<std::string> SetReaction(const RemoteTicket& at,
                                                  const FaceReaction& reaction) = 0;
  // One that is gone counts as taken away.
  virtual absl::Status RemoveReaction(const RemoteTicket& at, const std::string& object,
                                      const std::string& id) = 0;
  // Shows the check `retainer/sla` on a commit: in the place of the one with the id that an earlier
  // call returned for the same commit (where the forge can), without an id in that of one that we
  // are found to have there, else anew. Returns its id. NotFound where that one is gone,
  // PermissionDenied with the right that is missing.
  virtual absl::StatusOr<std::string> SetCheck(const RemoteTicket& at, const RemoteCheck& check,
                                               const std::string& id) = 0;
};

inline constexpr std::string_view kCheckName = "retainer/sla";

}  // namespace retainer
