// The words for promises and what has become of them, as the forge shows them. Pure.
#pragma once

#include <string_view>

#include "retainer/policy.h"
#include "retainer/standing.h"

namespace retainer {

std::string_view PromiseWords(Metric metric);      // `first reply`
std::string_view StateWords(ClockState state);     // `met late`
std::string_view AimStateWords(ClockState state);  // of what is aimed at and owed to nobody

// What is said of a promise that was over before its project was adopted.
inline constexpr std::string_view kBeforeAdoptionWords = "before Retainer was here";
// Why a cycle that was met or missed took no time: `outside opening hours`.
std::string_view WithoutTimeWords(const Cycle& cycle);

}  // namespace retainer
