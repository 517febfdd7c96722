// The open intervals of one or several calendars over a span of whole UTC years, with running sums.
//
// `Timeline` is immutable, so any number of threads may read it. `BuildTimeline` is pure.
#pragma once

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
  Span covered;
  // Open spans in order, disjoint, adjoining ones merged. Three arrays rather than one of structs:
  // each search walks one of them only.
  std::vector<std::int64_t> from;
  std::vector<std::int64_t> until;
  std::vector<std::int64_t> sum;  // open seconds up to and with span i

  // The index of the last span that begins at or before `second`; -1 when there is none.
  std::ptrdiff_t LastBeginning(std::int64_t second) const;
  // Open time in [covered.from, at). REQUIRES: `at` within `covered`.
  absl::Duration OpenBefore(absl::Time at) const;
};

// REQUIRES: first_year <= last_year.
Timeline BuildTimeline(const std::vector<ZonedCalendar>& calendars, absl::civil_year_t first_year,
                       absl::civil_year_t last_year);

// Sorts, drops empty spans and merges those that touch.
void Normalize(std::vector<Span>* spans);

}  // namespace retainer
