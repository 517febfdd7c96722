// Who accounts are, beside what the policy says of logins: logins of the policy, each pinned to the
// account that it first resolved to, and accounts that joined customers as contacts. An account
// that takes over a login later does not get what the policy gives to the login.
//
// A plain value. Copies share their content until one of them changes (copy-on-write). Concurrent
// reads are safe.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/time/time.h"
#include "retainer/policy.h"

namespace retainer {

// A time in which an account is a contact of a customer because it joined (customer_fact.h).
struct JoinedTime {
  std::string customer;
  absl::Time since;                           // inclusive
  absl::Time until = absl::InfiniteFuture();  // exclusive
  friend bool operator==(const JoinedTime&, const JoinedTime&) = default;
};

class Pins {
 public:
  // The actor id to which a login is pinned; nullptr if it is not pinned. `login.name` must be
  // folded (names.h).
  const std::string* Find(const Login& login) const;
  // The folded logins of a forge that are pinned to an account, sorted by name.
  const std::vector<std::string>& NamesOf(std::string_view forge, std::string_view id) const;
  // When the account was a contact of customers, ordered by customer, then time.
  const std::vector<JoinedTime>& JoinedBy(std::string_view forge, std::string_view id) const;
  // Returns false and changes nothing if the login is pinned already.
  bool Add(Login login, std::string id);
  void Join(const std::string& forge, const std::string& id, JoinedTime time);
  std::size_t size() const;  // the number of pinned logins

 private:
  struct Held;
  // The content, not shared with a copy.
  Held& Own();

  std::shared_ptr<Held> held_;  // nullptr: nothing is known
};

}  // namespace retainer
