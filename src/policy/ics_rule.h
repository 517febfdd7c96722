// Checks and expands the recurrence rule of an all-day event (RFC 5545, 3.3.10).
//
// Pure and thread-safe. Accepts the rules that yearly holidays use, if they can be expanded exactly
// and quickly. Any other rule is an error.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "absl/time/civil_time.h"

namespace retainer::policy {

// Rules without end are expanded to the last day of this year.
inline constexpr int kLastIcsYear = 2199;
inline constexpr int kFirstIcsRuleYear = 1900;

// What to do about an event that is none of the kinds that are read.
inline constexpr char kSingleDays[] = "write this event as single days";

struct IcsRuleDays {
  // In order; `first` is among them. Empty when `wrong` is set.
  std::vector<absl::CivilDay> days;
  std::string wrong;
  std::string mend;
};

// `most` is the largest number of days; a rule with more is wrong.
IcsRuleDays ReadIcsRule(std::string_view rule, absl::CivilDay first, std::size_t most);

}  // namespace retainer::policy
