// Business time: when a desk is open, and how open time is counted (rule 1 of the clock).
//
// `CalendarSpec` is what a policy says; `BusinessTime` is one or several of them compiled to a
// timeline of open UTC intervals. Time is physical seconds inside open intervals: a local Sunday of
// 25 hours is 25 hours long. A local time that a DST gap skips moves forward by the gap; one that
// occurs twice means its first occurrence.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/civil_time.h"
#include "absl/time/time.h"

namespace retainer {

// Minutes of the local day, [from, until). `until` is at most 24:00. If it is not after `from`, it
// is on the next day (22:00-06:00 belongs to the day on which it starts).
struct DayHours {
  int from_minute = 0;   // 0 .. 1439
  int until_minute = 0;  // 1 .. 1440, or <= from_minute for the next day
  friend auto operator<=>(const DayHours&, const DayHours&) = default;
};

struct CalendarSpec {
  std::string name;
  std::string time_zone;            // IANA
  bool always = false;              // `hours: always`: always open; other fields are ignored
  std::vector<DayHours> weekly[7];  // Monday first
  std::set<absl::CivilDay> holidays;
  std::set<std::pair<int, int>> yearly_holidays;  // (month, day)
  // Replace the weekly hours and holidays of that day.
  std::map<absl::CivilDay, std::vector<DayHours>> overrides;
  std::map<absl::CivilDay, std::vector<DayHours>> breaks;  // subtracted from that day
};

// A half-open span of time, [from, until).
struct Interval {
  absl::Time from;
  absl::Time until;
  friend bool operator==(const Interval&, const Interval&) = default;
};

// The union of calendars. Immutable for its users and thread-safe. The timeline is extended by
// years on demand, in both directions. Times after the year 9999 count as closed.
class BusinessTime {
 public:
  // InvalidArgument for an unknown time zone (the message names it and says what to do), for hours
  // out of range, and for calendars that never open.
  static absl::StatusOr<std::shared_ptr<const BusinessTime>> Compile(
      const std::vector<CalendarSpec>& calendars);

  virtual ~BusinessTime() = default;

  // The instant at which `open` business time has passed since `from`, not counting `pauses`. A
  // target that ends exactly at closing is due at closing, not at the next opening. For zero or
  // less: the first instant at or after `from` that is open and not paused. InfiniteFuture if a
  // pause without end (until == InfiniteFuture) or the calendar leaves too little time. `pauses`
  // may be unsorted and may overlap.
  virtual absl::Time Deadline(absl::Time from, absl::Duration open,
                              const std::vector<Interval>& pauses = {}) const = 0;

  // Open time in [from, until) outside `pauses`. Zero if until <= from.
  virtual absl::Duration Elapsed(absl::Time from, absl::Time until,
                                 const std::vector<Interval>& pauses = {}) const = 0;

  // Deadline and Elapsed for the same start, in one call.
  struct Reckoning {
    absl::Time due;          // Deadline(from, open, pauses)
    absl::Duration elapsed;  // Elapsed(from, until, pauses)
  };
  virtual Reckoning Reckon(absl::Time from, absl::Duration open, absl::Time until,
                           const std::vector<Interval>& pauses = {}) const = 0;

  virtual bool IsOpen(absl::Time at) const = 0;
  // The first open instant at or after `at`; nullopt if it never opens again.
  virtual std::optional<absl::Time> NextOpen(absl::Time at) const = 0;
  // The end of the open interval that contains `at`, or of the next one. Nullopt for always-open
  // calendars, and if it never opens again.
  virtual std::optional<absl::Time> NextClose(absl::Time at) const = 0;
  // The open intervals that overlap [from, until), clipped to it, in order, adjacent ones merged.
  // At most `limit`.
  virtual std::vector<Interval> OpenIntervals(absl::Time from, absl::Time until,
                                              std::size_t limit) const = 0;

  virtual bool always_open() const = 0;
  // The length of `1bd`: weekly open time divided by weekly open days (24 h if always open).
  virtual absl::Duration business_day() const = 0;
};

}  // namespace retainer
