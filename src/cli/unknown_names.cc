#include "src/cli/unknown_names.h"

#include <algorithm>
#include <vector>

#include "absl/strings/str_cat.h"
#include "retainer/ids.h"
#include "retainer/project.h"
#include "src/api/filters.h"

namespace retainer::cli {
namespace {

std::string CustomersOf(const Policy& policy) {
  std::vector<std::string> ids;
  for (const Customer& customer : policy.customers) ids.push_back(customer.id);
  return api::ListNames(ids);
}

}  // namespace

absl::Status NoSuchCustomer(const Policy& policy, const std::string& name) {
  return absl::InvalidArgumentError(absl::StrCat("the policy has no customer \"", name,
                                                 "\": there are ", CustomersOf(policy),
                                                 "; give an id or an alias"));
}

absl::Status CheckTokenFor(const Policy* policy, const std::string& project,
                           const std::string& customer) {
  if (!customer.empty()) {
    if (policy == nullptr) {
      return absl::FailedPreconditionError(
          "no valid policy is in force yet: `retainer check` says what is wrong with it");
    }
    const Customer* known = policy->FindCustomer(customer);
    if (known == nullptr) {
      return absl::InvalidArgumentError(absl::StrCat("--customer: the policy has no customer \"",
                                                     customer, "\"; there are ",
                                                     CustomersOf(*policy)));
    }
    if (known->id != customer) {
      return absl::InvalidArgumentError(
          absl::StrCat("--customer: \"", customer, "\" is an alias: write the id, ", known->id));
    }
  }
  if (project.empty() || policy == nullptr) return absl::OkStatus();
  const auto ref = ParseProjectRef(project);
  if (!ref.ok()) return ref.status();
  // A pattern may be for projects that do not exist yet.
  const bool pattern = ref->path.find('*') != std::string::npos;
  if (!pattern && !Covers(*policy, "", ProjectNames{ref->forge, ref->path})) {
    std::vector<std::string> covered;
    for (const ProjectRef& one : policy->projects) covered.push_back(ToString(one));
    return absl::InvalidArgumentError(absl::StrCat("--project: the policy does not cover ", project,
                                                   "; it covers ", api::ListNames(covered)));
  }
  return absl::OkStatus();
}

}  // namespace retainer::cli
