// The open intervals of one or several calendars over a span of whole UTC years, with running sums.
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

namespace retainer {

// A calendar with its zone loaded.
struct ZonedCalendar {
  CalendarSpec spec;
  absl::TimeZone zone;
};

// Seconds of Unix time, [from, until). Zones have whole-second offsets, so nothing is lost.
struct Span {
  std::int64_t from = 0;
  std::int64_t until = 0;
};

struct Timeline {
  absl::civil_year_t first_year = 0;  // both inclusive, in UTC
  absl::civil_year_t last_year = 0;
  Span covered;  // whole UTC days
  // Open spans in order, disjoint, adjoining ones merged. Three arrays rather than one of structs:
  // each search walks one of them only.
  std::vector<std::int64_t> from;
  std::vector<std::int64_t> until;
  std::vector<std::int64_t> sum;  // open seconds up to and with span i
  // By UTC day of `covered`: the first span that ends after the day's beginning. A search begins
  // there and is over after the few spans of a day.
  std::vector<std::uint32_t> first_of_day;

  // The first span that ends after `second`: the one that holds it, else the next one; the number
  // of spans when there is none. REQUIRES: `second` within `covered`.
  std::size_t SpanAt(std::int64_t second) const {
    constexpr std::int64_t kDaySeconds = 24 * 60 * 60;
    std::size_t i = first_of_day[static_cast<std::size_t>((second - covered.from) / kDaySeconds)];
    while (i < until.size() && until[i] <= second) ++i;
    return i;
  }
  // The first span from `start` on at whose end at least `open` seconds have passed since
  // `covered.from`; the number of spans when there is none. Gallops, for targets are short beside a
  // timeline.
  std::size_t SpanReaching(std::int64_t open, std::size_t start) const;
};

// Open time in [covered.from, an instant), split so that what is nearly always whole seconds is
// counted as integers.
struct OpenBefore {
  std::int64_t seconds = 0;
  absl::Duration rest;   // below a second
  std::size_t span = 0;  // as SpanAt
};
// Instants outside of `covered` count as its ends.
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

// Sorts, drops empty spans and merges those that touch.
void Normalize(std::vector<Span>* spans);

}  // namespace retainer
