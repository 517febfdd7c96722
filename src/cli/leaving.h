// What a policy takes away from customers whom it holds no more.
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
  std::size_t open_tickets = 0;  // with a claim in force; at most kMostLeaving are counted
};
inline constexpr std::size_t kMostLeaving = 10000;

// Those of the policy in force that are not among `kept` (ids), by id. Errors are the store's.
absl::StatusOr<std::vector<LeavingCustomer>> FindLeaving(Store& store, const Policy& in_force,
                                                         const std::set<std::string>& kept);

// What becomes of a customer that leaves, and the mend.
std::string LeavingText(const LeavingCustomer& customer);

}  // namespace retainer::cli
