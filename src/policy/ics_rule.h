// A recurrence rule of an all-day event (RFC 5545, 3.3.10), checked before it is expanded.
//
// Pure and thread-safe. Taken are the rules that yearly holidays have and that can be expanded
// exactly and in little time; any other is said to be so.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "absl/time/civil_time.h"

namespace retainer {

// Rules without end are expanded to the last day of this year.
inline constexpr int kLastIcsYear = 2199;
inline constexpr int kFirstIcsRuleYear = 1900;

struct IcsRuleDays {
  std::vector<absl::CivilDay> days;  // in order, `first` among them; empty where `wrong` is not
  std::string wrong;
  std::string mend;
};

// `most`: what may be expanded; a rule with more is wrong.
IcsRuleDays ReadIcsRule(std::string_view rule, absl::CivilDay first, std::size_t most);

}  // namespace retainer
