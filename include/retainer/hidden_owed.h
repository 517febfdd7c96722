// When a ticket's commitments to private customers count at the gate, as those ask it whose answers
// end in public logs.
//
// Rationale: the instant at which an answer changes tells which issue it was: minus the plan's
// hours it is the opening, and it turns back with a maintainer's comment. So there they count from
// the next instant of a grid on, and as long after they have ended. The grid is one instant a day,
// shifted for each ticket by what only the store can work out: who sees the answer change knows
// that something happened within the day before, on any ticket.
//
// Whatever ends or begins is taken at the decision that learns of it, never earlier: what news
// makes true of the past (a late delivery, an excuse, a released claim) must not change an answer
// at once.
//
// Plain values and pure functions; thread-safe.
#pragma once

#include <cstdint>
#include <optional>

#include "absl/time/time.h"

namespace retainer {

struct TicketRecord;

// Between two instants of a ticket's grid.
inline constexpr absl::Duration kHiddenGrain = absl::Hours(24);

// The first instant of the grid at or after `at`.
absl::Time CoarseAt(absl::Time at, std::uint32_t shift_seconds);

struct HiddenSpan {
  // From here on, until something happens; infinite: never. Exact: for the next decision alone.
  absl::Time since = absl::InfiniteFuture();
  // Until here for what has ended, an instant of the grid; the infinite past: nothing has.
  absl::Time until = absl::InfinitePast();
  friend bool operator==(const HiddenSpan&, const HiddenSpan&) = default;
};

struct HiddenOwed {
  std::uint32_t shift_seconds = 0;
  HiddenSpan broken;
  HiddenSpan at_risk;  // or broken
  friend bool operator==(const HiddenOwed&, const HiddenOwed&) = default;
};

// Of `after`, the decision that follows `before` (nullptr: the first). Nullopt where nothing is
// owed to a private customer, and nothing was until lately. REQUIRES: shift_seconds is less than a
// day's.
std::optional<HiddenOwed> NextHiddenOwed(const TicketRecord* before, const TicketRecord& after,
                                         std::uint32_t shift_seconds);

}  // namespace retainer
