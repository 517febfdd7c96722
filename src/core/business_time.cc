// BusinessTime: always-open calendars use a formula, all others search a timeline that is extended
// on demand.
#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "retainer/calendar.h"
#include "retainer/time_zone.h"
#include "src/core/timeline.h"

namespace retainer {
namespace {

constexpr absl::civil_year_t kFirstYear = 1;
constexpr absl::civil_year_t kLastYear = 9999;
constexpr std::int64_t kFirstSecond = -62135596800;  // 0001-01-01T00:00:00Z
constexpr std::int64_t kEndSecond = 253402300800;    // 10000-01-01T00:00:00Z
constexpr int kDayMinutes = 24 * 60;
constexpr int kWeekMinutes = 7 * kDayMinutes;

std::vector<Interval> Merged(std::vector<Interval> pauses) {
  std::sort(pauses.begin(), pauses.end(),
            [](const Interval& a, const Interval& b) { return a.from < b.from; });
  std::vector<Interval> merged;
  for (const Interval& pause : pauses) {
    if (pause.from >= pause.until) continue;
    if (!merged.empty() && pause.from <= merged.back().until) {
      merged.back().until = std::max(merged.back().until, pause.until);
    } else {
      merged.push_back(pause);
    }
  }
  return merged;
}

// True if the pauses are in order, disjoint and not empty, as the clock engine keeps them.
bool IsMerged(const std::vector<Interval>& pauses) {
  for (std::size_t i = 0; i < pauses.size(); ++i) {
    if (pauses[i].from >= pauses[i].until) return false;
    if (i > 0 && pauses[i].from <= pauses[i - 1].until) return false;
  }
  return true;
}

// Handles pauses, in the same way for all calendars.
class PausedTime : public BusinessTime {
 public:
  absl::Time Deadline(absl::Time from, absl::Duration open,
                      const std::vector<Interval>& pauses) const final {
    if (pauses.empty()) {
      if (open > absl::ZeroDuration()) return Advance(from, open);
      return NextOpen(from).value_or(absl::InfiniteFuture());
    }
    if (!IsMerged(pauses)) return Deadline(from, open, Merged(pauses));
    return open > absl::ZeroDuration() ? AdvanceAround(from, open, pauses)
                                       : FirstUnpaused(from, pauses);
  }

  absl::Duration Elapsed(absl::Time from, absl::Time until,
                         const std::vector<Interval>& pauses) const final {
    if (until <= from) return absl::ZeroDuration();
    absl::Duration open = Between(from, until);
    if (!IsMerged(pauses)) return Elapsed(from, until, Merged(pauses));
    for (const Interval& pause : pauses) {
      const absl::Time begin = std::max(pause.from, from);
      const absl::Time end = std::min(pause.until, until);
      if (begin < end) open -= Between(begin, end);
    }
    return open;
  }

  Reckoning Reckon(absl::Time from, absl::Duration open, absl::Time until,
                   const std::vector<Interval>& pauses) const final {
    if (pauses.empty() && open > absl::ZeroDuration() && from < until) {
      return AdvanceAndCount(from, open, until);
    }
    return {Deadline(from, open, pauses), Elapsed(from, until, pauses)};
  }

 protected:
  // REQUIRES: open > 0.
  virtual absl::Time Advance(absl::Time from, absl::Duration open) const = 0;
  // REQUIRES: from < until.
  virtual absl::Duration Between(absl::Time from, absl::Time until) const = 0;
  // REQUIRES: open > 0, from < until.
  virtual Reckoning AdvanceAndCount(absl::Time from, absl::Duration open,
                                    absl::Time until) const = 0;

 private:
  absl::Time AdvanceAround(absl::Time from, absl::Duration open,
                           const std::vector<Interval>& pauses) const {
    for (const Interval& pause : pauses) {
      if (pause.until <= from) continue;
      if (pause.from > from) {
        const absl::Duration before = Between(from, pause.from);
        if (open <= before) break;
        open -= before;
      }
      if (pause.until == absl::InfiniteFuture()) return absl::InfiniteFuture();
      from = pause.until;
    }
    return Advance(from, open);
  }

