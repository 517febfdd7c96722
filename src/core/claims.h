// The claims of a ticket worked out to clocks.
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
  ClaimStanding standing;        // its clocks without their cycles: see Publish
  const Plan* plan = nullptr;    // in force now; nullptr where there is none any more
  bool is_private = true;
  std::array<Runs, kAllMetrics.size() + 1> runs;  // by metric
  Runs& Of(Metric metric) { return runs[static_cast<std::size_t>(metric)]; }
  const Runs& Of(Metric metric) const { return runs[static_cast<std::size_t>(metric)]; }
  std::optional<CarriedClaim> leaving;  // moved to the successor with this
  std::set<const Fact*> excused;        // the excuses that let a cycle off
};

// The standing with the cycles in its clocks.
ClaimStanding Publish(ClaimWork&& work);

// By customer, then by start. `first_seen`: the project's adoption where a policy has no `since`.
std::vector<ClaimWork> WorkOutClaims(const Timeline& timeline, const TermsHistory& terms,
                                     absl::Time first_seen, absl::Time now);

// The community's objectives since `since`; its `clocks` are empty where there are none.
ClaimWork WorkOutObjectives(const Timeline& timeline, const TermsHistory& terms, absl::Time since,
                            absl::Time first_seen, absl::Time now);

// Adds the notices whose time has come, notes what is to come of each clock, and returns the
// earliest instant after `now` at which time alone changes the standing, its face or its notices.
// `terms`: those in force until now.
absl::Time Announce(const TicketKey& ticket, const Timeline& timeline, const TermsHistory& terms,
                    absl::Time now, ClaimWork* work, std::vector<Notice>* notices);
bool IsEscalatedByHand(const Timeline& timeline, const ClaimWork& work);

}  // namespace retainer::core
