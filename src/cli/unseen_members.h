// People whose membership in a customer's organisation our account cannot see, for `doctor`.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "retainer/policy.h"
#include "retainer/store.h"

namespace retainer::cli {

// One line per organisation of the policy: for how many people on open tickets the forge does not
// tell us whether they are members, with the remedy. Reads only the tickets with the latest
// activity.
//
// Errors: those of the store.
absl::StatusOr<std::vector<std::string>> UnseenMembers(const Policy& policy, Store& store);

}  // namespace retainer::cli