  absl::Time FirstUnpaused(absl::Time from, const std::vector<Interval>& pauses) const {
    std::optional<absl::Time> at = NextOpen(from);
    for (const Interval& pause : pauses) {
      if (!at || *at < pause.from) break;
      if (*at < pause.until) at = NextOpen(pause.until);
    }
    return at.value_or(absl::InfiniteFuture());
  }
};

class AlwaysOpen final : public PausedTime {
 public:
  bool IsOpen(absl::Time at) const override { return at < absl::InfiniteFuture(); }
  std::optional<absl::Time> NextOpen(absl::Time at) const override {
    if (at == absl::InfiniteFuture()) return std::nullopt;
    return at;
  }
  std::optional<absl::Time> NextClose(absl::Time) const override { return std::nullopt; }
  std::vector<Interval> OpenIntervals(absl::Time from, absl::Time until,
                                      std::size_t limit) const override {
    if (from >= until || limit == 0) return {};
    return {{from, until}};
  }
  bool always_open() const override { return true; }
  absl::Duration business_day() const override { return absl::Hours(24); }

 protected:
  absl::Time Advance(absl::Time from, absl::Duration open) const override { return from + open; }
  absl::Duration Between(absl::Time from, absl::Time until) const override { return until - from; }
  Reckoning AdvanceAndCount(absl::Time from, absl::Duration open, absl::Time until) const override {
    return {from + open, until - from};
  }
};

absl::civil_year_t YearOf(absl::Time at) {
  if (at == absl::InfiniteFuture()) return kLastYear;
  if (at == absl::InfinitePast()) return kFirstYear;
  const absl::civil_year_t year = absl::ToCivilYear(at, absl::UTCTimeZone()).year();
  return std::clamp(year, kFirstYear, kLastYear);
}

// Thread-safety: readers load one pointer and never wait. Extension takes a mutex and publishes a
// new timeline. Old timelines are kept as long as the calendar, because a reader may still use
// them. Each extension at least doubles the span, so the total size is less than twice the newest.
class Scheduled final : public PausedTime {
 public:
  Scheduled(std::vector<core::ZonedCalendar> calendars, absl::Duration business_day)
      : calendars_(std::move(calendars)), business_day_(business_day) {
    // If no weekday has hours, nothing opens after the last override: stop there.
    const bool weekly = std::any_of(calendars_.begin(), calendars_.end(), [](const auto& c) {
      return std::any_of(std::begin(c.spec.weekly), std::end(c.spec.weekly),
                         [](const auto& hours) { return !hours.empty(); });
    });
    if (weekly) return;
    absl::civil_year_t last = kFirstYear;
    for (const core::ZonedCalendar& calendar : calendars_) {
      if (calendar.spec.overrides.empty()) continue;
      last = std::max(last, calendar.spec.overrides.rbegin()->first.year() + 1);
    }
    last_year_ = std::min(last, kLastYear);
  }

  bool IsOpen(absl::Time at) const override {
    if (OutOfRange(at)) return false;
    const std::optional<Interval> next = IntervalAt(at);
    return next && next->from <= at;
  }

  std::optional<absl::Time> NextOpen(absl::Time at) const override {
    const std::optional<Interval> next = IntervalAt(at);
    if (!next) return std::nullopt;
    return std::max(at, next->from);
  }

  std::optional<absl::Time> NextClose(absl::Time at) const override {
    std::optional<Interval> next = IntervalAt(at);
    if (!next) return std::nullopt;
    // An interval that ends at the end of the timeline may continue after it.
    for (;;) {
      const core::Timeline* timeline = current_.load(std::memory_order_acquire);
      const absl::Time end = absl::FromUnixSeconds(timeline->covered.until);
      if (next->until < end) return next->until;
      if (timeline->last_year >= last_year_) return std::nullopt;
      Grow(timeline->first_year, timeline->last_year + 1);
      next = IntervalAt(at);
    }
  }

  std::vector<Interval> OpenIntervals(absl::Time from, absl::Time until,
                                      std::size_t limit) const override {
    std::vector<Interval> intervals;
    absl::Time at = from;
    while (intervals.size() < limit && at < until) {
      const std::optional<absl::Time> opens = NextOpen(at);
      if (!opens || *opens >= until) break;
      const absl::Time closes = std::min(NextClose(*opens).value_or(until), until);
      intervals.push_back({*opens, closes});
      at = closes;
    }
    return intervals;
  }

