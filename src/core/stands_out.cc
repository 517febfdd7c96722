#include "retainer/stands_out.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <tuple>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "src/base/view.h"
#include "telling.h"

namespace retainer {
namespace {

double MedianOf(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const std::size_t half = values.size() / 2;
  return values.size() % 2 == 1 ? values[half] : (values[half - 1] + values[half]) / 2;
}

constexpr char kOfCustomer[] = "customer ";
constexpr std::size_t kMostNamed = 10;  // tickets of a notice

std::string WordsOf(const StandsOut& found) {
  const std::size_t count = found.tickets.size();
  if (found.what == "opened") return absl::StrCat(count, " tickets were opened");
  if (found.what == "reopened") return absl::StrCat(count, " tickets were reopened");
  return absl::StrCat("promises of ", count, " tickets were broken");
}

Notice NoticeOf(const Policy& policy, const StandsOut& found, const std::string& address,
                absl::Time now) {
  Notice notice;
  notice.id = absl::StrCat(base::View(NoticeKindName(NoticeKind::kStandsOut)), " ", found.week, " ",
                           found.what, " ", found.where);
  notice.kind = NoticeKind::kStandsOut;
  notice.at = now;
  notice.due = absl::InfiniteFuture();
  notice.teams = core::TeamsFor({}, policy);
  notice.is_private = false;
  notice.ref = absl::StrCat("week ", found.week);
  notice.url = address;
  return notice;
}

void Finish(const StandsOut& found, const std::vector<std::string>& places, Notice* notice) {
  std::vector<std::string> named;
  for (const TicketRef& ticket : found.tickets) {
    if (named.size() == kMostNamed) break;
    named.push_back(ToString(ticket));
  }
  if (named.size() < found.tickets.size()) {
    named.push_back(absl::StrCat(found.tickets.size() - named.size(), " more"));
  }
  notice->text =
      absl::StrCat(found.week, ": ", WordsOf(found), ", usually ", found.median, " a week (",
                   absl::StrJoin(places, ", "), "): ", absl::StrJoin(named, ", "));
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

std::vector<Notice> StandsOutNotices(const Policy& policy, const std::vector<StandsOut>& outside,
                                     const std::vector<StandsOut>& all, const std::string& address,
                                     absl::Time now) {
  const auto is_outside = [&](const StandsOut& found) {
    return std::any_of(outside.begin(), outside.end(), [&](const StandsOut& known) {
      return std::tie(known.week, known.what, known.where) ==
             std::tie(found.week, found.what, found.where);
    });
  };
  std::vector<StandsOut> hidden;
  std::copy_if(all.begin(), all.end(), std::back_inserter(hidden),
               [&](const StandsOut& found) { return !is_outside(found); });
  std::vector<Notice> notices;
  for (const bool is_hidden : {false, true}) {
    // The places of the same tickets, by what makes them the same.
    std::map<std::tuple<std::string, std::string, std::vector<TicketRef>>,
             std::vector<const StandsOut*>>
        same;
    for (const StandsOut& found : is_hidden ? hidden : outside) {
      same[{found.week, found.what, found.tickets}].push_back(&found);
    }
    for (const auto& [key, found] : same) {
      Notice notice = NoticeOf(policy, *found.front(), address, now);
      notice.is_private = is_hidden;
      std::vector<std::string> places;
      for (const StandsOut* one : found) {
        places.push_back(one->where);
        if (!notice.customer.empty() || !absl::StartsWith(one->where, kOfCustomer)) continue;
        notice.customer = one->where.substr(std::size(kOfCustomer) - 1);
        if (const Customer* customer = policy.FindCustomer(notice.customer)) {
          notice.crm = customer->crm;
        }
      }
      Finish(*found.front(), places, &notice);
      notices.push_back(std::move(notice));
    }
  }
  std::sort(notices.begin(), notices.end(),
            [](const Notice& a, const Notice& b) { return a.id < b.id; });
  return notices;
}

}  // namespace retainer
