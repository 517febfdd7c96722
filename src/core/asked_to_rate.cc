#include "asked_to_rate.h"

#include <algorithm>

namespace retainer::core {

absl::Time AskedToRateAt(const Standing& standing, const FeedbackRules& rules) {
  const bool asks = rules.ask == AskFeedback::kFold && !standing.open && !standing.closed.empty();
  return asks ? standing.closed.back().from + rules.after : absl::InfiniteFuture();
}

bool IsAskedToRate(const Standing& standing, const std::string& customer,
                   const FeedbackRules& rules, absl::Time now) {
  if (now < AskedToRateAt(standing, rules)) return false;
  return std::none_of(standing.ratings.begin(), standing.ratings.end(), [&](const Rating& rating) {
    return rating.customer == customer && rating.at >= standing.closed.back().from;
  });
}

}  // namespace retainer::core
