#include "src/cli/leaving.h"

#include <algorithm>

#include "absl/strings/str_cat.h"

namespace retainer::cli {

absl::StatusOr<std::vector<LeavingCustomer>> FindLeaving(Store& store, const Policy& in_force,
                                                         const std::set<std::string>& kept) {
  std::vector<LeavingCustomer> leaving;
  for (const Customer& customer : in_force.customers) {
    if (kept.contains(customer.id)) continue;
    const auto open = store.CountOpen(customer.id, std::nullopt, kMostLeaving);
    if (!open.ok()) return open.status();
    leaving.push_back({customer.id, *open});
  }
  std::sort(leaving.begin(), leaving.end(),
            [](const LeavingCustomer& a, const LeavingCustomer& b) { return a.id < b.id; });
  return leaving;
}

std::string LeavingText(const LeavingCustomer& customer) {
  return absl::StrCat(
      "customer \"", customer.id, "\" of the policy in force is gone: its claims on ",
      customer.open_tickets, customer.open_tickets == kMostLeaving ? " or more" : "",
      " open tickets end at once, their comments and labels are deleted, its figures are no longer "
      "shown; to end the support and keep the history, leave it in the policy and end its `term`");
}

}  // namespace retainer::cli
