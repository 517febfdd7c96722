#include "src/reports/span.h"

#include <algorithm>
#include <optional>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "src/base/view.h"

namespace retainer::reports {
namespace {

absl::StatusOr<absl::CivilDay> ReadDay(std::string_view text) {
  absl::CivilDay day;
  // The parser of Abseil takes other forms too.
  if (text.size() != 10 || !absl::ParseCivilTime(base::View(text), &day) || DayText(day) != text) {
    return absl::InvalidArgumentError(
        absl::StrCat("\"", base::View(text), "\" is not a day: write it like 2026-10-01"));
  }
  return day;
}

}  // namespace

absl::StatusOr<DaySpan> ReadSpan(std::string_view from, std::string_view until, absl::Time now,
                                 absl::TimeZone zone) {
  const absl::CivilDay today = absl::ToCivilDay(now, zone);
  DaySpan span;
  span.until = today;
  if (!until.empty()) {
    const auto day = ReadDay(until);
    if (!day.ok()) return day.status();
    span.until = *day;
  }
  span.from = std::min(span.until, today) - (kUsualDays - 1);
  if (!from.empty()) {
    const auto day = ReadDay(from);
    if (!day.ok()) return day.status();
    span.from = *day;
  }
  if (span.from > span.until) {
    return absl::InvalidArgumentError(absl::StrCat("the span ends on ", DayText(span.until),
                                                   ", before it begins on ", DayText(span.from)));
  }
  if (span.until - span.from >= kMostDays) {
    return absl::InvalidArgumentError(
        absl::StrCat("the span has more than ", kMostDays, " days: ask for less"));
  }
  if (span.from > today) {
    return absl::InvalidArgumentError(
        absl::StrCat("the span begins on ", DayText(span.from), ", after today"));
  }
  return span;
}

absl::Time BeginOf(const DaySpan& span, absl::TimeZone zone) {
  return absl::FromCivil(span.from, zone);
}

absl::Time EndOf(const DaySpan& span, absl::TimeZone zone) {
  return absl::FromCivil(span.until + 1, zone);
}

std::string DayText(absl::CivilDay day) { return absl::FormatCivilTime(day); }

}  // namespace retainer::reports
