// What stood out in the last whole week, as notices to the team.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "retainer/stands_out.h"
#include "src/reports/ticket_walk.h"

namespace retainer::reports {

// The Monday after the week of an instant, in the desk's zone: the week can be looked at then.
absl::Time NextWeekAt(const Policy& policy, absl::Time now);

// Of the last week that is over at `sources.now`. `public_url`: the service's address for the link
// to the figures, without a trailing slash; empty: no link. Judges all tickets of half a year
// twice: for the team, and as if no private customer existed. Errors: those of WalkTickets.
absl::StatusOr<std::vector<Notice>> WeeklyNotices(const ReportSources& sources,
                                                  const std::string& public_url);

}  // namespace retainer::reports
