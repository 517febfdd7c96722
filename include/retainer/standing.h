// Everything that follows from a ticket's facts, the history of terms and the present time.
#pragma once

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

// In rising order of what a ticket shows as its worst. Persisted in indexes: numbers never change.
enum class ClockState : std::uint8_t {
  kCancelled = 1,
  kExcused = 2,
  kMet = 3,
  kPending = 4,  // not started yet
  kPaused = 5,
  kRunning = 6,
  kMissed = 7,  // answered, too late
  kAtRisk = 8,
  kBreached = 9,  // due has passed and it is still open
};
std::string_view ClockStateName(ClockState state);  // `at_risk`
std::optional<ClockState> ParseClockState(std::string_view name);

// A breach is announced, and shown, this long after the due instant, so that a reply under way is
// not insulted.
inline constexpr absl::Duration kBreachGrace = absl::Seconds(60);

enum class Outcome : std::uint8_t { kOpen, kMet, kMissed, kCancelled, kExcused };
std::string_view OutcomeName(Outcome outcome);  // `met`

// `Cycle::note` of what a close without an answer cancelled: an outcome of its own in all figures.
inline constexpr std::string_view kClosedUnanswered = "closed unanswered";

enum class NoticeKind : std::uint8_t {
  kWarning = 1,
  kBreach = 2,
  kEscalation = 3,
  kBreachWithdrawn = 4,
  kMention = 5,   // an escalation whose teams' members are to be mentioned on the ticket
  kHandOver = 6,  // the ticket went from one responder to another
  kClosed = 7,
};
std::string_view NoticeKindName(NoticeKind kind);

// Why a clock stood still for a while: the facts that began and ended it, by id.
struct Standstill {
  Interval span;  // its end is infinite while it lasts
  std::string begin_fact;
  std::string end_fact;
  friend bool operator==(const Standstill&, const Standstill&) = default;
};

// A part of a cycle under one set of terms. Where terms never changed within a cycle it has none.
struct Stretch {
  absl::Time from;  // until the next one begins
  std::string
      why;  // what changed: `priority P1`, `policy 3f2a`, a claim that came; empty: the first
  std::shared_ptr<const Promise> promise;  // never null
  absl::Duration elapsed;                  // of the cycle when it began
  // Rule 9: the cycle is due at the earliest of its legs. A stretch without one gives none: another
  // replaced it, or what was due was broken before.
  bool has_leg = false;
  absl::Duration open;  // open time after `from`
  absl::Time due = absl::InfiniteFuture();
};

struct Cycle {
  absl::Time started;
  const Fact* start_fact = nullptr;   // of the standing's facts; nullptr where no single one did
  std::optional<absl::Time> stopped;  // set unless outcome is kOpen
  const Fact* stop_fact = nullptr;
  std::shared_ptr<const Promise> promise;          // in force now, or at the stop; never null
  absl::Time due = absl::InfiniteFuture();         // infinite while a pause has no end
  absl::Time at_risk_at = absl::InfiniteFuture();  // infinite once it has stopped
  bool paused_now = false;
  std::vector<Interval>
      pauses;              // disjoint, in order, within the cycle; the last one may be open-ended
  absl::Duration elapsed;  // open time until the stop or now
  Outcome outcome = Outcome::kOpen;
  std::string note;                 // why it was cancelled or excused: `closed unanswered`, …
  std::vector<Standstill> resumed;  // it had stopped and went on: a ticket closed and reopened
  std::vector<Stretch> stretches;   // by time
  // It was broken before the terms changed or on another ticket, and that due instant stands.
  bool due_stands = false;
  // False where it ended before the ticket came here by a transfer: the figures of the ticket that
  // it was have it.
  bool counted = true;
};

// What is told of an open cycle when its instant comes, if nothing ends it before.
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
  std::vector<Cycle> cycles;    // by start; the last one may be open
  std::vector<Coming> to_come;  // by time; after now
  bool before_adoption =
      false;  // what it measures was over before Retainer was here: never counted
};

