#include "retainer/stands_out.h"

#include <algorithm>
#include <cmath>
#include <tuple>
#include <utility>

#include "absl/strings/str_cat.h"

namespace retainer {
namespace {

double MedianOf(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const std::size_t half = values.size() / 2;
  return values.size() % 2 == 1 ? values[half] : (values[half - 1] + values[half]) / 2;
}

}  // namespace

absl::Time WeekWatch::BeginOf(const FigureScope& scope) {
  return absl::FromCivil(MondayOf(scope.from, scope.zone) - 7 * kWeeksBefore, scope.zone);
}

void WeekWatch::Count(const std::string& what, const std::set<std::string>& places, absl::Time at,
                      const TicketRef& ticket) {
  if (at < BeginOf(scope_) || at >= scope_.as_of) return;
  const absl::CivilDay monday = MondayOf(at, scope_.zone);
  first_ = first_ ? std::min(*first_, monday) : monday;
  for (const std::string& place : places) weeks_[{what, place}][monday].insert(ticket);
}

void WeekWatch::Add(const FiguredTicket& ticket, const Standing& standing) {
  std::set<std::string> places = {
      "all", absl::StrCat("project ", ToString(ProjectRef{ticket.ref.forge, ticket.ref.path}))};
  for (const ClaimStanding& claim : standing.claims) {
    const bool counts = scope_.customer.empty() || claim.customer == scope_.customer;
    if (claim.released || !counts) continue;
    places.insert(absl::StrCat("customer ", claim.customer));
    places.insert(absl::StrCat("priority ", claim.priority));
  }
  Count("opened", places, standing.opened_at, ticket.ref);
  for (const Interval& closed : standing.closed) {
    Count("reopened", places, closed.until, ticket.ref);
  }
  for (const ClaimStanding& claim : standing.claims) {
    const bool counts = scope_.customer.empty() || claim.customer == scope_.customer;
    if (claim.trial || !counts) continue;
    for (const PromiseClock& clock : claim.clocks) {
      if (clock.kind != PromiseKind::kCommitment || clock.before_adoption) continue;
      for (const Cycle& cycle : clock.cycles) {
        if (!cycle.counted || !IsMissed(cycle, scope_.as_of)) continue;
        Count("missed", places, cycle.due, ticket.ref);
      }
    }
  }
}

std::vector<StandsOut> WeekWatch::Find() const {
  std::vector<StandsOut> found;
  if (!first_) return found;
  const absl::CivilDay begin = MondayOf(scope_.from, scope_.zone);
  const absl::CivilDay end = MondayOf(scope_.as_of, scope_.zone);  // its week is not over
  for (absl::CivilDay week = end - 7; week >= begin; week -= 7) {
    const absl::CivilDay from = std::max(*first_, week - 7 * kWeeksBefore);
    if (week - from < 7 * kFewestWeeks) break;
    for (const auto& [series, weeks] : weeks_) {
      const auto now = weeks.find(week);
      if (now == weeks.end() || now->second.size() < kFewestTickets) continue;
      std::vector<double> before;
      for (absl::CivilDay earlier = from; earlier < week; earlier += 7) {
        const auto count = weeks.find(earlier);
        before.push_back(count == weeks.end() ? 0 : static_cast<double>(count->second.size()));
      }
      const double median = MedianOf(before);
      for (double& value : before) value = std::abs(value - median);
      const double deviation = std::max(MedianOf(before), 1.0);
      const double deviations = (static_cast<double>(now->second.size()) - median) / deviation;
      if (deviations <= kDeviations) continue;
      found.push_back({series.what,
                       series.where,
                       WeekName(absl::FromCivil(week, scope_.zone), scope_.zone),
                       median,
                       deviations,
                       {now->second.begin(), now->second.end()}});
    }
  }
  return found;
}

}  // namespace retainer
