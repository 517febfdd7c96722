// What evaluations ask of a policy again and again, worked out once per version. Immutable, and
// borrows nothing: terms that are copied may share it.
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

namespace retainer {

// What is promised, by metric; nullptr where nothing is.
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
  // What labels mean; all folded (names.h).
  struct Labels {
    std::string waiting;
    std::string workaround;
    absl::flat_hash_map<std::string, std::string> priorities;  // label -> priority
  };

  // What the policy itself says of a login.
  struct Named {
    bool bot = false;
    std::string team;                     // the first by name that has the login; empty: none
    std::vector<std::string> contact_of;  // ids of the customers that name it
  };

  // Places in `policy.customers`, rising.
  using Customers = std::vector<std::size_t>;

  // An organisation whose members are contacts.
  struct Organization {
    std::string name;
    Customers customers;
  };

  // REQUIRES: the calendars of `terms` are compiled.
  explicit TermsIndex(const Terms& terms);

  const Labels& labels() const { return labels_; }
  // nullptr: a stranger. `login` is folded (names.h).
  const Named* Find(std::string_view forge, std::string_view login) const;
  // Of a forge, in the order in which the policy names them, each once.
  const std::vector<Organization>& OrganizationsOn(std::string_view forge) const;
  // nullptr: no customer's. `name` as the policy writes it.
  const Organization* FindOrganization(std::string_view forge, std::string_view name) const;
  // Whose contact the owner of a mail address is; the same as EmailMatches of each rule.
  Customers ByAddress(std::string_view address) const;
  bool has_addresses() const { return !with_addresses_.empty(); }
  // Who names contacts by their address.
  const Customers& WithAddresses() const { return with_addresses_; }
  // What a customer of the policy is promised at a priority; nullptr: nothing.
  const Promises* PromisesTo(const Customer& customer, const std::string& priority) const;
  // The community's objectives.
  const Promises& objectives() const { return objectives_; }

 private:
  using ByPriority = std::map<std::string, Promises>;
  struct Organizations {
    std::vector<Organization> list;
    absl::flat_hash_map<std::string, std::size_t> by_name;  // place in `list`
  };

  void AddLabels(const Policy& policy);
  void AddPeople(const Policy& policy);
  void AddContacts(const Policy& policy);
  void AddPromises(const Terms& terms);
  Named& Name(const Login& login);

  Labels labels_;
  absl::flat_hash_map<std::string, absl::flat_hash_map<std::string, Named>> people_;  // by forge
  absl::flat_hash_map<std::string, Organizations> organizations_;                     // by forge
  absl::flat_hash_map<std::string, Customers> addresses_;  // by rule, folded
  Customers with_addresses_;
  // Customers of one plan share their promises, but for those who have calendars of their own.
  std::map<std::string, std::shared_ptr<const ByPriority>> by_customer_;
  Promises objectives_;
};

// A rule for mail addresses of contacts: an address, or `@` and a domain.
bool EmailMatches(std::string_view rule, std::string_view address);

}  // namespace retainer
