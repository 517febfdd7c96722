// TicketRecord: a ticket without its facts. Lists, the gate and figures are answered from it.
//
// Plain values and pure functions; thread-safe. States that change with time alone (at risk,
// breached) are not stored. They are computed from instants, so that no answer is older than its
// question.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/time/time.h"
#include "retainer/change.h"
#include "retainer/event.h"
#include "retainer/fact.h"
#include "retainer/hidden_owed.h"
#include "retainer/ids.h"
#include "retainer/policy.h"
#include "retainer/standing.h"

namespace retainer {

// The open cycle of a clock.
struct OpenPromise {
  Metric metric = Metric::kFirstResponse;
  PromiseKind kind = PromiseKind::kCommitment;
  bool paused = false;
  // Both are infinite while a pause has no end.
  absl::Time at_risk_at = absl::InfiniteFuture();
  absl::Time due = absl::InfiniteFuture();
  friend bool operator==(const OpenPromise&, const OpenPromise&) = default;
};

// A claim in force.
struct ClaimRecord {
  std::string customer;
  std::string plan;
  std::string priority;
  bool trial = false;   // see ClaimStanding
  std::string request;  // see ClaimStanding
  // The worst state among its clocks that have no open cycle.
  std::optional<ClockState> settled;
  std::vector<OpenPromise> promises;
  bool hidden = false;  // the customer was private at the last decision
  friend bool operator==(const ClaimRecord&, const ClaimRecord&) = default;
};

// How cycles ended. Persisted: numbers never change.
enum class Ending : std::uint8_t {
  kMet = 1,
  kMissed = 2,
  kCancelled = 3,
  kExcused = 4,
  kUnanswered = 5,  // cancelled by a close without an answer; counted separately
};

// The number of a ticket's finished cycles with equal properties.
struct EndingCount {
  std::string customer;
  Metric metric = Metric::kFirstResponse;
  Ending ending = Ending::kMet;
  std::int32_t day = 0;  // of the stop: days in UTC since 1970
  // TookStep of the open time, for a first response that was met or missed; else 0.
  std::uint8_t took = 0;
  std::uint32_t count = 0;
  bool trial = false;  // of a claim on trial: figures count these apart
  friend bool operator==(const EndingCount&, const EndingCount&) = default;
};

// A promise as outsiders may know it: only claims of public customers, and nothing of a
// confidential ticket.
struct PublicPromise {
  Metric metric = Metric::kFirstResponse;
  PromiseKind kind = PromiseKind::kCommitment;
  ClockState state = ClockState::kPending;  // as shown at the last decision
  absl::Time due = absl::InfiniteFuture();  // infinite if it is finished or paused
  friend bool operator==(const PublicPromise&, const PublicPromise&) = default;
};

// The part of a record that only a change has: one that says, or once said, that it fixes tickets.
struct ChangeRecord {
  ChangeState state = ChangeState::kOpen;
  std::string base;
  std::string head;
  std::string merge;
  std::vector<TicketKey> fixes;  // tickets of known projects; sorted
  bool checked = false;          // it once needed a check with promises
  friend bool operator==(const ChangeRecord&, const ChangeRecord&) = default;
};

// When a new face is shown. Persisted: numbers never change.
enum class FaceTurn : std::uint8_t {
  kKeep = 0,     // at once, or in its place if it already waits in the backlog
  kNow = 1,      // at once: something has just happened on the ticket
  kBacklog = 2,  // in its turn, at the dispatcher's steady rate
};

// Whose turn it is on a ticket. Persisted in indexes: numbers never change.
enum class Turn : std::uint8_t {
  kOurs = 1,       // a customer waits for a word of ours
  kCustomers = 2,  // we wait for the customer
  kAnybodys = 3,   // a ticket without a claim waits for an answer
};

// The open questions of a ticket's last decision.
struct OpenQuestions {
  std::vector<Question> everybody;  // the outsiders' view depends on them
  std::vector<Question> hidden;     // only for the sake of private customers
  // The asker is to ask them now. Otherwise they are asked when the ticket wakes up.
  bool ask_everybody = false;
  bool ask_hidden = false;
  // The facts are in the ticket, but what follows from them is decided after the forge was asked.
  bool held = false;
  // While held: when the face is shown, and the ids of the facts that were not decided on yet.
  FaceTurn turn = FaceTurn::kKeep;
  std::vector<std::string> joined;
  friend bool operator==(const OpenQuestions&, const OpenQuestions&) = default;
};

// `version` is the version counter for the optimistic lock: it rises by one with every change. 0:
// the ticket does not exist yet.
struct TicketRecord {
  TicketKey key;
  std::uint64_t version = 0;
  std::string title;
  std::string url;
  bool tracked = false;  // covered by the policy at the last decision
  // The fields from which the indexes are made.
  std::string project_path;
  bool open = true;
  std::vector<std::string> customers;   // of the claims in force
  std::vector<std::string> priorities;  // same order as `customers`
  std::vector<ClaimRecord> claims;      // same order as `customers`
  std::vector<std::string> over;        // customers whose allowance the ticket is over
  // What the last decision knew of the allowances: see TicketContext.
  std::map<std::string, AllowanceUse> used;
  std::map<std::string, std::vector<HoursLeft>> hours;
  std::vector<EndingCount> endings;  // of all claims, including released ones
  // Number of open questions on which claims depend. `outside_questions`: those of the outsiders'
  // view.
  std::uint32_t questions = 0;
  std::uint32_t outside_questions = 0;
  OpenQuestions asks;
  absl::Time decided_at = absl::UnixEpoch();
  absl::Time opened_at = absl::UnixEpoch();
  absl::Time updated_at = absl::UnixEpoch();  // time of the last activity
  Stage stage = Stage::kReceived;             // at the last decision; see StageAt
  absl::Time stage_since = absl::InfiniteFuture();
  std::vector<Interval> closed;    // see Standing
  std::vector<std::string> with;   // logins: the assignees, else the responder who last answered
  std::vector<std::string> teams;  // TeamsOf (core.h)
  std::optional<absl::Time> asked_since;    // see Standing
  std::optional<absl::Time> waiting_since;  // for the customer
  std::optional<ClockState> worst;          // at the last decision
  std::optional<absl::Time> next_due;
  std::optional<absl::Time> wake_at;
  std::map<std::string, std::string> clock_states;  // ClockStates() of the last decision
  std::string terms_id;
  std::optional<ChangeRecord> change;
  std::vector<PublicPromise> promises;
  // The forge's time of the title and url. Older information changes neither.
  absl::Time told_at = absl::UnixEpoch();
  // When the ticket was last read from the forge's API. Nobody is told of what was due before this.
  absl::Time read_at = absl::InfinitePast();
  // Set by the store when it writes the record.
  std::optional<HiddenOwed> hidden_owed;
  friend bool operator==(const TicketRecord&, const TicketRecord&) = default;
};

// Computes the record's `opened_at` and `updated_at`: call ForgetTimes, then TakeTimes for each of
// the ticket's facts, in any order. Answers of the forge and our own comments do not count as
// activity.
void ForgetTimes(TicketRecord* record);
void TakeTimes(const Fact& fact, TicketRecord* record);

// Takes the title and url from a delivery or the API if they are newer. If both are of the same
// version, the one wins that says that the known title was just changed.
void TakeTold(const TicketInfo& told, TicketRecord* record);

// The claims in force. For customers without a ClaimRecord: their name and priority alone.
std::vector<ClaimRecord> ClaimsInForce(const TicketRecord& record);

// The state of a clock, a claim and a ticket at an instant (rule 12, src/core/RULES.md). Nullopt:
// no clock.
ClockState StateAt(const OpenPromise& promise, absl::Time at);
std::optional<ClockState> StateAt(const ClaimRecord& claim, absl::Time at);
std::optional<ClockState> StateAt(const TicketRecord& record, absl::Time at);

// Nullopt: it is nobody's turn.
std::optional<Turn> TurnOf(const TicketRecord& record);
// True if the ticket belongs to the team, or to no team.
bool IsOfTeam(const TicketRecord& record, std::string_view team);

// The stage at an instant: time alone makes kReviewed of kCarriedOut.
Stage StageAt(const TicketRecord& record, absl::Time at);

// The earliest due instant of the claim's open cycles. Infinite if nothing is due.
absl::Time DueOf(const ClaimRecord& claim);

// The parts of the record that come from a standing: the claims in force, and how the counted
// cycles ended.
std::vector<ClaimRecord> SummarizeClaims(const Standing& standing);
std::vector<EndingCount> CountEndings(const Standing& standing);

// The day of an instant, in days of UTC since 1970.
std::int32_t DayOf(absl::Time at);

// Durations on a logarithmic scale, eight steps per doubling, from one minute on. Step 1 is a
// minute or less. Persisted.
std::uint8_t TookStep(absl::Duration took);
// The duration in the middle of a step.
absl::Duration TookOf(std::uint8_t step);

}  // namespace retainer
