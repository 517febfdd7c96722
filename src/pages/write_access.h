// Who may write in which projects, as the forge says: its people are responders there, also without
// a place in a team of the policy.
//
// As in the core, a customer's contact is no responder by that: who is a member of an organisation,
// or owns a public address, that the policy gives to a customer, is one.
//
// An answer counts for kAnswerLasts, in memory. What the forge does not say now gives no right, and
// is asked again after kFailureLasts. Thread-safe.
#pragma once

#include <atomic>
#include <map>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "retainer/clock.h"
#include "retainer/customer_fact.h"
#include "retainer/forge.h"
#include "retainer/project.h"
#include "retainer/store.h"

namespace retainer::pages {

class WriteAccess {
 public:
  static constexpr absl::Duration kAnswerLasts = absl::Hours(1);
  static constexpr absl::Duration kFailureLasts = absl::Minutes(1);
  // Of so many covered projects, ordered by path, the forge is asked.
  static constexpr std::size_t kMostProjects = 20;
  // So many accounts are asked about at once; each occupies a thread that answers requests.
  static constexpr int kMostAsked = 4;
  static constexpr std::size_t kMostKept = 4096;
  static constexpr std::size_t kMostOrganizations = 32;

  // Everything outlives this object.
  WriteAccess(Store& store, Clock& clock, std::vector<Forge*> forges)
      : store_(store), clock_(clock), forges_(std::move(forges)) {}

  struct Found {
    std::vector<ProjectRecord> projects;  // ordered by path
    bool complete = true;                 // false: the forge did not say everything
  };
  // The covered projects of the account's forge in which it may write. The store's errors.
  absl::StatusOr<Found> ProjectsOf(const Account& account, const TermsHistory& terms);

 private:
  struct Known {
    absl::Time until;  // Steady
    std::vector<ProjectKey> projects;
    bool complete = true;
  };
  Known Ask(const Account& account, const std::vector<ProjectRecord>& covered,
            const Policy& policy);

  Store& store_;
  Clock& clock_;
  const std::vector<Forge*> forges_;
  std::atomic<int> asking_ = 0;
  std::mutex mutex_;
  std::map<std::pair<std::string, std::string>, Known> known_;  // forge, account id
};

}  // namespace retainer::pages
