// What stands out: weeks in which more happened than usual.
//
// A week stands out if its number of tickets is at least kFewestTickets, and above the median of
// the weeks before it (up to kWeeksBefore of them, at least kFewestWeeks) by more than kDeviations
// median absolute deviations. A deviation counts as at least one ticket, so that a quiet past does
// not make everything remarkable.
//
// Pure functions; thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "absl/time/civil_time.h"
#include "absl/time/time.h"
#include "retainer/figures.h"
#include "retainer/ids.h"
#include "retainer/policy.h"
#include "retainer/standing.h"

namespace retainer {

inline constexpr int kWeeksBefore = 26;
inline constexpr int kFewestWeeks = 4;
inline constexpr std::size_t kFewestTickets = 5;
inline constexpr double kDeviations = 3.5;

struct StandsOut {
  std::string what;   // `opened`, `missed`, `reopened`: tickets to which it happened
  std::string where;  // `all`, `customer acme`, `priority P1`, `project github:acme/opendb`
  std::string week;   // WeekName
  double median = 0;  // of the weeks before
  double deviations = 0;
  std::vector<TicketRef> tickets;  // sorted
  friend bool operator==(const StandsOut&, const StandsOut&) = default;
};

// Counts tickets by week. The order in which they are added does not matter. Not thread-safe.
class WeekWatch {
 public:
  // Looks at the whole weeks from `scope.from` to `scope.as_of`, and kWeeksBefore weeks before.
  // `scope.cut` and `scope.most_listed` are not used.
  explicit WeekWatch(FigureScope scope) : scope_(std::move(scope)) {}

  // The instant from which tickets matter.
  static absl::Time BeginOf(const FigureScope& scope);

  // As FigureSums::Add.
  void Add(const FiguredTicket& ticket, const Standing& standing);

  // The last week first, then by what and where.
  std::vector<StandsOut> Find() const;

 private:
  struct Series {
    std::string what;
    std::string where;
    friend auto operator<=>(const Series&, const Series&) = default;
  };
  void Count(const std::string& what, const std::set<std::string>& places, absl::Time at,
             const TicketRef& ticket);

  const FigureScope scope_;
  std::optional<absl::CivilDay> first_;  // the Monday of the first week with anything
  std::map<Series, std::map<absl::CivilDay, std::set<TicketRef>>> weeks_;  // by their Mondays
};

// One notice for each finding of a week. Findings of the same tickets are one. `outside`: what
// stands out if no private customer exists. `all`: what stands out for the team; where the first
// finds nothing, the notice is private. `address`: of a page with the figures; may be empty. Ids
// are stable: each finding is told once, whenever it is computed.
std::vector<Notice> StandsOutNotices(const Policy& policy, const std::vector<StandsOut>& outside,
                                     const std::vector<StandsOut>& all, const std::string& address,
                                     absl::Time now);

}  // namespace retainer
