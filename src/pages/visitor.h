// Who is signed in, and what they may see and do. Computed anew for every request from the session,
// the policy in force, the contacts that joined and the forge's word: rights that end, end at once
// (those by the forge's word within an hour).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "retainer/customer_fact.h"
#include "retainer/pins.h"
#include "retainer/policy.h"
#include "retainer/project.h"
#include "retainer/store.h"
#include "src/pipeline/may_read.h"

namespace retainer::pages {

struct PageContext;

inline constexpr absl::Duration kSessionLasts = absl::Hours(12);

struct Rights {
  bool admin = false;
  bool responder = false;               // the policy names the account in a team
  std::vector<ProjectRecord> projects;  // in which it may write, if it is in no team
  std::vector<std::string> customers;   // ids of those whose contact the account is
  bool complete = true;  // false: the forge did not say whether there are more `projects`
  bool team() const { return admin || responder; }
  bool desk() const { return team() || !projects.empty(); }
  bool any() const { return desk() || !customers.empty(); }
  // What they may read at the desk. Nothing without a right to it.
  pipeline::Reader reader() const;
};

// The rights of an account by the logins that are pinned to it. A login alone gives nothing: it may
// have passed to somebody else. Machines have none. `projects` is left empty.
Rights RightsOf(const Account& account, const std::vector<Login>& admins, const Policy* policy,
                const Pins& pins, absl::Time now);

struct Visitor {
  Session session;
  std::string csrf;  // the token of this session's forms
  Rights rights;
  // For people and the record: `github:alice`.
  std::string name() const;
  bool IsContactOf(const std::string& customer) const;
};

// Nullopt: nobody is signed in. The store's errors.
absl::StatusOr<std::optional<Visitor>> FindVisitor(const PageContext& context,
                                                   const std::string& cookies);
absl::StatusOr<Rights> ReadRights(const PageContext& context, const Account& account);

// Pins the login, which the forge has just confirmed, if the policy or the configuration names it.
absl::Status PinConfirmed(const PageContext& context, const Account& account);

// Begins a session and returns the value of its cookie. `by_link`: see Session.
absl::StatusOr<std::string> BeginSession(const PageContext& context, const Account& account,
                                         const std::string& by_link = "");

}  // namespace retainer::pages