struct ClaimStanding {
  std::string customer;  // id
  absl::Time since;
  std::string
      reason;  // why this ticket is theirs, for explain: `opened by github:dave, a contact of acme`
  std::string plan;
  std::string priority;  // in force
  std::string priority_reason;
  std::vector<PromiseClock>
      clocks;             // in the order of kAllMetrics; only metrics that were ever promised
  bool released = false;  // released or moved away: its clocks are finished
  bool escalated_by_hand = false;  // told yet or not
  // When the people that an escalation by hand calls are told of it, where that is still to come.
  std::optional<absl::Time> by_hand_told_at;
};

struct RoleStanding {
  Actor actor;
  Role role = Role::kUnknown;
  std::string reason;
  // Ids of the customers of whom the role and its reason say that the actor is their contact.
  std::vector<std::string> contact_of = {};
};

// Something that only the forge knows. The shell asks, adds the answer as a fact and evaluates
// again.
struct Question {
  enum class Kind : std::uint8_t { kOpening, kPermission, kMembership, kProfile, kReference };
  Kind kind = Kind::kOpening;
  Actor actor;
  std::string organization;
  std::string reference = {};  // as the subject of a kReference fact
  friend auto operator<=>(const Question&, const Question&) = default;
};

// The ids of escalations that people asked for begin so.
inline constexpr std::string_view kEscalationByHand = "escalation by-hand ";

// Told to people once. The id is stable: the same cause gives the same id however often it is
// computed. A mention is a notice of its own beside the escalation's: it is written where outsiders
// read, so it is made of what they may know.
//
// One cause may be told again after it was taken back. Each telling has a name of its own
// (TellingName), and from the first try on it says the same in every repetition: what waits in the
// store is what is told.
struct Notice {
  std::string id;
  NoticeKind kind = NoticeKind::kWarning;
  TicketKey ticket;
  std::string customer;
  Metric metric = Metric::kFirstResponse;
  absl::Time at;   // when it is to be told
  absl::Time due;  // infinite: it speaks of no promise
  std::vector<std::string> teams;
  std::string text;        // one line for a log or a chat
  bool is_private = true;  // of a private customer
  // Set where the notice takes back: the names of the tellings that were in error. Once it is told
  // their causes are as if they had never been, so that a breach that comes after all is told.
  std::vector<std::string> withdraws;
  // How people call the ticket, and where they find it (empty: not known), when this was decided.
  std::string ref = {};
  std::string url = {};
  // Steps of one run of a promise rise: a warning, the breach, escalations. Empty: it is no step.
  std::string run = {};
  std::uint32_t step = 0;
  // How many tellings of the same cause there were before: the store counts.
  std::uint32_t telling = 0;
  // The first try: from here on somebody may have heard it.
  std::optional<absl::Time> told_since = {};
};

// The name of a telling: of a cause's first one the notice's id, later ones have ` #2`, ` #3`, …
std::string TellingName(const Notice& notice);
// The notice's id that a telling's name belongs to.
std::string CauseOfTelling(std::string_view name);

// A person's input that was not accepted, and why.
struct Refusal {
  Actor actor;
  std::string fact_id;
  std::string what;      // `priority P1`
  std::string reason;    // for the refused person, without anybody's data: `the plan of this ticket
                         // has no P1`
  std::string label;     // the label to take off, if it was one
  std::string customer;  // whose contact was refused; empty for a stranger, who gets no answer
  absl::Time at;
  // A mistyped command is told for a day at most, and only until its author gives another one.
  absl::Time until = absl::InfiniteFuture();
  // It is told to a responder, who typed it where everybody reads it.
  bool by_responder = false;
  bool mistyped = false;
};

