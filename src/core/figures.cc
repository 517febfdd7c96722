#include "retainer/figures.h"

#include <algorithm>
#include <cmath>
#include <set>
#include <tuple>
#include <utility>

#include "absl/strings/str_format.h"

namespace retainer {
namespace {

constexpr std::pair<FigureCut, std::string_view> kCuts[] = {
    {FigureCut::kNone, "none"},         {FigureCut::kWeek, "week"},
    {FigureCut::kPlan, "plan"},         {FigureCut::kCustomer, "customer"},
    {FigureCut::kProject, "project"},   {FigureCut::kTeam, "team"},
    {FigureCut::kPriority, "priority"},
};

std::size_t AgeStep(absl::Duration age) {
  const absl::Duration day = absl::Hours(24);
  return age <= 7 * day ? 0 : age <= 30 * day ? 1 : age <= 90 * day ? 2 : 3;
}

// The instant at which a cycle counts. Nullopt: it is not decided at `as_of`.
std::optional<absl::Time> CountedAt(const Cycle& cycle, absl::Time as_of) {
  return IsMissed(cycle, as_of) ? cycle.due : cycle.stopped;
}

void Count(const Cycle& cycle, FigureTally* tally) {
  switch (cycle.outcome) {
    case Outcome::kMet:
      ++tally->met;
      return;
    case Outcome::kOpen:
      ++tally->missed_open;
      [[fallthrough]];
    case Outcome::kMissed:
      ++tally->missed;
      return;
    case Outcome::kExcused:
      ++tally->excused;
      return;
    case Outcome::kCancelled:
      ++(cycle.note == kClosedUnanswered ? tally->closed_unanswered : tally->cancelled);
      return;
  }
}

bool WasAnswered(const Cycle& cycle) {
  return cycle.stopped && (cycle.outcome == Outcome::kMet || cycle.outcome == Outcome::kMissed);
}

double ShareUsed(const FiguredPromise& promise) {
  const double target = absl::ToDoubleSeconds(promise.target);
  return target <= 0 ? 0 : absl::ToDoubleSeconds(promise.took) / target;
}

template <typename Less>
void KeepFirst(std::size_t most, Less less, FiguredPromise promise,
               std::vector<FiguredPromise>* list) {
  list->insert(std::upper_bound(list->begin(), list->end(), promise, less), std::move(promise));
  if (list->size() > most) list->pop_back();
}

auto Identity(const FiguredPromise& promise) {
  return std::tie(promise.ticket, promise.customer, promise.metric, promise.started);
}

// When a responder last wrote what the customer can read; else the opening.
absl::Time LastWord(const Standing& standing) {
  std::set<std::string> responders;
  for (const RoleStanding& role : standing.roles) {
    if (role.role == Role::kResponder) responders.insert(role.actor.id);
  }
  absl::Time last = standing.opened_at;
  for (const auto& [id, fact] : standing.facts) {
    const bool word =
        fact.kind == FactKind::kComment && !fact.internal && responders.contains(fact.actor.id);
    if (word) last = std::max(last, fact.at);
  }
  return last;
}

bool WasOpenAt(const Standing& standing, absl::Time at) {
  if (standing.opened_at > at || standing.moved_at <= at) return false;
  return std::none_of(standing.closed.begin(), standing.closed.end(), [&](const Interval& closed) {
    return closed.from <= at && at < closed.until;
  });
}

}  // namespace

std::string_view FigureCutName(FigureCut cut) {
  for (const auto& [known, name] : kCuts) {
    if (known == cut) return name;
  }
  return "";
}

std::optional<FigureCut> ParseFigureCut(std::string_view name) {
  for (const auto& [cut, known] : kCuts) {
    if (known == name) return cut;
  }
  return std::nullopt;
}

std::optional<double> FigureTally::kept() const {
  if (met + missed == 0) return std::nullopt;
  return static_cast<double>(met) / static_cast<double>(met + missed);
}

FigureTally& FigureTally::operator+=(const FigureTally& other) {
  met += other.met;
  missed += other.missed;
  missed_open += other.missed_open;
  excused += other.excused;
  cancelled += other.cancelled;
  closed_unanswered += other.closed_unanswered;
  return *this;
}

std::optional<absl::Duration> Quantile(std::vector<absl::Duration> values, double part) {
  if (values.empty()) return std::nullopt;
  const double rank = std::ceil(part * static_cast<double>(values.size()));
  const auto place = values.begin() + std::max<std::ptrdiff_t>(0, std::llround(rank) - 1);
  std::nth_element(values.begin(), place, values.end());
  return *place;
}

FigureTally Figures::promises() const {
  FigureTally sum;
  for (const auto& [metric, figures] : commitments) sum += figures.tally;
  return sum;
}

std::string MostUrgentPriority(const Standing& standing, const std::string& customer,
                               const Policy& policy) {
  std::string urgent;
  std::optional<std::size_t> best;
  for (const ClaimStanding& claim : standing.claims) {
    if (claim.released || (!customer.empty() && claim.customer != customer)) continue;
    const auto rank = policy.PriorityRank(claim.priority);
    if (!urgent.empty() && (!rank || (best && *best <= *rank))) continue;
    urgent = claim.priority;
    best = rank;
  }
  return urgent;
}

absl::Duration OverdueOf(const FiguredPromise& promise, absl::Time as_of) {
  return promise.stopped.value_or(as_of) - promise.due;
}

bool IsMissed(const Cycle& cycle, absl::Time as_of) {
  return cycle.outcome == Outcome::kMissed ||
         (cycle.outcome == Outcome::kOpen && cycle.due <= as_of);
}

absl::CivilDay MondayOf(absl::Time at, absl::TimeZone zone) {
  const absl::CivilDay day = absl::ToCivilDay(at, zone);
  return day - static_cast<int>(absl::GetWeekday(day));  // Monday is 0
}

std::string WeekName(absl::Time at, absl::TimeZone zone) {
  // ISO 8601: a week belongs to the year of its Thursday.
  const absl::CivilDay thursday = MondayOf(at, zone) + 3;
  return absl::StrFormat("%04d-W%02d", thursday.year(), (absl::GetYearDay(thursday) - 1) / 7 + 1);
}

FactSet FactsUntil(const FactSet& facts, absl::Time as_of) {
  const auto was_there = [&](const Fact& fact) {
    return fact.at <= as_of || fact.provenance == Provenance::kNetwork;
  };
  // A copy of the whole set is cheap.
  if (std::all_of(facts.begin(), facts.end(),
                  [&](const auto& entry) { return was_there(entry.second); })) {
    return facts;
  }
  FactSet until;
  for (const auto& [id, fact] : facts) {
    if (was_there(fact)) until.Add(fact);
  }
  return until;
}

std::string DeskZoneName(const Policy& policy) {
  std::set<std::string> zones;
  for (const auto& [name, calendar] : policy.calendars) {
    if (!calendar.always) zones.insert(calendar.time_zone);
  }
  return zones.size() == 1 ? *zones.begin() : "UTC";
}

absl::TimeZone DeskZone(const Policy& policy) {
  absl::TimeZone zone = absl::UTCTimeZone();
  absl::LoadTimeZone(DeskZoneName(policy), &zone);  // cannot fail: the policy was validated
  return zone;
}

// One ticket's share.
class FigureSums::Adding {
 public:
  Adding(FigureSums& sums, const FiguredTicket& ticket, const Standing& standing)
      : sums_(sums), scope_(sums.scope_), ticket_(ticket), standing_(standing) {
    if (scope_.cut == FigureCut::kTeam) {
      teams_ = TeamsOf(standing, sums.terms_->policy);
      if (teams_.empty()) teams_.emplace_back(kNoTeamRow);
    }
  }

