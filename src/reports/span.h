// A span of whole days, as people ask for it.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "absl/time/civil_time.h"
#include "absl/time/time.h"

namespace retainer::reports {

// Both days are inclusive.
struct DaySpan {
  absl::CivilDay from;
  absl::CivilDay until;
  friend bool operator==(const DaySpan&, const DaySpan&) = default;
};

inline constexpr int kMostDays = 3660;
// What is asked for if nobody says: thirteen weeks up to today.
inline constexpr int kUsualDays = 91;

// Reads `2026-10-01`. Of two empty texts the usual span, of one empty text the day that makes a
// usual span or today. InvalidArgument: a text is no day, the span is empty, longer than kMostDays,
// or begins after today (in `zone`).
absl::StatusOr<DaySpan> ReadSpan(std::string_view from, std::string_view until, absl::Time now,
                                 absl::TimeZone zone);

absl::Time BeginOf(const DaySpan& span, absl::TimeZone zone);  // inclusive
absl::Time EndOf(const DaySpan& span, absl::TimeZone zone);    // exclusive

std::string DayText(absl::CivilDay day);  // `2026-10-01`

}  // namespace retainer::reports