// What became of the commands that stand in a comment, or in the opening text.
struct Acknowledgement {
  std::string object;    // `comment/17`, `note/9`; empty: the opening text
  bool refused = false;  // one of them, at least; else all were carried out
  std::string customer;  // whose contact gave them; empty for a responder
  bool by_responder = false;
  friend bool operator==(const Acknowledgement&, const Acknowledgement&) = default;
};

// A label that says the same as the command (form, operator's word) in force, and is not on the
// ticket. Nobody's hand has touched labels of its kind since, and we have not set it yet.
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
  std::string
      question;  // object id of the responder's comment that asked (`comment/17`), empty where none
  // The waiting label is still on although the waiting has ended: take it off. `by_author`: the
  // ticket's author ended it, which an outsider can see for himself.
  bool label_is_stale = false;
  bool ended_by_author = false;
};

struct Standing {
  TicketKey ticket;
  FactSet facts;  // that it follows from; cycles point to them
  // First versions of comments that are known by a later edit only; cycles point to them too.
  std::vector<std::shared_ptr<const Fact>> inferred;
  bool opened = false;  // the opening is known
  bool open = true;     // on the forge
  bool gone = false;    // deleted or moved away
  bool confidential = false;
  // Where the claims went: ToString(TicketKey) for what the forge itself says; for a command `#12`
  // or `!12` of the same project as people write it. On GitHub, whose issues and pull requests
  // share their numbers, `#12` may be either; on GitLab `#` is an issue and `!` a merge request.
  std::string successor;
  std::string successor_key;  // ToString(TicketKey) of it
  // The claims that move to `successor`, in core's own text form: the value of its kArrived fact.
  // Empty where none does.
  std::string carried;
  absl::Time moved_at = absl::InfiniteFuture();
  Actor author;
  absl::Time opened_at = absl::InfiniteFuture();
  std::vector<ClaimStanding> claims;  // by customer; those in force and those released
  std::vector<PromiseClock>
      objectives;  // community's own clocks where no claim is in force: reported, never shown
  std::vector<RoleStanding> roles;  // by actor, as of now
  // Ids of customers because of whose contacts somebody who may write here is no responder; sorted.
  std::vector<std::string> other_customers;
  Waiting waiting;
  std::vector<Standstill> waits;              // for the customer, by time
  std::vector<std::string> labels;            // on the ticket now, sorted
  std::vector<std::string> assignees;         // logins on the ticket now, sorted
  std::vector<std::string> assign_requests;   // logins that `assign` named, sorted, still wanted
  std::string answered_by;                    // login of the responder who last answered in public
  std::vector<Refusal> refusals;              // by time
  std::vector<Acknowledgement> acknowledged;  // by object
  std::vector<LabelWish> label_wishes;        // by kind
  // Labels on the ticket that say otherwise than what is in force, and that a command made stale or
  // that are ours to take off; sorted.
  std::vector<std::string> stale_labels;
  std::vector<Notice> notices;           // all whose time has come, by id
  std::vector<Question> questions;       // sorted; Decide holds back what hangs on them
  bool comment_deleted_by_hand = false;  // our status comment, and no `sla` command since
  // The same, where only a responder's `sla` counts: what a ticket without a public claim goes by.
  bool comment_deleted_for_all = false;
  std::vector<std::string> own_comments;  // object ids, sorted
  std::map<std::string, int>
      removed_by_hand;  // our labels that people took off, folded (names.h), and how often
  bool label_restore_exhausted(const std::string& label) const {
    auto it = removed_by_hand.find(FoldName(label));
    return it != removed_by_hand.end() && it->second > 1;
  }
  std::optional<ClockState> worst;  // of the claims in force
  std::optional<absl::Time>
      next_due;  // the earliest due instant of an open cycle of a claim in force
  absl::Time next_wake =
      absl::InfiniteFuture();  // the next instant at which standing or face changes by time alone
  std::string terms_id;        // the policy version in force
  std::vector<std::string>
      flags;  // what an operator should know: a login with two ids, a time ahead of receipt
};

}  // namespace retainer
