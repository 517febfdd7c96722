// Durations and instants in the form that people write. Pure and thread-safe.
//
//     DURATION := (NUMBER UNIT)+          each unit at most once
//     NUMBER   := digits [ "." digits ]
//     UNIT     := s | m | h | d | w | bd
//
// `d` is 24 hours, `w` is seven `d`, and `bd` is the calendar's business day.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "absl/time/civil_time.h"
#include "absl/time/time.h"
#include "retainer/policy.h"

namespace retainer::policy {

struct WrittenTarget {
  Target target;
  bool uses_days = false;  // uses `d` or `w`, which need calendars that are always open
};

// InvalidArgument, with the expected form, for anything else, for zero, and for more than ten
// years.
absl::StatusOr<WrittenTarget> ParseTarget(std::string_view text);
// A duration without `bd`, so it needs no calendar.
absl::StatusOr<absl::Duration> ParseDuration(std::string_view text);
// `1h30m`, `1bd`. ParseTarget returns the same target for it, except for `text`.
std::string FormatTarget(const Target& target);

// RFC 3339 in exactly this form: `2026-03-06T17:00:00+01:00`.
absl::StatusOr<absl::Time> ParseInstant(std::string_view text);
// `2026-03-06`; nullopt when there is no such day.
std::optional<absl::CivilDay> ParseDay(std::string_view text);

}  // namespace retainer::policy
