// When a ticket's commitments to private customers count at the gate, for callers whose answers end
// in public logs.
//
// Rationale: the instant at which a gate's answer changes can reveal the issue: minus the plan's
// hours it is the opening, and the answer changes back when a maintainer comments. So for these
// callers a commitment counts from the next instant of a grid on, and until the next instant of the
// grid after its end. The grid has one instant a day, shifted for each ticket by a value that only
// the store can compute. A reader who sees the answer change knows only that something happened
// within the last day, on any ticket.
//
// A begin or end takes effect at the decision that learns of it, never earlier. News about the past
// (a late delivery, an excuse, a released claim) must not change an answer at once.
//
// Plain values and pure functions; thread-safe.
#pragma once

#include <cstdint>
#include <optional>

#include "absl/time/time.h"

namespace retainer {

struct TicketRecord;

// The time between two instants of a ticket's grid.
inline constexpr absl::Duration kHiddenGrain = absl::Hours(24);

// The first instant of the grid at or after `at`.
absl::Time CoarseAt(absl::Time at, std::uint32_t shift_seconds);

struct HiddenSpan {
  // The commitment counts from here on. Infinite: never. This exact instant is only for the next
  // decision: use CoarseAt for answers.
  absl::Time since = absl::InfiniteFuture();
  // A commitment that has ended counts until here (an instant of the grid). Infinite past: none
  // ended.
  absl::Time until = absl::InfinitePast();
  friend bool operator==(const HiddenSpan&, const HiddenSpan&) = default;
};

struct HiddenOwed {
  std::uint32_t shift_seconds = 0;
  HiddenSpan broken;
  HiddenSpan at_risk;  // at risk or broken
  friend bool operator==(const HiddenOwed&, const HiddenOwed&) = default;
};

// The value for `after`, the decision that follows `before` (nullptr: the first decision). Nullopt
// if nothing is owed to a private customer and nothing was lately. REQUIRES: shift_seconds is less
// than one day.
std::optional<HiddenOwed> NextHiddenOwed(const TicketRecord* before, const TicketRecord& after,
                                         std::uint32_t shift_seconds);

}  // namespace retainer
