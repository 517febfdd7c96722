// The words for promises and what has become of them, as the forge shows them. Pure.
#pragma once

#include <string_view>

#include "retainer/policy.h"
#include "retainer/standing.h"

namespace retainer {

std::string_view PromiseWords(Metric metric);      // `first reply`
std::string_view StateWords(ClockState state);     // `met late`
std::string_view AimStateWords(ClockState state);  // of what is aimed at and owed to nobody

}  // namespace retainer
