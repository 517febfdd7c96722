// The promises of a claim as bars over time: SVG that the server makes. Pure.
#pragma once

#include <string>
#include <vector>

#include "absl/time/time.h"
#include "retainer/standing.h"

namespace retainer::pages {

// One row for each clock that has begun: each cycle from its start to its stop or `now`, what is
// left of it until it is due, its pauses, and the opening hours of its calendar behind it. Colours
// are classes of the style sheet. The page says the same in a table, so the chart has only a short
// name for those who do not see it. Empty: no clock has begun.
std::string PromiseChart(const std::vector<PromiseClock>& clocks, absl::Time now,
                         absl::TimeZone zone);

}  // namespace retainer::pages
