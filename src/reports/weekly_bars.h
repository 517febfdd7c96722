// A bar chart of what was kept and missed week by week, as SVG.
#pragma once

#include <map>
#include <string>

#include "retainer/figures.h"

namespace retainer::reports {

// One bar a week, with kept promises below and missed ones above. Colours are the page's classes
// `kept` and `missed`. The text alternative names the numbers. Empty: no week has any.
std::string WeeklyBars(const std::map<std::string, Figures>& weeks);

}  // namespace retainer::reports
