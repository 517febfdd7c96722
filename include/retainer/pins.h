// Logins of the policy, each pinned to the account that it first resolved to: whoever takes a login
// over later is refused what the policy gives it.
//
// A plain value; copies share what they hold until one of them changes. Safe to read from several
// threads.
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
  // The actor id that a login is pinned to; nullptr: not yet. `login.name` is folded (names.h).
  const std::string* Find(const Login& login) const;
  // The logins of a forge that are pinned to an account, folded, by name.
  const std::vector<std::string>& NamesOf(std::string_view forge, std::string_view id) const;
  // False where the login is pinned already: it stays as it is.
  bool Add(Login login, std::string id);
  std::size_t size() const;

 private:
  struct Held;
  std::shared_ptr<Held> held_;  // nullptr: nothing is pinned
};

}  // namespace retainer
