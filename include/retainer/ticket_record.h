// A ticket without its facts: what lists, the gate and the figures are answered from.
//
// Plain values and pure functions; thread-safe. What time alone changes (at risk, breached) is not
// kept but computed from instants, so that no answer lags behind the last decision.
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

// A clock with an open cycle.
struct OpenPromise {
  Metric metric = Metric::kFirstResponse;
  PromiseKind kind = PromiseKind::kCommitment;
  bool paused = false;
  // Infinite while a pause has no end.
  absl::Time at_risk_at = absl::InfiniteFuture();
  absl::Time due = absl::InfiniteFuture();
  friend bool operator==(const OpenPromise&, const OpenPromise&) = default;
};

// A claim in force.
struct ClaimRecord {
  std::string customer;
  std::string plan;
  std::string priority;
  // The worst of its clocks without an open cycle.
  std::optional<ClockState> settled;
  std::vector<OpenPromise> promises;
  bool hidden = false;  // of a customer of whom nobody outside may know, when last decided
  friend bool operator==(const ClaimRecord&, const ClaimRecord&) = default;
};

// How cycles ended. Persisted: numbers never change.
enum class Ending : std::uint8_t {
  kMet = 1,
  kMissed = 2,
  kCancelled = 3,
  kExcused = 4,
  kUnanswered = 5,  // cancelled by a close without an answer: counted apart
};

// Finished cycles of a ticket that are counted together.
struct EndingCount {
  std::string customer;
  Metric metric = Metric::kFirstResponse;
  Ending ending = Ending::kMet;
  std::int32_t day = 0;  // of the stop, in days of UTC since 1970
  std::uint8_t took =
      0;  // TookStep of the open time of a first response that was met or missed, else 0
  std::uint32_t count = 0;
  friend bool operator==(const EndingCount&, const EndingCount&) = default;
};

// A promise of a ticket as outsiders may know it: of public customers' claims alone, and none of a
// confidential ticket.
struct PublicPromise {
  Metric metric = Metric::kFirstResponse;
  PromiseKind kind = PromiseKind::kCommitment;
  ClockState state = ClockState::kPending;  // as shown when last decided
  absl::Time due = absl::InfiniteFuture();  // infinite where it is finished or paused
  friend bool operator==(const PublicPromise&, const PublicPromise&) = default;
};

// A change, of those that say they fix something or once did.
struct ChangeRecord {
  ChangeState state = ChangeState::kOpen;
  std::string base;
  std::string head;
  std::string merge;
  std::vector<TicketKey> fixes;  // of projects that are known; sorted
  bool checked = false;          // a check with promises has been wanted once
  friend bool operator==(const ChangeRecord&, const ChangeRecord&) = default;
};

// `version` rises by one with every change; 0 = not there yet.
struct TicketRecord {
  TicketKey key;
  std::uint64_t version = 0;
  std::string title;
  std::string url;
  bool tracked = false;  // covered by the policy when last decided
  // What the indexes are made of.
  std::string project_path;
  bool open = true;
  std::vector<std::string> customers;   // of claims in force
  std::vector<std::string> priorities;  // in step with customers
  std::vector<ClaimRecord> claims;      // in step with customers; empty in records of schema 1
  std::vector<EndingCount> endings;     // of all claims, also those released
  // That the forge has not answered and that claims hang on; `outside_`: of outsiders' view.
  std::uint32_t questions = 0;
  std::uint32_t outside_questions = 0;
  absl::Time decided_at = absl::UnixEpoch();
  absl::Time opened_at = absl::UnixEpoch();
  absl::Time updated_at = absl::UnixEpoch();  // when something last happened to it
  std::optional<ClockState> worst;            // as of the last decision
  std::optional<absl::Time> next_due;
  std::optional<absl::Time> wake_at;
  std::map<std::string, std::string> clock_states;  // ClockStates() of the last decision
  std::string terms_id;
  std::optional<ChangeRecord> change;
  std::vector<PublicPromise> promises;
  // The forge's instant of the title and the url: what was told of an earlier one changes neither.
  absl::Time told_at = absl::UnixEpoch();
  // When it was last read back from the forge: of what was due before, nobody is told.
  absl::Time read_at = absl::InfinitePast();
  // Worked out by the store as it writes the record.
  std::optional<HiddenOwed> hidden_owed;
  friend bool operator==(const TicketRecord&, const TicketRecord&) = default;
};

// The record's `opened_at` and `updated_at`, from all of the ticket's facts one after another, in
// any order; answers of the forge and our own comments are nothing that happens to a ticket. Begins
// anew with ForgetTimes.
void ForgetTimes(TicketRecord* record);
void TakeTimes(const Fact& fact, TicketRecord* record);

// Title and url as a delivery or the API shows them: newer wins. Of two that show the same version
// the one that says that the known title was changed just now.
void TakeTold(const TicketInfo& told, TicketRecord* record);

// The claims in force; of a record of schema 1, as far as it knows them.
std::vector<ClaimRecord> ClaimsInForce(const TicketRecord& record);

// What a clock, a claim and a ticket show at an instant (DESIGN, rule 12). Nullopt: no clock.
ClockState StateAt(const OpenPromise& promise, absl::Time at);
std::optional<ClockState> StateAt(const ClaimRecord& claim, absl::Time at);
std::optional<ClockState> StateAt(const TicketRecord& record, absl::Time at);

// The earliest due instant of a claim's open cycles; infinite where nothing is due.
absl::Time DueOf(const ClaimRecord& claim);

// What a standing gives the record: claims in force, and how the cycles ended that are counted
// here.
std::vector<ClaimRecord> SummarizeClaims(const Standing& standing);
std::vector<EndingCount> CountEndings(const Standing& standing);

// The day of an instant, in days of UTC since 1970.
std::int32_t DayOf(absl::Time at);

// Times taken, in steps of an eighth of an octave from a minute on: 1 is a minute or less.
// Persisted.
std::uint8_t TookStep(absl::Duration took);
// The middle of a step.
absl::Duration TookOf(std::uint8_t step);

}  // namespace retainer