  void Add() {
    bool has_claim = false;
    for (const ClaimStanding& claim : standing_.claims) {
      if (!scope_.customer.empty() && claim.customer != scope_.customer) continue;
      has_claim |= !claim.released;
      for (const PromiseClock& clock : claim.clocks) AddClock(claim, clock);
    }
    if (scope_.customer.empty()) {
      for (const PromiseClock& clock : standing_.objectives) AddObjective(clock);
    } else if (!has_claim) {
      return;
    }
    AddRatings();
    AddTicket();
  }

 private:
  bool InSpan(absl::Time at) const { return scope_.from <= at && at < scope_.until; }

  // The rows of something that belongs to a claim and happened at `at`.
  std::vector<std::string> RowsOf(const std::string& customer, const std::string& plan,
                                  const std::string& priority, absl::Time at) const {
    const auto or_community = [](const std::string& name) {
      return name.empty() ? std::string(kCommunityRow) : name;
    };
    switch (scope_.cut) {
      case FigureCut::kNone:
        return {"all"};
      case FigureCut::kWeek:
        return {WeekName(at, scope_.zone)};
      case FigureCut::kPlan:
        return {or_community(plan)};
      case FigureCut::kCustomer:
        return {or_community(customer)};
      case FigureCut::kPriority:
        return {or_community(priority)};
      case FigureCut::kProject:
        return {ToString(ProjectRef{ticket_.ref.forge, ticket_.ref.path})};
      case FigureCut::kTeam:
        return teams_;
    }
    return {};
  }

