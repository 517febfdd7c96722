// People whose membership in a customer's organisation is hidden from our account, for `doctor`.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "retainer/policy.h"
#include "retainer/store.h"

namespace retainer::cli {

// One line an organisation of the policy: how many people on open tickets it is of whom the forge
// does not tell us whether they are members, with the mend. Looks at the tickets on which something
// happened last. The store's errors.
absl::StatusOr<std::vector<std::string>> UnseenMembers(const Policy& policy, Store& store);

}  // namespace retainer::cli
