// The open intervals of one or more calendars over whole UTC years, with running sums.
//
// `Timeline` is immutable, so any number of threads may read it. `BuildTimeline` is pure.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "absl/time/civil_time.h"
#include "absl/time/time.h"
#include "retainer/calendar.h"

namespace retainer::core {

// A calendar with its zone loaded.
struct ZonedCalendar {
  CalendarSpec spec;
  absl::TimeZone zone;
};

// Unix time in seconds, [from, until). Time zones have whole-second offsets, so this is exact.
struct Span {
  std::int64_t from = 0;
  std::int64_t until = 0;
};

struct Timeline {
  absl::civil_year_t first_year = 0;  // first and last year: inclusive, UTC
  absl::civil_year_t last_year = 0;
  Span covered;  // whole UTC days
  // Open spans in order, disjoint, adjacent ones merged. Stored as three arrays instead of one
  // array of structs, because each search reads only one of them.
  std::vector<std::int64_t> from;
  std::vector<std::int64_t> until;
  std::vector<std::int64_t> sum;  // open seconds up to and including span i
  // For each UTC day of `covered`: the first span that ends after the beginning of the day. A
  // search begins there and ends within the few spans of a day.
  std::vector<std::uint32_t> first_of_day;

  // The first span that ends after `second`: the one that contains it, else the next one; the
  // number of spans if there is none. REQUIRES: `second` is within `covered`.
  std::size_t SpanAt(std::int64_t second) const {
    constexpr std::int64_t kDaySeconds = 24 * 60 * 60;
    std::size_t i = first_of_day[static_cast<std::size_t>((second - covered.from) / kDaySeconds)];
    while (i < until.size() && until[i] <= second) ++i;
    return i;
  }
  // The first span from `start` on at whose end at least `open` seconds have passed since
  // `covered.from`; the number of spans if there is none. Uses galloping search, because targets
  // are short compared with a timeline.
  std::size_t SpanReaching(std::int64_t open, std::size_t start) const;
};

// Open time in [covered.from, an instant), split because it is nearly always whole seconds, which
// are counted as integers.
struct OpenBefore {
  std::int64_t seconds = 0;
  absl::Duration rest;   // less than a second
  std::size_t span = 0;  // see SpanAt
};
// Instants outside `covered` count as its nearest end.
OpenBefore CountBefore(const Timeline& timeline, absl::Time at);
inline OpenBefore CountBefore(const Timeline& timeline, std::int64_t second) {
  second = std::max(second, timeline.covered.from);
  OpenBefore before;
  if (second >= timeline.covered.until) {
    before.span = timeline.sum.size();
    before.seconds = timeline.sum.empty() ? 0 : timeline.sum.back();
    return before;
  }
  const std::size_t i = before.span = timeline.SpanAt(second);
  if (i > 0) before.seconds = timeline.sum[i - 1];
  if (i < timeline.from.size() && timeline.from[i] <= second) {
    before.seconds += second - timeline.from[i];
  }
  return before;
}

// REQUIRES: first_year <= last_year.
Timeline BuildTimeline(const std::vector<ZonedCalendar>& calendars, absl::civil_year_t first_year,
                       absl::civil_year_t last_year);

// Sorts the spans, removes empty ones and merges adjacent ones.
void Normalize(std::vector<Span>* spans);

}  // namespace retainer::core
