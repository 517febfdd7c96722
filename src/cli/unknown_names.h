// Checks the names that a command was given. An unknown name is an error that lists the known ones,
// so that it never reads as "nothing there". Pure.
#pragma once

#include <string>

#include "absl/status/status.h"
#include "retainer/policy.h"

namespace retainer::cli {

// The InvalidArgument error for a customer that the policy does not have.
absl::Status NoSuchCustomer(const Policy& policy, const std::string& name);

// Checks the scope of a token; empty means everything. FailedPrecondition for a customer when no
// policy is in force (`policy` is null). InvalidArgument for an unknown customer, for an alias (it
// may pass to another customer), and for a project that the policy does not cover.
absl::Status CheckTokenFor(const Policy* policy, const std::string& project,
                           const std::string& customer);

}  // namespace retainer::cli