  bool always_open() const override { return false; }
  absl::Duration business_day() const override { return business_day_; }

 protected:
  absl::Time Advance(absl::Time from, absl::Duration open) const override {
    const core::Timeline& timeline = At(from);
    if (const std::optional<std::int64_t> second = Second(from)) {
      if (const auto due = QuickReach(timeline, core::CountBefore(timeline, *second), open))
        return *due;
    }
    if (IsBeyond(from, open)) return absl::InfiniteFuture();
    return Reach(timeline, core::CountBefore(timeline, from), from, open);
  }

  absl::Duration Between(absl::Time from, absl::Time until) const override {
    const core::Timeline& timeline = At(from, until);
    return Difference(core::CountBefore(timeline, from), core::CountBefore(timeline, until));
  }

  Reckoning AdvanceAndCount(absl::Time from, absl::Duration open, absl::Time until) const override {
    const core::Timeline& timeline = At(from, until);
    const std::optional<std::int64_t> from_second = Second(from);
    const std::optional<std::int64_t> until_second = Second(until);
    if (from_second && until_second) {
      const core::OpenBefore first = core::CountBefore(timeline, *from_second);
      if (const auto due = QuickReach(timeline, first, open)) {
        return {*due,
                absl::Seconds(core::CountBefore(timeline, *until_second).seconds - first.seconds)};
      }
    }
    const core::OpenBefore first = core::CountBefore(timeline, from);
    return {IsBeyond(from, open) ? absl::InfiniteFuture() : Reach(timeline, first, from, open),
            Difference(first, core::CountBefore(timeline, until))};
  }

 private:
  static bool IsBeyond(absl::Time from, absl::Duration open) {
    return (OutOfRange(from) && from > absl::UnixEpoch()) ||
           open > absl::Seconds(kEndSecond - kFirstSecond);
  }

  // Nearly all instants are whole seconds, and integer arithmetic is much faster.
  static std::optional<std::int64_t> Second(absl::Time at) {
    const std::int64_t second = absl::ToUnixSeconds(at);
    if (at != absl::FromUnixSeconds(second)) return std::nullopt;
    return second;
  }

  // Like Reach, for whole seconds within the known timeline. Nullopt in all other cases.
  static std::optional<absl::Time> QuickReach(const core::Timeline& timeline,
                                              const core::OpenBefore& before, absl::Duration open) {
    const std::int64_t seconds = absl::ToInt64Seconds(open);
    if (open != absl::Seconds(seconds) || seconds > kEndSecond - kFirstSecond) return std::nullopt;
    const std::size_t i = timeline.SpanReaching(before.seconds + seconds, before.span);
    if (i >= timeline.sum.size()) return std::nullopt;
    return absl::FromUnixSeconds(timeline.until[i] - (timeline.sum[i] - before.seconds - seconds));
  }

  // The instant at which `open` time has passed since `from`. `before`: the open time before
  // `from`.
  absl::Time Reach(const core::Timeline& known, core::OpenBefore before, absl::Time from,
                   absl::Duration open) const {
    const core::Timeline* timeline = &known;
    for (;;) {
      before.rest += open;
      std::int64_t target = before.seconds + absl::ToInt64Seconds(before.rest);
      if (absl::Seconds(target - before.seconds) < before.rest) ++target;
      const std::size_t i = timeline->SpanReaching(target, before.span);
      if (i < timeline->sum.size()) {
        const std::int64_t left = timeline->sum[i] - before.seconds;
        return absl::FromUnixSeconds(timeline->until[i] - left) + before.rest;
      }
      if (timeline->last_year >= last_year_) return absl::InfiniteFuture();
      timeline = &Grow(timeline->first_year, timeline->last_year + 1);
      before = core::CountBefore(*timeline, from);
    }
  }

  static absl::Duration Difference(const core::OpenBefore& first, const core::OpenBefore& last) {
    const absl::Duration whole = absl::Seconds(last.seconds - first.seconds);
    return first.rest == last.rest ? whole : whole + (last.rest - first.rest);
  }

  static bool OutOfRange(absl::Time at) {
    return at < absl::FromUnixSeconds(kFirstSecond) || at >= absl::FromUnixSeconds(kEndSecond);
  }

