// Holidays from an iCalendar file (RFC 5545): all-day events, dated or yearly.
//
// Pure and thread-safe. What cannot be kept exactly is a problem, not a guess: events with a time,
// rules other than a plain yearly one, exceptions to a rule. Cancelled events are left out.
#pragma once

#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/time/civil_time.h"
#include "src/policy/problem.h"

namespace retainer {

struct IcsHolidays {
  std::set<absl::CivilDay> days;
  std::set<std::pair<int, int>> yearly;  // (month, day); every year, also before the first
};

IcsHolidays ParseIcs(const std::string& file, const std::string& text,
                     std::vector<Problem>* problems);

}  // namespace retainer