  // The rows of the ticket itself.
  std::set<std::string> TicketRows(absl::Time at) const {
    std::set<std::string> rows;
    for (const ClaimStanding& claim : standing_.claims) {
      if (claim.released || (!scope_.customer.empty() && claim.customer != scope_.customer)) {
        continue;
      }
      for (std::string& row : RowsOf(claim.customer, claim.plan, claim.priority, at)) {
        rows.insert(std::move(row));
      }
    }
    if (rows.empty()) {
      for (std::string& row : RowsOf("", "", "", at)) rows.insert(std::move(row));
    }
    return rows;
  }

  void AddClock(const ClaimStanding& claim, const PromiseClock& clock) {
    if (clock.before_adoption) return;
    for (const Cycle& cycle : clock.cycles) {
      if (!cycle.counted) continue;
      const auto metric_of = [&](Figures& row) -> MetricFigures& {
        if (claim.trial) return row.trials[clock.metric];
        return clock.kind == PromiseKind::kCommitment ? row.commitments[clock.metric]
                                                      : row.targets[clock.metric];
      };
      const std::string& priority = cycle.promise->priority;
      const auto at = CountedAt(cycle, scope_.as_of);
      const bool counts = at && InSpan(*at);
      const bool owed = !claim.trial && clock.kind == PromiseKind::kCommitment;
      if (counts) {
        for (const auto& name : RowsOf(claim.customer, cycle.promise->plan, priority, *at)) {
          Figures& row = sums_.Row(name);
          Count(cycle, &metric_of(row).tally);
          if (owed && IsMissed(cycle, scope_.as_of)) {
            ++row.missed_at[HourOfWeek(cycle.due, scope_.zone)];
            AddMiss(FiguredOf(claim, clock, cycle), &row);
          }
        }
      }
      if (!WasAnswered(cycle) || !InSpan(*cycle.stopped)) continue;
      for (const auto& name :
           RowsOf(claim.customer, cycle.promise->plan, priority, *cycle.stopped)) {
        Figures& row = sums_.Row(name);
        metric_of(row).took.push_back(cycle.elapsed);
        if (owed) AddSlow(FiguredOf(claim, clock, cycle), &row);
      }
    }
  }

  void AddObjective(const PromiseClock& clock) {
    if (clock.before_adoption) return;
    for (const Cycle& cycle : clock.cycles) {
      if (!cycle.counted) continue;
      if (const auto at = CountedAt(cycle, scope_.as_of); at && InSpan(*at)) {
        for (const std::string& name : RowsOf("", "", "", *at)) {
          Count(cycle, &sums_.Row(name).community[clock.metric].tally);
        }
      }
      if (!WasAnswered(cycle) || !InSpan(*cycle.stopped)) continue;
      for (const std::string& name : RowsOf("", "", "", *cycle.stopped)) {
        sums_.Row(name).community[clock.metric].took.push_back(cycle.elapsed);
      }
    }
  }

  FiguredPromise FiguredOf(const ClaimStanding& claim, const PromiseClock& clock,
                           const Cycle& cycle) const {
    return {ticket_.ref,
            ticket_.title,
            ticket_.url,
            claim.customer,
            cycle.promise->plan,
            cycle.promise->priority,
            clock.metric,
            cycle.started,
            cycle.due,
            cycle.stopped,
            cycle.promise->target,
            cycle.elapsed,
            std::string(IdOf(cycle.stop_fact))};
  }

