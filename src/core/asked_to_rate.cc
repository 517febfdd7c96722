#include "asked_to_rate.h"

#include <algorithm>

#include "retainer/core.h"

namespace retainer::core {

absl::Time AskedToRateAt(const Standing& standing, const FeedbackRules& rules) {
  const bool asks = rules.ask != AskFeedback::kNever && !standing.open && !standing.closed.empty();
  return asks ? standing.closed.back().from + rules.after : absl::InfiniteFuture();
}

bool IsAskedToRate(const Standing& standing, const std::string& customer,
                   const FeedbackRules& rules, absl::Time now) {
  if (now < AskedToRateAt(standing, rules)) return false;
  return std::none_of(standing.ratings.begin(), standing.ratings.end(), [&](const Rating& rating) {
    return rating.verified && rating.customer == customer &&
           rating.at >= standing.closed.back().from;
  });
}

}  // namespace retainer::core

namespace retainer {

std::vector<std::string> AskedToRate(const Standing& standing, const Policy& policy,
                                     absl::Time now) {
  std::vector<std::string> asked;
  if (standing.gone) return asked;
  for (const ClaimStanding& claim : standing.claims) {
    const Customer* customer = policy.FindCustomer(claim.customer);
    if (claim.released || customer == nullptr || !customer->is_public) continue;
    if (core::IsAskedToRate(standing, claim.customer, policy.feedback, now)) {
      asked.push_back(claim.customer);
    }
  }
  return asked;
}

}  // namespace retainer
