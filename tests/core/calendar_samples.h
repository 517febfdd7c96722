// Calendars and instants that the tests of business time share.
#pragma once

#include <gtest/gtest.h>

#include <initializer_list>
#include <memory>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "retainer/calendar.h"

namespace retainer::testing {

inline absl::Time At(const std::string& rfc3339) {
  absl::Time time;
  std::string error;
  EXPECT_TRUE(absl::ParseTime(absl::RFC3339_full, rfc3339, &time, &error)) << rfc3339 << error;
  return time;
}

inline DayHours Hours(int from_hour, int from_minute, int until_hour, int until_minute) {
  return {from_hour * 60 + from_minute, until_hour * 60 + until_minute};
}

// Monday to Friday, 9 to 17.
inline CalendarSpec Office(const std::string& zone) {
  CalendarSpec spec;
  spec.name = "office";
  spec.time_zone = zone;
  for (int day = 0; day < 5; ++day) spec.weekly[day] = {Hours(9, 0, 17, 0)};
  return spec;
}

inline CalendarSpec EveryDay(const std::string& zone, std::vector<DayHours> hours) {
  CalendarSpec spec;
  spec.name = "daily";
  spec.time_zone = zone;
  for (auto& day : spec.weekly) day = hours;
  return spec;
}

inline std::shared_ptr<const BusinessTime> Compile(const std::vector<CalendarSpec>& calendars) {
  auto compiled = BusinessTime::Compile(calendars);
  EXPECT_TRUE(compiled.ok()) << compiled.status();
  return *std::move(compiled);
}

}  // namespace retainer::testing