  void AddMiss(FiguredPromise miss, Figures* row) const {
    const absl::Time as_of = scope_.as_of;
    KeepFirst(
        scope_.most_listed,
        [as_of](const FiguredPromise& a, const FiguredPromise& b) {
          const absl::Duration x = OverdueOf(a, as_of);
          const absl::Duration y = OverdueOf(b, as_of);
          return x != y ? x > y : Identity(a) < Identity(b);
        },
        std::move(miss), &row->misses);
  }

  void AddSlow(FiguredPromise slow, Figures* row) const {
    KeepFirst(
        scope_.most_listed,
        [](const FiguredPromise& a, const FiguredPromise& b) {
          const double x = ShareUsed(a);
          const double y = ShareUsed(b);
          return x != y ? x > y : Identity(a) < Identity(b);
        },
        std::move(slow), &row->slowest);
  }

  void AddRatings() {
    for (const Rating& rating : standing_.ratings) {
      if (!InSpan(rating.at) || !rating.verified) continue;
      if (!scope_.customer.empty() && rating.customer != scope_.customer) continue;
      const auto claim =
          std::find_if(standing_.claims.begin(), standing_.claims.end(),
                       [&](const ClaimStanding& one) { return one.customer == rating.customer; });
      if (claim == standing_.claims.end()) continue;
      for (const auto& name : RowsOf(claim->customer, claim->plan, claim->priority, rating.at)) {
        Figures& row = sums_.Row(name);
        ++row.rated;
        row.marks += rating.mark;
        if (rating.mark <= kLowMark) ++row.low_marks;
      }
    }
  }

  void AddTicket() {
    if (!standing_.opened) return;
    if (InSpan(standing_.opened_at)) {
      for (const std::string& name : TicketRows(standing_.opened_at)) {
        Figures& row = sums_.Row(name);
        ++(standing_.ticket.kind == TicketKind::kChange ? row.opened_changes : row.opened_issues);
        ++row.opened_by_priority[MostUrgentPriority(standing_, scope_.customer,
                                                    sums_.terms_->policy)];
      }
    }
    for (const Interval& closed : standing_.closed) {
      if (InSpan(closed.from)) {
        for (const std::string& name : TicketRows(closed.from)) ++sums_.Row(name).closed;
      }
      if (InSpan(closed.until)) {
        for (const std::string& name : TicketRows(closed.until)) ++sums_.Row(name).reopened;
      }
    }
    if (standing_.gone && standing_.moved_at == absl::InfiniteFuture()) return;  // deleted
    for (const absl::Time end : sums_.week_ends_) AddOpenAt(end);
    if (scope_.cut == FigureCut::kWeek || !AddOpenAt(scope_.as_of)) return;
    if (standing_.waiting.now || standing_.claims.empty()) return;
    const absl::Time since = LastWord(standing_);
    for (const std::string& name : TicketRows(scope_.as_of)) {
      Figures& row = sums_.Row(name);
      if (!row.silent || std::tie(since, ticket_.ref) < std::tie(row.silent_since, *row.silent)) {
        row.silent = ticket_.ref;
        row.silent_since = since;
      }
    }
  }

  bool AddOpenAt(absl::Time at) {
    if (!WasOpenAt(standing_, at)) return false;
    // A week's end belongs to the week.
    for (const std::string& name : TicketRows(at - absl::Nanoseconds(1))) {
      ++sums_.Row(name).backlog[AgeStep(at - standing_.opened_at)];
    }
    return true;
  }

  FigureSums& sums_;
  const FigureScope& scope_;
  const FiguredTicket& ticket_;
  const Standing& standing_;
  std::vector<std::string> teams_;
};

FigureSums::FigureSums(FigureScope scope, std::shared_ptr<const Terms> terms)
    : scope_(std::move(scope)), terms_(std::move(terms)) {
  if (scope_.cut == FigureCut::kNone) Row("all");
  if (scope_.cut != FigureCut::kWeek) return;
  absl::CivilDay monday = MondayOf(scope_.from, scope_.zone);
  const absl::Time end = std::min(scope_.until, scope_.as_of);
  for (absl::Time at = scope_.from; at < end;) {
    Row(WeekName(at, scope_.zone));
    monday += 7;
    at = absl::FromCivil(monday, scope_.zone);
    week_ends_.push_back(std::min(at, end));
  }
}

void FigureSums::Add(const FiguredTicket& ticket, const Standing& standing) {
  Adding(*this, ticket, standing).Add();
}

}  // namespace retainer
