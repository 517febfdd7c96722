// Who is signed in, and what they may see. Computed anew for every request from the session, the
// policy in force and the contacts that joined: rights that end, end at once.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "retainer/customer_fact.h"
#include "retainer/pins.h"
#include "retainer/policy.h"
#include "retainer/store.h"

namespace retainer::pages {

struct PageContext;

inline constexpr absl::Duration kSessionLasts = absl::Hours(12);

struct Rights {
  bool admin = false;
  bool responder = false;              // the policy names the account in a team
  std::vector<std::string> customers;  // ids of those whose contact the account is
  bool any() const { return admin || responder || !customers.empty(); }
};

// The rights of an account whose login the forge has just confirmed. Machines have none. A login
// that is pinned to another account gives nothing.
Rights RightsOf(const Account& account, const std::vector<Login>& admins, const Policy* policy,
                const Pins& pins, absl::Time now);

struct Visitor {
  Session session;
  std::string csrf;  // the token of this session's forms
  Rights rights;
};

// Nullopt: nobody is signed in. The store's errors.
absl::StatusOr<std::optional<Visitor>> FindVisitor(const PageContext& context,
                                                   const std::string& cookies);
absl::StatusOr<Rights> ReadRights(const PageContext& context, const Account& account);

// Begins a session and returns the value of its cookie.
absl::StatusOr<std::string> BeginSession(const PageContext& context, const Account& account);

}  // namespace retainer::pages
