// The words for promises and their states, the same in comments, pages and reports. Pure.
#pragma once

#include <string_view>

#include "retainer/policy.h"
#include "retainer/standing.h"

namespace retainer {

std::string_view PromiseWords(Metric metric);      // `first reply`
std::string_view AimWords(Metric metric);          // for a target: `a first reply`
std::string_view StateWords(ClockState state);     // `met late`
std::string_view AimStateWords(ClockState state);  // for a target that is not a commitment

// The text for a promise that had ended before its project was adopted.
inline constexpr std::string_view kBeforeAdoptionWords = "before Retainer was here";
// The reason why a met or missed cycle used no time: `outside opening hours`.
std::string_view WithoutTimeWords(const Cycle& cycle);

}  // namespace retainer
