// Which plan of a policy covers a customer's ticket.
#pragma once

#include "absl/time/time.h"
#include "retainer/policy.h"

namespace retainer {

// The plan of Customer::EntitlementFor(at). Nullptr if the customer holds nothing, or a plan that
// the policy does not have.
const Plan* PlanFor(const Policy& policy, const Customer& customer, absl::Time at);

}  // namespace retainer
