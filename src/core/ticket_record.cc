#include "retainer/ticket_record.h"

#include <algorithm>
#include <cmath>
#include <tuple>

namespace retainer {
namespace {

constexpr double kStepsAnOctave = 8;
constexpr double kFirstStep = 60;  // seconds

std::optional<Ending> EndingOf(const Cycle& cycle) {
  switch (cycle.outcome) {
    case Outcome::kMet:
      return Ending::kMet;
    case Outcome::kMissed:
      return Ending::kMissed;
    case Outcome::kCancelled:
      return cycle.note == kClosedUnanswered ? Ending::kUnanswered : Ending::kCancelled;
    case Outcome::kExcused:
      return Ending::kExcused;
    case Outcome::kOpen:
      break;
  }
  return std::nullopt;
}

void TakeWorse(std::optional<ClockState> state, std::optional<ClockState>* worst) {
  if (state && (!*worst || **worst < *state)) *worst = state;
}

}  // namespace

void TakeTold(const TicketInfo& told, TicketRecord* record) {
  // Information without a time is used only if nothing better is known.
  const absl::Time at = told.updated_at.value_or(absl::UnixEpoch());
  const bool retitled = !told.former_title.empty() && told.former_title == record->title;
  if (at > record->told_at || (at == record->told_at && (retitled || record->title.empty()))) {
    if (!told.title.empty()) record->title = told.title;
    if (!told.url.empty()) record->url = told.url;
    record->told_at = at;
    return;
  }
  if (record->title.empty()) record->title = told.title;
  if (record->url.empty()) record->url = told.url;
}

void ForgetTimes(TicketRecord* record) {
  record->opened_at = absl::UnixEpoch();
  record->updated_at = absl::UnixEpoch();
}

void TakeTimes(const Fact& fact, TicketRecord* record) {
  // Outsiders may read when something last happened, and know nothing of what is done on pages.
  if (fact.provenance == Provenance::kPage) return;
  switch (fact.kind) {
    case FactKind::kPermission:
    case FactKind::kMembership:
    case FactKind::kProfile:
    case FactKind::kReference:
    case FactKind::kWorkAnswered:
    case FactKind::kOwnComment:
    case FactKind::kLabelRenamed:
      return;
    case FactKind::kOpened:
      record->opened_at = fact.at;
      break;
    default:
      break;
  }
  record->updated_at = std::max(record->updated_at, fact.at);
}

std::optional<Turn> TurnOf(const TicketRecord& record) {
  if (!record.tracked) return std::nullopt;
  if (record.customers.empty()) {
    return record.open && record.asked_since ? std::optional(Turn::kAnybodys) : std::nullopt;
  }
  if (record.asked_since) return Turn::kOurs;
  return record.open && record.waiting_since ? std::optional(Turn::kCustomers) : std::nullopt;
}

bool IsOfTeam(const TicketRecord& record, std::string_view team) {
  return record.teams.empty() ||
         std::find(record.teams.begin(), record.teams.end(), team) != record.teams.end();
}

std::vector<ClaimRecord> ClaimsInForce(const TicketRecord& record) {
  if (record.claims.size() == record.customers.size()) return record.claims;
  std::vector<ClaimRecord> claims;
  for (std::size_t i = 0; i < record.customers.size(); ++i) {
    ClaimRecord claim;
    claim.customer = record.customers[i];
    if (i < record.priorities.size()) claim.priority = record.priorities[i];
    claim.settled = record.worst;
    claims.push_back(std::move(claim));
  }
  return claims;
}

ClockState StateAt(const OpenPromise& promise, absl::Time at) {
  if (promise.due <= at) return ClockState::kBreached;
  if (promise.paused) return ClockState::kPaused;
  return promise.at_risk_at <= at ? ClockState::kAtRisk : ClockState::kRunning;
}

std::optional<ClockState> StateAt(const ClaimRecord& claim, absl::Time at) {
  std::optional<ClockState> worst = claim.settled;
  for (const OpenPromise& promise : claim.promises) TakeWorse(StateAt(promise, at), &worst);
  return worst;
}

std::optional<ClockState> StateAt(const TicketRecord& record, absl::Time at) {
  if (record.claims.size() != record.customers.size() || record.customers.empty()) {
    return record.worst;
  }
  std::optional<ClockState> worst;
  for (const ClaimRecord& claim : record.claims) TakeWorse(StateAt(claim, at), &worst);
  return worst;
}

Stage StageAt(const TicketRecord& record, absl::Time at) {
  const bool reviewed =
      record.stage == Stage::kCarriedOut && at >= record.stage_since + kReviewTime;
  return reviewed ? Stage::kReviewed : record.stage;
}

absl::Time DueOf(const ClaimRecord& claim) {
  absl::Time due = absl::InfiniteFuture();
  for (const OpenPromise& promise : claim.promises) due = std::min(due, promise.due);
  return due;
}

std::vector<ClaimRecord> SummarizeClaims(const Standing& standing) {
  std::vector<ClaimRecord> claims;
  for (const ClaimStanding& claim : standing.claims) {
    if (claim.released) continue;
    ClaimRecord record;
    record.customer = claim.customer;
    record.plan = claim.plan;
    record.priority = claim.priority;
    record.trial = claim.trial;
    record.request = claim.request;
    for (const PromiseClock& clock : claim.clocks) {
      bool open = false;
      for (const Cycle& cycle : clock.cycles) {
        if (cycle.outcome != Outcome::kOpen) continue;
        open = true;
        record.promises.push_back(
            {clock.metric, clock.kind, cycle.paused_now, cycle.at_risk_at, cycle.due});
      }
      if (!open) TakeWorse(clock.state, &record.settled);
    }
    claims.push_back(std::move(record));
  }
  return claims;
}

std::vector<EndingCount> CountEndings(const Standing& standing) {
  using Key = std::tuple<std::string, Metric, Ending, std::int32_t, std::uint8_t, bool>;
  std::map<Key, std::uint32_t> counts;
  for (const ClaimStanding& claim : standing.claims) {
    for (const PromiseClock& clock : claim.clocks) {
      for (const Cycle& cycle : clock.cycles) {
        const std::optional<Ending> ending = EndingOf(cycle);
        if (!ending || !cycle.stopped || !cycle.counted) continue;
        const bool answered = *ending == Ending::kMet || *ending == Ending::kMissed;
        const std::uint8_t took =
            clock.metric == Metric::kFirstResponse && answered ? TookStep(cycle.elapsed) : 0;
        ++counts[{claim.customer, clock.metric, *ending, DayOf(*cycle.stopped), took, claim.trial}];
      }
    }
  }
  std::vector<EndingCount> endings;
  for (const auto& [key, count] : counts) {
    const auto& [customer, metric, ending, day, took, trial] = key;
    endings.push_back({customer, metric, ending, day, took, count, trial});
  }
  return endings;
}

std::int32_t DayOf(absl::Time at) {
  return static_cast<std::int32_t>(absl::ToCivilDay(at, absl::UTCTimeZone()) -
                                   absl::CivilDay(1970, 1, 1));
}

std::uint8_t TookStep(absl::Duration took) {
  const double seconds = std::max(absl::ToDoubleSeconds(took), kFirstStep);
  return static_cast<std::uint8_t>(
      std::min(254.0, 1 + std::floor(kStepsAnOctave * std::log2(seconds / kFirstStep))));
}

absl::Duration TookOf(std::uint8_t step) {
  if (step <= 1) return absl::Seconds(kFirstStep);
  return absl::Seconds(kFirstStep * std::exp2((step - 0.5) / kStepsAnOctave));
}

}  // namespace retainer
