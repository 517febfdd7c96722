// What differs between the calendars of two policies, in words.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "retainer/calendar.h"

namespace retainer::core {

// Adds a sentence for each difference: `calendar paris: fri 09:00-17:00 -> 09:00-13:00`.
void CompareCalendars(const std::map<std::string, CalendarSpec>& before,
                      const std::map<std::string, CalendarSpec>& after,
                      std::vector<std::string>* sentences);

}  // namespace retainer::core
