// Compares the fast reader of bodies with the strict one (webhooks/json_strict.h).
#pragma once

#include <string_view>

namespace retainer::webhooks {

// Both agree on what is refused, why, and on everything that is read.
void ExpectTheJudgesReading(std::string_view text);

}  // namespace retainer::webhooks
