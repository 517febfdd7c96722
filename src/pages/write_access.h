// Who may write in which projects, as the forge says: its people are responders there, also without
// a place in a team of the policy.
//
// An answer counts for kAnswerLasts, in memory. A forge that does not answer gives nobody a right.
// Thread-safe.
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
  // Of so many covered projects, ordered by path, the forge is asked.
  static constexpr std::size_t kMostProjects = 20;
  // So many accounts are asked about at once; each occupies a thread that answers requests.
  static constexpr int kMostAsked = 4;
  static constexpr std::size_t kMostKept = 4096;

  // Everything outlives this object.
  WriteAccess(Store& store, Clock& clock, std::vector<Forge*> forges)
      : store_(store), clock_(clock), forges_(std::move(forges)) {}

  // The covered projects of the account's forge in which it may write, ordered by path.
  // ResourceExhausted: too many ask at once. Else the errors of the store and of the forge.
  absl::StatusOr<std::vector<ProjectRecord>> ProjectsOf(const Account& account,
                                                        const TermsHistory& terms);

 private:
  struct Known {
    absl::Time asked_at;  // Steady
    std::vector<ProjectKey> projects;
  };
  absl::StatusOr<std::vector<ProjectKey>> Ask(const Account& account,
                                              const std::vector<ProjectRecord>& covered);

  Store& store_;
  Clock& clock_;
  const std::vector<Forge*> forges_;
  std::atomic<int> asking_ = 0;
  std::mutex mutex_;
  std::map<std::pair<std::string, std::string>, Known> known_;  // forge, account id
};

}  // namespace retainer::pages
