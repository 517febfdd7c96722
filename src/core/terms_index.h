// Precomputed answers to what evaluations often ask of a policy, one index per version. Immutable
// and self-contained: copies of the terms may share it.
#pragma once

#include <array>
#include <cstddef>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "retainer/policy.h"

namespace retainer::core {

// The promise for each metric; nullptr if there is none.
class Promises {
 public:
  const std::shared_ptr<const Promise>& operator[](Metric metric) const {
    return promises_[static_cast<std::size_t>(metric)];
  }
  std::shared_ptr<const Promise>& operator[](Metric metric) {
    return promises_[static_cast<std::size_t>(metric)];
  }

 private:
  std::array<std::shared_ptr<const Promise>, kAllMetrics.size() + 1> promises_;
};

class TermsIndex {
 public:
  // The meanings of labels; all names are folded (names.h).
  struct Labels {
    std::string waiting;
    std::string workaround;
    absl::flat_hash_map<std::string, std::string> priorities;  // label -> priority
    absl::flat_hash_map<std::string, std::string> requests;    // label -> kind of request
  };

  // What the policy says of a login.
  struct Named {
    bool bot = false;
    std::string team;                     // first team (by name) with the login; empty: none
    std::vector<std::string> contact_of;  // ids of customers with it as a contact
  };

  // Ascending indexes in `policy.customers`.
  using Customers = std::vector<std::size_t>;

  // An organisation whose members are contacts of customers.
  struct Organization {
    std::string name;
    Customers customers;
  };

  // REQUIRES: the calendars of `terms` are compiled.
  explicit TermsIndex(const Terms& terms);

  const Labels& labels() const { return labels_; }
  // Nullptr if the policy does not name the login. `login` must be folded (names.h).
  const Named* Find(std::string_view forge, std::string_view login) const;
  // The organisations on a forge, without duplicates, in the order of the policy.
  const std::vector<Organization>& OrganizationsOn(std::string_view forge) const;
  // Nullptr if no customer has it. `name` as written in the policy.
  const Organization* FindOrganization(std::string_view forge, std::string_view name) const;
  // The customers that have the owner of a mail address as a contact. Same result as EmailMatches
  // for every rule.
  Customers ByAddress(std::string_view address) const;
  bool has_addresses() const { return !with_addresses_.empty(); }
  // The customers that name contacts by address.
  const Customers& WithAddresses() const { return with_addresses_; }
  // Those that name contacts by address or by organisation.
  const Customers& WithGroups() const { return with_groups_; }
  // Those with projects of their own.
  const Customers& WithProjects() const { return with_projects_; }
  // The promises of a plan to a customer at a priority; nullptr: none. `request`: the kind of
  // request whose promises count in place of the plan's; empty or unknown: those of the plan.
  const Promises* PromisesTo(const Customer& customer, const std::string& plan,
                             const std::string& priority, const std::string& request) const;
  // The community's objectives.
  const Promises& objectives() const { return objectives_; }

 private:
  // Key: the priority, and the kind of request (empty: none).
  using OfPlan = std::map<std::pair<std::string, std::string>, Promises>;
  struct Organizations {
    std::vector<Organization> list;
    absl::flat_hash_map<std::string, std::size_t> by_name;  // index in `list`
  };

  void AddLabels(const Policy& policy);
  void AddPeople(const Policy& policy);
  void AddContacts(const Policy& policy);
  void AddPromises(const Terms& terms);
  static OfPlan CompilePlan(const Terms& terms, const Plan& plan, const Customer* customer);
  Named& Name(const Login& login);

  Labels labels_;
  absl::flat_hash_map<std::string, absl::flat_hash_map<std::string, Named>> people_;  // by forge
  absl::flat_hash_map<std::string, Organizations> organizations_;                     // by forge
  absl::flat_hash_map<std::string, Customers> addresses_;  // key: folded rule
  Customers with_addresses_;
  Customers with_groups_;
  Customers with_projects_;
  std::map<std::string, OfPlan> by_plan_;
  // Of customers that have their own calendars. Key: customer, plan.
  std::map<std::pair<std::string, std::string>, OfPlan> by_customer_;
  Promises objectives_;
};

// A rule for mail addresses of contacts: an address, or `@` and a domain.
bool EmailMatches(std::string_view rule, std::string_view address);

}  // namespace retainer::core
