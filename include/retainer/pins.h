// Logins of the policy, each pinned to the account that it first resolved to. An account that takes
// over a login later does not get what the policy gives to the login.
//
// A plain value. Copies share their content until one of them changes (copy-on-write). Concurrent
// reads are safe.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "retainer/policy.h"

namespace retainer {

class Pins {
 public:
  // The actor id to which a login is pinned; nullptr if it is not pinned. `login.name` must be
  // folded (names.h).
  const std::string* Find(const Login& login) const;
  // The folded logins of a forge that are pinned to an account, sorted by name.
  const std::vector<std::string>& NamesOf(std::string_view forge, std::string_view id) const;
  // Returns false and changes nothing if the login is pinned already.
  bool Add(Login login, std::string id);
  std::size_t size() const;

 private:
  struct Held;
  std::shared_ptr<Held> held_;  // nullptr: nothing is pinned
};

}  // namespace retainer