  // The open interval that contains `at`, or the next one.
  std::optional<Interval> IntervalAt(absl::Time at) const {
    if (OutOfRange(at) && at > absl::UnixEpoch()) return std::nullopt;
    const core::Timeline* timeline = &At(at);
    for (;;) {
      const std::size_t i = timeline->SpanAt(
          std::clamp(absl::ToUnixSeconds(at), timeline->covered.from, timeline->covered.until - 1));
      if (i < timeline->until.size() && absl::FromUnixSeconds(timeline->until[i]) > at) {
        return Interval{absl::FromUnixSeconds(timeline->from[i]),
                        absl::FromUnixSeconds(timeline->until[i])};
      }
      if (timeline->last_year >= last_year_) return std::nullopt;
      timeline = &Grow(timeline->first_year, timeline->last_year + 1);
    }
  }

  // A timeline that covers `at`, within the supported years.
  const core::Timeline& At(absl::Time at) const {
    const core::Timeline* timeline = current_.load(std::memory_order_acquire);
    if (timeline != nullptr && Covers(*timeline, at)) return *timeline;
    const absl::civil_year_t year = std::min(YearOf(at), last_year_);
    return Grow(year, year);
  }

  // A timeline that covers both instants.
  const core::Timeline& At(absl::Time from, absl::Time until) const {
    const core::Timeline& timeline = At(from);
    return Covers(timeline, until) ? timeline : At(until);  // a timeline only grows
  }

  static bool Covers(const core::Timeline& timeline, absl::Time at) {
    const std::int64_t second = absl::ToUnixSeconds(at);
    return second >= timeline.covered.from && second < timeline.covered.until;
  }

  const core::Timeline& Grow(absl::civil_year_t first, absl::civil_year_t last) const {
    const std::lock_guard<std::mutex> lock(mutex_);
    const core::Timeline* old = current_.load(std::memory_order_acquire);
    if (old == nullptr) {
      // Most queries are near the present: start with one year back and two years ahead.
      first -= 1;
      last += 2;
    } else {
      const bool back = first < old->first_year;
      const bool ahead = last > old->last_year;
      if (!back && !ahead) return *old;
      const absl::civil_year_t years = old->last_year - old->first_year + 1;
      first = back ? std::min(first, old->first_year - years) : old->first_year;
      last = ahead ? std::max(last, old->last_year + years) : old->last_year;
    }
    first = std::max(first, kFirstYear);
    last = std::min(last, last_year_);
    first = std::min(first, last);
    timelines_.push_back(
        std::make_unique<const core::Timeline>(core::BuildTimeline(calendars_, first, last)));
    current_.store(timelines_.back().get(), std::memory_order_release);
    return *timelines_.back();
  }

