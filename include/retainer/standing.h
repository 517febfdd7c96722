// Standing: everything that follows from a ticket's facts, the history of terms and the present
// time.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/time/time.h"
#include "retainer/calendar.h"
#include "retainer/fact.h"
#include "retainer/ids.h"
#include "retainer/names.h"
#include "retainer/policy.h"

namespace retainer {

enum class Role : std::uint8_t { kBot, kCustomer, kResponder, kCommunity, kUnknown };
std::string_view RoleName(Role role);

// Ordered from best to worst: a ticket shows the highest state of its clocks as its worst.
// Persisted in indexes: numbers never change.
enum class ClockState : std::uint8_t {
  kCancelled = 1,
  kExcused = 2,
  kMet = 3,
  kPending = 4,  // not started yet
  kPaused = 5,
  kRunning = 6,
  kMissed = 7,  // stopped, but too late
  kAtRisk = 8,
  kBreached = 9,  // the due instant has passed and the cycle is still open
};
std::string_view ClockStateName(ClockState state);  // `at_risk`
std::optional<ClockState> ParseClockState(std::string_view name);

// A breach is told and shown this long after the due instant, so that a reply that is just being
// written does not count as one.
inline constexpr absl::Duration kBreachGrace = absl::Seconds(60);

// How far a ticket has come, in the six steps of the practice. Persisted: numbers never change.
enum class Stage : std::uint8_t {
  kReceived = 1,
  kAssessed = 2,    // a responder acted on it: whose it is and how urgent is settled
  kAnalysed = 3,    // a responder gave an answer with substance
  kSolution = 4,    // a responder declared a workaround
  kCarriedOut = 5,  // closed
  kReviewed = 6,    // closed, and its customer rated it or 14 days passed
};
std::string_view StageName(Stage stage);  // `carried_out`
// From a closing to kReviewed.
inline constexpr absl::Duration kReviewTime = absl::Hours(14 * 24);

enum class Outcome : std::uint8_t { kOpen, kMet, kMissed, kCancelled, kExcused };
std::string_view OutcomeName(Outcome outcome);  // `met`

// `Cycle::note` of a cycle that was cancelled because the ticket was closed without an answer.
// Figures count these cycles separately.
inline constexpr std::string_view kClosedUnanswered = "closed unanswered";

enum class NoticeKind : std::uint8_t {
  kWarning = 1,
  kBreach = 2,
  kEscalation = 3,
  kBreachWithdrawn = 4,
  kMention = 5,   // an escalation that mentions the teams' members on the ticket
  kHandOver = 6,  // the ticket passed from one responder to another
  kClosed = 7,
  // About a customer, not about a ticket:
  kHoursLow = 8,      // a block of hours is nearly used up
  kAllowanceLow = 9,  // an allowance of the month is nearly used up
  kTermEnding = 10,   // a customer's last term ends soon
  // About a ticket: a customer gave it one of the two lowest marks.
  kLowRating = 11,
  // About a week, see stands_out.h.
  kStandsOut = 12,
};
// True if notices of the kind are about a customer: their `ticket` is empty.
bool IsAboutCustomer(NoticeKind kind);
// True if notices of the kind are about a ticket. The `ticket` of all others is empty.
bool IsAboutTicket(NoticeKind kind);
std::string_view NoticeKindName(NoticeKind kind);

// A time in which a clock stood still, with the ids of the facts that began and ended it.
struct Standstill {
  Interval span;  // the end is infinite while it lasts
  std::string begin_fact;
  std::string end_fact;
  friend bool operator==(const Standstill&, const Standstill&) = default;
};

// A part of a cycle under one set of terms. A cycle whose terms never changed has no stretches.
struct Stretch {
  absl::Time from;  // lasts until the next stretch begins
  // What changed: `priority P1`, `policy 3f2a`, or a claim that arrived. Empty for the first
  // stretch.
  std::string why;
  std::shared_ptr<const Promise> promise;  // never null
  absl::Duration elapsed;                  // open time of the cycle when the stretch began
  // Rule 9 (src/core/RULES.md): the cycle is due at the earliest of its legs. A stretch has no leg
  // if a later stretch replaced it or if the cycle was already overdue.
  bool has_leg = false;
  absl::Duration open;  // the leg's open time, counted from `from`
  absl::Time due = absl::InfiniteFuture();
};

struct Cycle {
  absl::Time started;
  // The fact that started it, one of the standing's facts. Nullptr if no single fact did.
  const Fact* start_fact = nullptr;
  std::optional<absl::Time> stopped;  // nullopt exactly while outcome is kOpen
  const Fact* stop_fact = nullptr;
  std::shared_ptr<const Promise> promise;          // in force now or at the stop; never null
  absl::Time due = absl::InfiniteFuture();         // infinite while a pause has no end
  absl::Time at_risk_at = absl::InfiniteFuture();  // infinite when it has stopped
  bool paused_now = false;
  // Disjoint, in order, within the cycle. The last one may have no end.
  std::vector<Interval> pauses;
  absl::Duration elapsed;  // open time from the start to the stop or now
  Outcome outcome = Outcome::kOpen;
  std::string note;  // why it was cancelled or excused: `closed unanswered`, …
  // Times between a stop and a restart: the ticket was closed and reopened.
  std::vector<Standstill> resumed;
  std::vector<Stretch> stretches;  // ordered by time
  // It was broken under earlier terms or on another ticket. That due instant stays.
  bool due_stands = false;
  // False if it ended before the ticket was transferred to this project: the figures of the earlier
  // ticket already count it.
  bool counted = true;
};

// A notice that will be made for an open cycle at `at`, unless the cycle ends before.
struct Coming {
  absl::Time at;
  NoticeKind kind = NoticeKind::kWarning;
  double fraction = 1.0;  // of the target
  friend bool operator==(const Coming&, const Coming&) = default;
};

struct PromiseClock {
  Metric metric = Metric::kFirstResponse;
  PromiseKind kind = PromiseKind::kCommitment;
  ClockState state = ClockState::kPending;
  std::vector<Cycle> cycles;    // ordered by start; the last one may be open
  std::vector<Coming> to_come;  // ordered by time; all after now
  // What it measures had ended before Retainer covered the project: never counted.
  bool before_adoption = false;
};

struct ClaimStanding {
  std::string customer;  // id
  absl::Time since;
  // Why this ticket is theirs, for explain: `opened by github:dave, a contact of acme`.
  std::string reason;
  std::string plan;
  bool trial = false;    // the plan is held as a trial
  std::string request;   // kind of request whose promises count; empty: those of the plan
  std::string priority;  // in force
  std::string priority_reason;
  // In the order of kAllMetrics. Only metrics that were promised at some time.
  std::vector<PromiseClock> clocks;
  // The claim was released or moved away. Its clocks have ended.
  bool released = false;
  // Somebody escalated the claim by hand, whether or not people were told already.
  bool escalated_by_hand = false;
  // When people will be told of the escalation by hand. Nullopt if that is not still to come.
  std::optional<absl::Time> by_hand_told_at;
};

struct RoleStanding {
  Actor actor;
  Role role = Role::kUnknown;
  std::string reason;
  // Ids of the customers whose contact the actor is, as far as the role and its reason reveal it.
  std::vector<std::string> contact_of = {};
};

// Something that only the forge knows. The caller asks the forge, adds the answer as a fact and
// evaluates again.
struct Question {
  // Persisted: numbers never change.
  enum class Kind : std::uint8_t {
    kOpening = 0,
    kPermission = 1,
    kMembership = 2,
    kProfile = 3,
    kReference = 4,
    kOwner = 5,  // whose a login of the policy is: the shell's own, answered by a pin
  };
  Kind kind = Kind::kOpening;
  Actor actor;
  std::string organization;
  std::string reference = {};  // same format as the subject of a kReference fact
  friend auto operator<=>(const Question&, const Question&) = default;
};

// Prefix of the ids of escalations that people asked for.
inline constexpr std::string_view kEscalationByHand = "escalation by-hand ";
// The ids of notices that ask how it was.
inline constexpr std::string_view kAskToRate = "mention feedback ";

// Something to tell people once. The id is stable: the same cause gives the same id whenever it is
// computed. A mention is a separate notice beside that of the escalation. It is made only of what
// outsiders may know, because outsiders can read it.
//
// One cause can be told again after it was taken back. Each telling has its own name (TellingName).
// From the first try on a telling never changes: each repetition sends the notice that the store
// holds.
struct Notice {
  std::string id;
  NoticeKind kind = NoticeKind::kWarning;
  TicketKey ticket;
  std::string customer;
  Metric metric = Metric::kFirstResponse;
  absl::Time at;   // when to tell it
  absl::Time due;  // infinite: not about a promise
  std::vector<std::string> teams;
  std::string text;        // one line for a log or a chat
  bool is_private = true;  // the customer is private
  // Set if this notice takes others back: the names of the tellings that were wrong. When it was
  // told, the causes of those tellings count as never told, so that a later breach is told again.
  std::vector<std::string> withdraws;
  // The ticket's readable name and its page at the time of the decision. Empty: unknown.
  std::string ref = {};
  std::string url = {};
  // The run of a promise that this notice belongs to, and its step in it. Steps rise: a warning,
  // the breach, escalations. Empty: not a step of a run.
  std::string run = {};
  std::uint32_t step = 0;
  // The number of earlier tellings of the same cause. The store counts them.
  std::uint32_t telling = 0;
  // When the first try began: since then somebody may have received it.
  std::optional<absl::Time> told_since = {};
  // The customer's ids in other systems (Customer::crm), at the time of the decision.
  std::map<std::string, std::string> crm = {};
};

// The name of a telling: the notice's id for the first one, then with ` #2`, ` #3`, … appended.
std::string TellingName(const Notice& notice);
// The notice id in a telling's name.
std::string CauseOfTelling(std::string_view name);

// A person's input that was refused, and why.
struct Refusal {
  Actor actor;
  std::string fact_id;
  std::string what;  // `priority P1`
  // For the refused person; holds nobody's data: `the plan of this ticket has no P1`.
  std::string reason;
  std::string label;  // the label to take off, if the input was a label
  // The customer whose contact was refused. Empty for a stranger, who gets no answer.
  std::string customer;
  absl::Time at;
  // The end of the message. A mistyped command is shown for at most a day, and only until its
  // author gives another command.
  absl::Time until = absl::InfiniteFuture();
  // The person is a responder and typed it where everybody can read it.
  bool by_responder = false;
  bool mistyped = false;
};

// The result of the commands in one comment, or in the opening text.
struct Acknowledgement {
  std::string object;    // `comment/17`, `note/9`; empty: the opening text
  bool refused = false;  // true: at least one was refused; false: all were carried out
  std::string customer;  // the customer whose contact gave them; empty for a responder
  bool by_responder = false;
  friend bool operator==(const Acknowledgement&, const Acknowledgement&) = default;
};

// A label that the ticket should have: it says the same as the command (or form answer, or operator
// command) in force and is not on the ticket. No person has touched a label of its kind since, and
// Retainer has not set it yet.
struct LabelWish {
  enum class Kind : std::uint8_t { kPriority, kWaiting, kWorkaround };
  Kind kind = Kind::kPriority;
  std::string name;
  std::string priority;  // kPriority
  friend bool operator==(const LabelWish&, const LabelWish&) = default;
};

struct Waiting {
  bool now = false;
  absl::Time since = absl::InfinitePast();
  // Object id of the responder's comment that asked (`comment/17`). Empty if there is none.
  std::string question;
  // The waiting has ended but its label is still on: take it off. `ended_by_author`: the ticket's
  // author ended the waiting, which an outsider can see too.
  bool label_is_stale = false;
  bool ended_by_author = false;
};

// A ticket that would be a customer's, but is over the allowance of its plan.
struct OverAllowance {
  std::string customer;
  std::string plan;
  std::string reason;  // `2 of 2 open P1 tickets are used`
  absl::Time since;
  friend bool operator==(const OverAllowance&, const OverAllowance&) = default;
};

// A responder's command that logs work for a customer, and that nobody has answered yet (see
// FactKind::kWorkAnswered).
struct WorkCommand {
  std::string subject;  // as in kWorkAnswered
  std::string customer;
  Actor by;
  absl::Time at;
  int minutes = 0;
  std::string text;     // what was done
  bool hidden = false;  // the customer is private
  // It is private, and others than those who may know it can read the command.
  bool readable = false;
  friend bool operator==(const WorkCommand&, const WorkCommand&) = default;
};

// What a customer said about a ticket when it was over. The last answer counts.
struct Rating {
  std::string customer;  // id
  int mark = 0;          // 1 is the worst
  int scale = 5;         // the best
  std::string text;      // may be empty
  std::string by;        // for people: `github:dave`, or who acted on a page
  absl::Time at;
  std::string fact;  // id of the fact that said it
  // False: somebody said it who has the link, and who was not signed in as a contact. It counts in
  // no figure, and a contact's own answer is never replaced by it.
  bool verified = true;
  // What the team made of it.
  std::vector<std::string> kinds;  // of kFeedbackKinds, sorted
  std::optional<absl::Time> done;  // followed up
  std::string done_by;             // who, and what they noted
  friend bool operator==(const Rating&, const Rating&) = default;
};
inline constexpr std::array<std::string_view, 5> kFeedbackKinds = {"defect", "docs", "product",
                                                                   "speed", "training"};
// A mark of so much or less is low.
inline constexpr int kLowMark = 2;

struct Standing {
  TicketKey ticket;
  FactSet facts;  // what it is computed from; cycles point into them
  // First versions of comments of which only a later edit is known. Cycles point into these too.
  std::vector<std::shared_ptr<const Fact>> inferred;
  bool opened = false;  // the opening is known
  bool open = true;     // on the forge
  bool gone = false;    // deleted or moved away
  bool confidential = false;
  // Where the claims went. ToString(TicketKey) if the forge itself says so. For a command: `#12` or
  // `!12` of the same project, as a person wrote it. On GitHub, issues and pull requests share
  // their numbers, so `#12` can be either. On GitLab `#` is an issue and `!` a merge request.
  std::string successor;
  std::string successor_key;  // ToString(TicketKey) of the successor
  // The claims that move to `successor`, in the core's text form: the value of its kArrived fact.
  // Empty if none move.
  std::string carried;
  absl::Time moved_at = absl::InfiniteFuture();
  Actor author;
  absl::Time opened_at = absl::InfiniteFuture();
  std::vector<ClaimStanding> claims;  // ordered by customer; in force and released
  std::vector<OverAllowance> over;    // ordered by customer; no claim of these is in force
  // The community's clocks, if no claim is in force. Reported, never shown.
  std::vector<PromiseClock> objectives;
  std::vector<RoleStanding> roles;  // ordered by actor, as of now
  // Sorted ids of customers whose contacts include a person who may write here but therefore does
  // not count as a responder.
  std::vector<std::string> other_customers;
  Waiting waiting;
  std::vector<Standstill> waits;       // times of waiting for the customer, ordered by time
  std::vector<std::string> labels;     // on the ticket now, sorted
  std::vector<std::string> assignees;  // logins on the ticket now, sorted
  // logins that an `assign` command named and that are still wanted, sorted
  std::vector<std::string> assign_requests;
  std::string answered_by;  // login of the responder who last answered in public
  // Since when a customer waits for a word of ours; on a ticket without a claim: its author, until
  // somebody answers. Nullopt: nobody does.
  std::optional<absl::Time> asked_since;
  std::vector<Refusal> refusals;              // ordered by time
  std::vector<Acknowledgement> acknowledged;  // ordered by object
  std::vector<WorkCommand> work;              // ordered by time
  std::vector<Rating> ratings;                // ordered by customer, at most one each
  std::vector<LabelWish> label_wishes;        // ordered by kind
  // Labels to take off: they contradict what is in force, and a command made them stale or Retainer
  // set them. Sorted.
  std::vector<std::string> stale_labels;
  std::vector<Notice> notices;      // all whose time has come, ordered by id
  std::vector<Question> questions;  // sorted; Decide holds back what depends on them
  // A person deleted our status comment and nobody gave an `sla` command since.
  bool comment_deleted_by_hand = false;
  // The same, but only a responder's `sla` command counts: used for a ticket without a public
  // claim.
  bool comment_deleted_for_all = false;
  std::vector<std::string> own_comments;  // object ids, sorted
  // Our labels that people took off (folded, names.h), and how often.
  std::map<std::string, int> removed_by_hand;
  bool label_restore_exhausted(const std::string& label) const {
    auto it = removed_by_hand.find(FoldName(label));
    return it != removed_by_hand.end() && it->second > 1;
  }
  std::vector<Interval> closed;  // times in which it was closed; the last one may have no end
  // As far as it is known: on a ticket without a claim nobody's role is asked for.
  Stage stage = Stage::kReceived;
  absl::Time stage_since = absl::InfiniteFuture();  // infinite: the opening is unknown
  std::optional<ClockState> worst;                  // of the claims in force
  // The earliest due instant among open cycles of the claims in force.
  std::optional<absl::Time> next_due;
  // The next instant at which the standing or the face changes by time alone.
  absl::Time next_wake = absl::InfiniteFuture();
  std::string terms_id;  // the policy version in force
  // What an operator should know, for example a login with two ids or a time ahead of receipt.
  std::vector<std::string> flags;
};

}  // namespace retainer
