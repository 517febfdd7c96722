// When customers are asked how it was.
#pragma once

#include <string>

#include "absl/time/time.h"
#include "retainer/policy.h"
#include "retainer/standing.h"

namespace retainer::core {

// When the question appears; infinite while the ticket is open, or if nobody is ever asked.
absl::Time AskedToRateAt(const Standing& standing, const FeedbackRules& rules);

// True while this customer is asked: no contact of it has answered since the last closing.
bool IsAskedToRate(const Standing& standing, const std::string& customer,
                   const FeedbackRules& rules, absl::Time now);

}  // namespace retainer::core