  const std::vector<core::ZonedCalendar> calendars_;
  const absl::Duration business_day_;
  absl::civil_year_t last_year_ = kLastYear;
  mutable std::atomic<const core::Timeline*> current_{nullptr};
  mutable std::mutex mutex_;
  mutable std::vector<std::unique_ptr<const core::Timeline>> timelines_;
};

bool InRange(const DayHours& h) {
  return h.from_minute >= 0 && h.from_minute < kDayMinutes && h.until_minute >= 0 &&
         h.until_minute <= kDayMinutes;
}

bool InRange(const std::vector<DayHours>& hours) {
  return std::all_of(hours.begin(), hours.end(), [](const DayHours& h) { return InRange(h); });
}

bool HoursInRange(const CalendarSpec& spec) {
  const auto day_ok = [](const auto& entry) { return InRange(entry.second); };
  return std::all_of(std::begin(spec.weekly), std::end(spec.weekly),
                     [](const auto& hours) { return InRange(hours); }) &&
         std::all_of(spec.overrides.begin(), spec.overrides.end(), day_ok) &&
         std::all_of(spec.breaks.begin(), spec.breaks.end(), day_ok);
}

bool Opens(const CalendarSpec& spec) {
  const auto has_hours = [](const std::vector<DayHours>& hours) { return !hours.empty(); };
  if (std::any_of(spec.overrides.begin(), spec.overrides.end(),
                  [&](const auto& entry) { return has_hours(entry.second); })) {
    return true;
  }
  return spec.yearly_holidays.size() < 366 &&
         std::any_of(std::begin(spec.weekly), std::end(spec.weekly), has_hours);
}

// Marks the open minutes of a week, which begins on Monday 00:00. Hours after Sunday midnight wrap
// around.
void MarkWeek(const CalendarSpec& spec, int shift, std::vector<bool>* week) {
  for (int day = 0; day < 7; ++day) {
    for (const DayHours& h : spec.weekly[day]) {
      const int length = h.until_minute > h.from_minute
                             ? h.until_minute - h.from_minute
                             : h.until_minute + kDayMinutes - h.from_minute;
      for (int i = 0; i < length; ++i) {
        const int minute = day * kDayMinutes + h.from_minute + i + shift + kWeekMinutes;
        (*week)[static_cast<std::size_t>(minute % kWeekMinutes)] = true;
      }
    }
  }
}

bool IsAlways(const CalendarSpec& spec) {
  if (spec.always) return true;
  if (!spec.holidays.empty() || !spec.yearly_holidays.empty() || !spec.overrides.empty() ||
      !spec.breaks.empty()) {
    return false;
  }
  std::vector<bool> week(kWeekMinutes);
  MarkWeek(spec, 0, &week);
  return std::find(week.begin(), week.end(), false) == week.end();
}

// Combines zones with their offsets at one fixed instant, because the length of a business day must
// not change with the season.
absl::Duration BusinessDay(const std::vector<core::ZonedCalendar>& calendars) {
  const absl::Time reference = absl::FromCivil(absl::CivilDay(2026, 1, 1), absl::UTCTimeZone());
  std::vector<bool> week(kWeekMinutes);
  bool open_days[7] = {};
  for (const core::ZonedCalendar& calendar : calendars) {
    MarkWeek(calendar.spec, -calendar.zone.At(reference).offset / 60, &week);
    for (int day = 0; day < 7; ++day) open_days[day] |= !calendar.spec.weekly[day].empty();
  }
  const auto days = std::count(std::begin(open_days), std::end(open_days), true);
  if (days > 0) {
    return absl::Minutes(std::count(week.begin(), week.end(), true)) / days;
  }
  // The calendar has only single days: take their mean.
  std::int64_t minutes = 0;
  std::int64_t dated = 0;
  for (const core::ZonedCalendar& calendar : calendars) {
    for (const auto& [day, hours] : calendar.spec.overrides) {
      if (hours.empty()) continue;
      ++dated;
      for (const DayHours& h : hours) {
        minutes += h.until_minute - h.from_minute;
        if (h.until_minute <= h.from_minute) minutes += kDayMinutes;
      }
    }
  }
  return absl::Minutes(minutes) / dated;
}

}  // namespace

absl::StatusOr<std::shared_ptr<const BusinessTime>> BusinessTime::Compile(
    const std::vector<CalendarSpec>& calendars) {
  std::vector<core::ZonedCalendar> zoned;
  bool always = false;
  bool opens = false;
  for (const CalendarSpec& spec : calendars) {
    core::ZonedCalendar calendar{spec, absl::UTCTimeZone()};
    if (!LoadNamedZone(spec.time_zone, &calendar.zone)) {
      return absl::InvalidArgumentError(absl::StrCat("calendar \"", spec.name,
                                                     "\": unknown time zone \"", spec.time_zone,
                                                     "\": write a name of the IANA database, e.g. "
                                                     "Europe/Paris or UTC (is tzdata installed?)"));
    }
    if (!spec.always && !HoursInRange(spec)) {
      return absl::InvalidArgumentError(
          absl::StrCat("calendar \"", spec.name,
                       "\": hours out of range: write HH:MM-HH:MM between 00:00 and 24:00"));
    }
    if (IsAlways(spec)) {
      always = true;
      continue;
    }
    opens |= Opens(spec);
    zoned.push_back(std::move(calendar));
  }
  if (always) return std::make_shared<const AlwaysOpen>();
  if (!opens) {
    std::string names;
    for (const CalendarSpec& spec : calendars) {
      absl::StrAppend(&names, names.empty() ? "" : ", ", "\"", spec.name, "\"");
    }
    return absl::InvalidArgumentError(
        absl::StrCat("calendar ", names.empty() ? "(none)" : names,
                     " never opens: give it hours on a weekday, or `hours: always`"));
  }
  const absl::Duration business_day = BusinessDay(zoned);
  return std::make_shared<const Scheduled>(std::move(zoned), business_day);
}

}  // namespace retainer
