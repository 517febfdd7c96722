#include "src/core/timeline.h"

#include <algorithm>
#include <cstddef>
#include <utility>

namespace retainer::core {
namespace {

// Offsets are at most 15 hours, and hours that begin on one day may end a day later. Days further
// away than this cannot affect the span.
constexpr int kMarginDays = 3;
constexpr std::int64_t kDaySeconds = 24 * 60 * 60;

std::int64_t YearStart(absl::civil_year_t year) {
  return absl::ToUnixSeconds(absl::UTCTimeZone().At(absl::CivilSecond(year)).pre);
}

// `.pre` follows rule 1: a skipped time keeps the offset before the gap and so moves forward by the
// gap; a repeated time means its first occurrence.
std::int64_t LocalMinute(const absl::TimeZone& zone, absl::CivilDay day, int minute) {
  return absl::ToUnixSeconds(
      zone.At(absl::CivilSecond(day.year(), day.month(), day.day(), 0, minute, 0)).pre);
}

void Append(const absl::TimeZone& zone, absl::CivilDay day, const std::vector<DayHours>& hours,
            std::vector<Span>* spans) {
  for (const DayHours& h : hours) {
    const int until = h.until_minute > h.from_minute ? h.until_minute : h.until_minute + 24 * 60;
    spans->push_back({LocalMinute(zone, day, h.from_minute), LocalMinute(zone, day, until)});
  }
}

const std::vector<DayHours>* HoursOf(const CalendarSpec& spec, absl::CivilDay day) {
  if (const auto it = spec.overrides.find(day); it != spec.overrides.end()) return &it->second;
  if (spec.holidays.contains(day) || spec.yearly_holidays.contains({day.month(), day.day()})) {
    return nullptr;
  }
  return &spec.weekly[static_cast<int>(absl::GetWeekday(day))];
}

// REQUIRES: both are normalized.
std::vector<Span> Subtract(const std::vector<Span>& spans, const std::vector<Span>& holes) {
  std::vector<Span> rest;
  std::size_t next = 0;
  for (Span span : spans) {
    while (next < holes.size() && holes[next].until <= span.from) ++next;
    for (std::size_t i = next; i < holes.size() && holes[i].from < span.until; ++i) {
      if (holes[i].from > span.from) rest.push_back({span.from, holes[i].from});
      span.from = std::max(span.from, holes[i].until);
    }
    if (span.from < span.until) rest.push_back(span);
  }
  return rest;
}

std::vector<Span> OpenSpans(const ZonedCalendar& calendar, absl::CivilDay first,
                            absl::CivilDay last) {
  std::vector<Span> open;
  for (absl::CivilDay day = first; day <= last; ++day) {
    if (const std::vector<DayHours>* hours = HoursOf(calendar.spec, day)) {
      Append(calendar.zone, day, *hours, &open);
    }
  }
  Normalize(&open);
  // A break is a span of local time: it also cuts hours of the day before that last past midnight.
  std::vector<Span> breaks;
  for (auto it = calendar.spec.breaks.lower_bound(first);
       it != calendar.spec.breaks.end() && it->first <= last; ++it) {
    Append(calendar.zone, it->first, it->second, &breaks);
  }
  if (breaks.empty()) return open;
  Normalize(&breaks);
  return Subtract(open, breaks);
}

}  // namespace

void Normalize(std::vector<Span>* spans) {
  std::sort(spans->begin(), spans->end(), [](const Span& a, const Span& b) {
    return std::pair(a.from, a.until) < std::pair(b.from, b.until);
  });
  std::size_t size = 0;
  for (const Span& span : *spans) {
    if (span.from >= span.until) continue;
    if (size > 0 && span.from <= (*spans)[size - 1].until) {
      (*spans)[size - 1].until = std::max((*spans)[size - 1].until, span.until);
    } else {
      (*spans)[size++] = span;
    }
  }
  spans->resize(size);
}

std::size_t Timeline::SpanReaching(std::int64_t open, std::size_t start) const {
  std::size_t low = start;
  std::size_t high = start;
  for (std::size_t step = 1; high < sum.size() && sum[high] < open; step *= 2) {
    low = high + 1;
    high += step;
  }
  const auto begin = sum.begin();
  high = std::min(high, sum.size());
  return static_cast<std::size_t>(std::lower_bound(begin + static_cast<std::ptrdiff_t>(low),
                                                   begin + static_cast<std::ptrdiff_t>(high),
                                                   open) -
                                  begin);
}

OpenBefore CountBefore(const Timeline& timeline, absl::Time at) {
  const std::int64_t second = absl::ToUnixSeconds(at);
  OpenBefore before = CountBefore(timeline, second);
  const absl::Time whole = absl::FromUnixSeconds(second);
  // Rare, because forges state whole seconds.
  if (at > whole && timeline.covered.from <= second && second < timeline.covered.until &&
      before.span < timeline.from.size() && timeline.from[before.span] <= second) {
    before.rest = at - whole;
  }
  return before;
}

Timeline BuildTimeline(const std::vector<ZonedCalendar>& calendars, absl::civil_year_t first_year,
                       absl::civil_year_t last_year) {
  Timeline timeline;
  timeline.first_year = first_year;
  timeline.last_year = last_year;
  timeline.covered = {YearStart(first_year), YearStart(last_year + 1)};

  const absl::CivilDay first = absl::CivilDay(first_year) - kMarginDays;
  const absl::CivilDay last = absl::CivilDay(last_year + 1) + kMarginDays;
  std::vector<Span> open;
  for (const ZonedCalendar& calendar : calendars) {
    const std::vector<Span> spans = OpenSpans(calendar, first, last);
    open.insert(open.end(), spans.begin(), spans.end());
  }
  for (Span& span : open) {
    span.from = std::max(span.from, timeline.covered.from);
    span.until = std::min(span.until, timeline.covered.until);
  }
  Normalize(&open);

  timeline.from.reserve(open.size());
  timeline.until.reserve(open.size());
  timeline.sum.reserve(open.size());
  std::int64_t sum = 0;
  for (const Span& span : open) {
    sum += span.until - span.from;
    timeline.from.push_back(span.from);
    timeline.until.push_back(span.until);
    timeline.sum.push_back(sum);
  }
  timeline.first_of_day.reserve(
      static_cast<std::size_t>((timeline.covered.until - timeline.covered.from) / kDaySeconds));
  std::size_t span = 0;
  for (std::int64_t day = timeline.covered.from; day < timeline.covered.until; day += kDaySeconds) {
    while (span < open.size() && timeline.until[span] <= day) ++span;
    timeline.first_of_day.push_back(static_cast<std::uint32_t>(span));
  }
  return timeline;
}

}  // namespace retainer::core
