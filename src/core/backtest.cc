#include "retainer/backtest.h"

#include <algorithm>
#include <optional>
#include <tuple>

namespace retainer {
namespace {

enum class Fate : std::uint8_t {
  kMet,
  kMissed,
  kLate,
  kOpen,
  kUnclear,
  kExcused,
  kCancelled,
  kUnanswered
};

Fate FateOf(const PromiseClock& clock, const Cycle& cycle, bool unclear) {
  switch (cycle.outcome) {
    case Outcome::kMet:
      return Fate::kMet;
    case Outcome::kExcused:
      return Fate::kExcused;
    case Outcome::kCancelled:
      return cycle.note == kClosedUnanswered ? Fate::kUnanswered : Fate::kCancelled;
    case Outcome::kMissed:
      return unclear ? Fate::kUnclear : Fate::kMissed;
    case Outcome::kOpen:
      break;
  }
  // Only the last cycle of a clock can be open, so the clock's state is the state of that cycle.
  const bool late = clock.state == ClockState::kBreached;
  return !late ? Fate::kOpen : unclear ? Fate::kUnclear : Fate::kLate;
}

bool Failed(Fate fate) { return fate == Fate::kMissed || fate == Fate::kLate; }

void Count(Fate fate, PromiseTally* tally) {
  switch (fate) {
    case Fate::kMet:
      ++tally->met;
      return;
    case Fate::kMissed:
      ++tally->missed;
      return;
    case Fate::kLate:
      ++tally->late;
      return;
    case Fate::kOpen:
      ++tally->open;
      return;
    case Fate::kUnclear:
      ++tally->unclear;
      return;
    case Fate::kExcused:
      ++tally->excused;
      return;
    case Fate::kCancelled:
      ++tally->cancelled;
      return;
    case Fate::kUnanswered:
      ++tally->closed_unanswered;
      return;
  }
}

// Identifies a cycle under both policies: the same customer's wait for the same thing.
using CycleName = std::tuple<std::string, Metric, absl::Time>;

struct Judged {
  Fate fate = Fate::kMet;
  const Cycle* cycle = nullptr;
};

std::map<CycleName, Judged> CountSide(const BacktestScope& scope, const Standing& standing,
                                      BacktestSide* side) {
  std::map<CycleName, Judged> judged;
  bool claimed = false;
  const bool unclear =
      std::any_of(standing.roles.begin(), standing.roles.end(),
                  [](const RoleStanding& role) { return role.role == Role::kUnknown; });
  const auto count = [&](const std::string& customer, const std::vector<PromiseClock>& clocks) {
    for (const PromiseClock& clock : clocks) {
      for (const Cycle& cycle : clock.cycles) {
        if (cycle.started < scope.since || !cycle.counted) continue;
        const Fate fate = FateOf(clock, cycle, unclear);
        Count(fate, &side->promises[{cycle.promise->plan, cycle.promise->priority, clock.metric}]);
        if (Failed(fate)) ++side->missed_at[HourOfWeek(cycle.due, scope.zone)];
        claimed |= !customer.empty();
        judged[{customer, clock.metric, cycle.started}] = {fate, &cycle};
      }
    }
  };
  for (const ClaimStanding& claim : standing.claims) count(claim.customer, claim.clocks);
  count("", standing.objectives);
  if (claimed) ++side->claimed;
  if (!standing.questions.empty()) ++side->unanswered_on;
  for (const Question& question : standing.questions) ++side->unanswered[question.kind];
  return judged;
}

void KeepTheLatest(const BacktestScope& scope, std::vector<WorsenedPromise>* worsened) {
  std::sort(worsened->begin(), worsened->end(),
            [](const WorsenedPromise& a, const WorsenedPromise& b) {
              const absl::Duration x = a.late();
              const absl::Duration y = b.late();
              return std::tie(y, a.ticket, a.customer, a.metric, a.started) <
                     std::tie(x, b.ticket, b.customer, b.metric, b.started);
            });
  if (worsened->size() > scope.most_changes) worsened->resize(scope.most_changes);
}

void Add(const BacktestSide& part, BacktestSide* whole) {
  for (const auto& [name, tally] : part.promises) whole->promises[name] += tally;
  for (std::size_t hour = 0; hour < kHoursOfWeek; ++hour) {
    whole->missed_at[hour] += part.missed_at[hour];
  }
  whole->claimed += part.claimed;
  whole->unanswered_on += part.unanswered_on;
  for (const auto& [kind, number] : part.unanswered) whole->unanswered[kind] += number;
}

}  // namespace

std::size_t HourOfWeek(absl::Time at, absl::TimeZone zone) {
  const absl::CivilHour hour(absl::ToCivilSecond(at, zone));
  const auto day = static_cast<std::size_t>(absl::GetWeekday(hour));  // Monday is 0
  return day * 24 + static_cast<std::size_t>(hour.hour());
}

std::optional<double> PromiseTally::share_met() const {
  const std::int64_t all = met + missed + late;
  if (all == 0) return std::nullopt;
  return static_cast<double>(met) / static_cast<double>(all);
}

PromiseTally& PromiseTally::operator+=(const PromiseTally& other) {
  met += other.met;
  missed += other.missed;
  late += other.late;
  open += other.open;
  unclear += other.unclear;
  excused += other.excused;
  cancelled += other.cancelled;
  closed_unanswered += other.closed_unanswered;
  return *this;
}

void AddTicket(const BacktestScope& scope, const TicketRef& ticket, const FactSet& facts,
               const Standing& today, const Standing& proposed, Backtest* backtest) {
  ++backtest->tickets;
  if (!today.opened || !proposed.opened) {
    ++backtest->incomplete;
    return;
  }
  if (std::any_of(facts.begin(), facts.end(),
                  [](const auto& entry) { return entry.second.kind == FactKind::kArrived; })) {
    ++backtest->arrived;
  }
  const std::map<CycleName, Judged> before = CountSide(scope, today, &backtest->today);
  const std::map<CycleName, Judged> after = CountSide(scope, proposed, &backtest->proposed);
  for (const auto& [name, now] : after) {
    const auto was = before.find(name);
    if (was == before.end()) continue;
    if (Failed(was->second.fate) && now.fate == Fate::kMet) ++backtest->missed_to_met;
    if (was->second.fate != Fate::kMet || now.fate != Fate::kMissed) continue;
    ++backtest->met_to_missed;
    const Cycle& cycle = *now.cycle;
    backtest->worsened.push_back({ticket, std::get<0>(name), cycle.promise->plan,
                                  cycle.promise->priority, std::get<1>(name), cycle.started,
                                  *cycle.stopped, was->second.cycle->due, cycle.due});
  }
  KeepTheLatest(scope, &backtest->worsened);
}

void Merge(const BacktestScope& scope, Backtest part, Backtest* whole) {
  whole->tickets += part.tickets;
  whole->incomplete += part.incomplete;
  whole->arrived += part.arrived;
  Add(part.today, &whole->today);
  Add(part.proposed, &whole->proposed);
  whole->met_to_missed += part.met_to_missed;
  whole->missed_to_met += part.missed_to_met;
  whole->worsened.insert(whole->worsened.end(), std::make_move_iterator(part.worsened.begin()),
                         std::make_move_iterator(part.worsened.end()));
  KeepTheLatest(scope, &whole->worsened);
}

}  // namespace retainer
