// Computes the clocks of a ticket's claims.
#pragma once

#include <array>
#include <set>
#include <string>
#include <vector>

#include "clock_engine.h"
#include "needs.h"
#include "replay.h"

namespace retainer::core {

struct ClaimWork {
  const Stint* stint = nullptr;  // nullptr: the community's objectives
  ClaimStanding standing;        // clocks without cycles: see Publish
  const Plan* plan = nullptr;    // in force now; nullptr if the policy no longer has it
  bool is_private = true;
  std::array<Runs, kAllMetrics.size() + 1> runs;  // index: metric
  Runs& Of(Metric metric) { return runs[static_cast<std::size_t>(metric)]; }
  const Runs& Of(Metric metric) const { return runs[static_cast<std::size_t>(metric)]; }
  std::optional<CarriedClaim> leaving;  // set if it moves to the successor
  std::set<const Fact*> excused;        // excuses that excused a cycle
};

// Moves the cycles into the clocks of the standing and returns it.
ClaimStanding Publish(ClaimWork&& work);

// Ordered by customer, then by start. `first_seen`: the adoption of the project if a policy has no
// `since`.
std::vector<ClaimWork> WorkOutClaims(const Replayed& timeline, const TermsHistory& terms,
                                     absl::Time first_seen, absl::Time now);

// The community's objectives since `since`. `clocks` is empty if there are none.
ClaimWork WorkOutObjectives(const Replayed& timeline, const TermsHistory& terms, absl::Time since,
                            absl::Time first_seen, absl::Time now);

// Adds the notices whose time has come, fills `to_come` of each clock, and returns the earliest
// instant after `now` at which time alone changes the standing, its face or its notices. `terms`:
// those in force until now.
absl::Time Announce(const TicketKey& ticket, const Replayed& timeline, const TermsHistory& terms,
                    absl::Time now, ClaimWork* work, std::vector<Notice>* notices);
bool IsEscalatedByHand(const Replayed& timeline, const ClaimWork& work);

}  // namespace retainer::core
