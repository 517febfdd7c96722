// What customers lose when a new policy no longer has them.
#pragma once

#include <cstddef>
#include <set>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "retainer/policy.h"
#include "retainer/store.h"

namespace retainer::cli {

struct LeavingCustomer {
  std::string id;
  std::size_t open_tickets = 0;  // with a claim in force; counts at most kMostLeaving
};
inline constexpr std::size_t kMostLeaving = 10000;

// The customers of the policy in force whose id is not in `kept`, ordered by id. Errors: those of
// the store.
absl::StatusOr<std::vector<LeavingCustomer>> FindLeaving(Store& store, const Policy& in_force,
                                                         const std::set<std::string>& kept);

// What happens to a customer that leaves, and the remedy.
std::string LeavingText(const LeavingCustomer& customer);

}  // namespace retainer::cli
