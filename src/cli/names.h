// Names of the policy that a command was given: what means nothing is an error that says what there
// is, so that it never reads as "nothing there". Pure.
#pragma once

#include <string>

#include "absl/status/status.h"
#include "retainer/policy.h"

namespace retainer::cli {

// InvalidArgument, for a customer that the policy does not have.
absl::Status NoSuchCustomer(const Policy& policy, const std::string& name);

// What a token is for (empty: everything). FailedPrecondition for a customer without a policy in
// force (nullptr); InvalidArgument for one whom it does not have, or by an alias, which may pass to
// another, and for a project that it does not cover.
absl::Status CheckTokenFor(const Policy* policy, const std::string& project,
                           const std::string& customer);

}  // namespace retainer::cli
