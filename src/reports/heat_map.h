// When promises were missed: a map of weekdays and hours, as SVG.
#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "retainer/backtest.h"

namespace retainer::reports {

// One square for each hour of the week, the darker the more were missed. The text alternative names
// the hours with the most. Empty: nothing was missed.
std::string MissMap(const std::array<std::int64_t, kHoursOfWeek>& missed_at);

}  // namespace retainer::reports
