#include "src/reports/weekly_notices.h"

#include "absl/strings/str_cat.h"
#include "src/reports/figure_rows.h"

namespace retainer::reports {
namespace {

absl::StatusOr<std::vector<StandsOut>> FindFor(const ReportSources& sources,
                                               const FigureScope& scope, Audience audience) {
  WeekWatch watch(scope);
  WalkScope walk;
  walk.from = WeekWatch::BeginOf(scope);
  walk.as_of = scope.as_of;
  walk.audience = audience;
  const absl::Status walked = WalkTickets(
      sources, walk,
      [&](const FiguredTicket& ticket, const Standing& standing) { watch.Add(ticket, standing); });
  if (!walked.ok()) return walked;
  return watch.Find();
}

}  // namespace

absl::Time NextWeekAt(const Policy& policy, absl::Time now) {
  const absl::TimeZone zone = ZoneFor(policy, "");
  return absl::FromCivil(MondayOf(now, zone) + 7, zone);
}

absl::StatusOr<std::vector<Notice>> WeeklyNotices(const ReportSources& sources,
                                                  const std::string& public_url) {
  const Policy& policy = sources.terms.back()->policy;
  const absl::TimeZone zone = ZoneFor(policy, "");
  const absl::CivilDay monday = MondayOf(sources.now, zone);
  FigureScope scope;
  scope.zone = zone;
  scope.from = absl::FromCivil(monday - 7, zone);
  scope.until = scope.as_of = absl::FromCivil(monday, zone);
  const auto outside = FindFor(sources, scope, Audience::kOutsiders);
  if (!outside.ok()) return outside.status();
  const auto all = FindFor(sources, scope, Audience::kTeam);
  if (!all.ok()) return all.status();
  const std::string address =
      public_url.empty() ? ""
                         : absl::StrCat(public_url, "/desk/figures?from=", DayText(monday - 7),
                                        "&until=", DayText(monday - 1));
  // Not when it is found: a restore must see that it was due before.
  return StandsOutNotices(policy, *outside, *all, address, scope.as_of + absl::Hours(1));
}

}  // namespace retainer::reports
