// Compares business time with a slow and simple model that tests every minute of a few weeks.
#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "tests/core/calendar_samples.h"

namespace retainer::core {
namespace {

// Zones with skipped and repeated times within the weeks below, one of them of half an hour.
const char* const kZones[] = {"UTC", "Europe/Paris", "America/New_York", "Australia/Lord_Howe",
                              "Asia/Kathmandu"};

std::vector<DayHours> AnyHours(int most) {
  std::vector<DayHours> hours;
  const int count = *rc::gen::inRange(0, most + 1);
  for (int i = 0; i < count; ++i) {
    hours.push_back({*rc::gen::inRange(0, 1440), *rc::gen::inRange(1, 1441)});
  }
  return hours;
}

// Around the ends of March and October 2026, where the offsets change.
absl::CivilDay AnyDay() {
  const absl::CivilDay base =
      *rc::gen::element(absl::CivilDay(2026, 3, 25), absl::CivilDay(2026, 10, 22));
  return base + *rc::gen::inRange(0, 10);
}

CalendarSpec AnyCalendar() {
  CalendarSpec spec;
  spec.time_zone = kZones[*rc::gen::inRange(0, 5)];
  for (auto& day : spec.weekly) day = AnyHours(2);
  spec.weekly[*rc::gen::inRange(0, 7)].push_back({9 * 60, 12 * 60});
  for (int i = *rc::gen::inRange(0, 3); i > 0; --i) spec.holidays.insert(AnyDay());
  for (int i = *rc::gen::inRange(0, 2); i > 0; --i) {
    const absl::CivilDay day = AnyDay();
    spec.yearly_holidays.insert({day.month(), day.day()});
  }
  for (int i = *rc::gen::inRange(0, 2); i > 0; --i) spec.overrides[AnyDay()] = AnyHours(2);
  for (int i = *rc::gen::inRange(0, 3); i > 0; --i) spec.breaks[AnyDay()] = AnyHours(2);
  return spec;
}

std::vector<CalendarSpec> AnyCalendars() {
  std::vector<CalendarSpec> specs;
  for (int i = *rc::gen::inRange(1, 3); i > 0; --i) specs.push_back(AnyCalendar());
  return specs;
}

absl::Time AnyTime() {
  const absl::Time base = absl::FromCivil(AnyDay(), absl::UTCTimeZone());
  return base + absl::Minutes(*rc::gen::inRange(0, 1440));
}

std::vector<Interval> AnyPauses() {
  std::vector<Interval> pauses;
  for (int i = *rc::gen::inRange(0, 4); i > 0; --i) {
    const absl::Time from = AnyTime();
    pauses.push_back({from, from + absl::Minutes(*rc::gen::inRange(0, 3000))});
  }
  return pauses;
}

bool Within(const absl::TimeZone& zone, absl::CivilDay day, const std::vector<DayHours>& hours,
            absl::Time minute) {
  for (const DayHours& h : hours) {
    const int until = h.until_minute > h.from_minute ? h.until_minute : h.until_minute + 1440;
    const auto at = [&](int m) {
      return zone.At(absl::CivilSecond(day.year(), day.month(), day.day(), 0, m, 0)).pre;
    };
    if (at(h.from_minute) <= minute && minute < at(until)) return true;
  }
  return false;
}

bool ModelOpen(const CalendarSpec& spec, absl::Time minute) {
  absl::TimeZone zone;
  absl::LoadTimeZone(spec.time_zone, &zone);
  const absl::CivilDay today = absl::ToCivilDay(minute, zone);
  bool open = false;
  for (absl::CivilDay day = today - 2; day <= today + 1; ++day) {
    const auto broken = spec.breaks.find(day);
    if (broken != spec.breaks.end() && Within(zone, day, broken->second, minute)) {
      return false;
    }
    const auto overridden = spec.overrides.find(day);
    if (overridden != spec.overrides.end()) {
      open |= Within(zone, day, overridden->second, minute);
    } else if (!spec.holidays.contains(day) &&
               !spec.yearly_holidays.contains({day.month(), day.day()})) {
      open |= Within(zone, day, spec.weekly[static_cast<int>(absl::GetWeekday(day))], minute);
    }
  }
  return open;
}

bool ModelCounts(const std::vector<CalendarSpec>& specs, const std::vector<Interval>& pauses,
                 absl::Time minute) {
  for (const Interval& pause : pauses) {
    if (pause.from <= minute && minute < pause.until) return false;
  }
  return std::any_of(specs.begin(), specs.end(),
                     [&](const CalendarSpec& spec) { return ModelOpen(spec, minute); });
}

RC_GTEST_PROP(CalendarPropertyTest, ElapsedIsTheNumberOfOpenMinutes, ()) {
  const auto specs = AnyCalendars();
  const auto time = testing::Compile(specs);
  const auto pauses = AnyPauses();
  const absl::Time from = AnyTime();
  const absl::Time until = from + absl::Minutes(*rc::gen::inRange(0, 1500));
  int minutes = 0;
  for (absl::Time at = from; at < until; at += absl::Minutes(1)) {
    const bool open = ModelCounts(specs, {}, at);
    RC_ASSERT(time->IsOpen(at) == open);
    minutes += open && ModelCounts(specs, pauses, at) ? 1 : 0;
  }
  RC_ASSERT(time->Elapsed(from, until, pauses) == absl::Minutes(minutes));
}

RC_GTEST_PROP(CalendarPropertyTest, DeadlineIsTheInverseOfElapsed, ()) {
  const auto time = testing::Compile(AnyCalendars());
  const auto pauses = AnyPauses();
  const absl::Time from = AnyTime();
  const absl::Duration open = absl::Seconds(*rc::gen::inRange(1, 500000));
  const absl::Time due = time->Deadline(from, open, pauses);
  RC_ASSERT(time->Elapsed(from, due, pauses) == open);
  // The earliest such instant.
  RC_ASSERT(time->Elapsed(from, due - absl::Seconds(1), pauses) == open - absl::Seconds(1));
}

RC_GTEST_PROP(CalendarPropertyTest, APauseNeverMakesTheDeadlineEarlier, ()) {
  const auto time = testing::Compile(AnyCalendars());
  auto pauses = AnyPauses();
  const absl::Time from = AnyTime();
  const absl::Duration open = absl::Seconds(*rc::gen::inRange(0, 500000));
  const absl::Time before = time->Deadline(from, open, pauses);
  const absl::Time begin = AnyTime();
  pauses.push_back({begin, begin + absl::Minutes(*rc::gen::inRange(0, 3000))});
  RC_ASSERT(time->Deadline(from, open, pauses) >= before);
}

RC_GTEST_PROP(CalendarPropertyTest, TimeRunsOnlyInsideOpenIntervals, ()) {
  const auto time = testing::Compile(AnyCalendars());
  const absl::Time from = AnyTime();
  const absl::Time until = from + absl::Hours(*rc::gen::inRange(1, 400));
  absl::Duration open = absl::ZeroDuration();
  absl::Time closed = from;
  for (const Interval& interval : time->OpenIntervals(from, until, 100000)) {
    RC_ASSERT(interval.from < interval.until);
    RC_ASSERT(interval.from > closed || closed == from);
    RC_ASSERT(time->Elapsed(closed, interval.from) == absl::ZeroDuration());
    RC_ASSERT(time->Elapsed(interval.from, interval.until) == interval.until - interval.from);
    open += interval.until - interval.from;
    closed = interval.until;
  }
  RC_ASSERT(time->Elapsed(closed, until) == absl::ZeroDuration());
  RC_ASSERT(time->Elapsed(from, until) == open);
}

RC_GTEST_PROP(CalendarPropertyTest, ElapsedAddsUp, ()) {
  const auto time = testing::Compile(AnyCalendars());
  const auto pauses = AnyPauses();
  const absl::Time a = AnyTime();
  const absl::Time b = a + absl::Seconds(*rc::gen::inRange(0, 900000));
  const absl::Time c = b + absl::Seconds(*rc::gen::inRange(0, 900000));
  RC_ASSERT(time->Elapsed(a, b, pauses) + time->Elapsed(b, c, pauses) ==
            time->Elapsed(a, c, pauses));
}

}  // namespace
}  // namespace retainer::core
