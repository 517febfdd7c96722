// Impact: what a changed policy does to the tickets of a store, if it takes effect now.
//
// Like a Backtest, an Impact is a sum over tickets: parts can be merged in any order. Pure
// functions; thread-safe.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "retainer/backtest.h"
#include "retainer/ids.h"
#include "retainer/policy.h"
#include "retainer/policy_changes.h"
#include "retainer/standing.h"

namespace retainer {

// A promise on an open ticket whose due instant the changed policy moves.
struct MovedPromise {
  TicketRef ticket;
  std::string customer;
  std::string priority;
  Metric metric = Metric::kFirstResponse;
  // The due instants under the policy in force and under the changed one. Nullopt: nothing is due
  // there (no such promise, or its clock stands still).
  std::optional<absl::Time> from;
  std::optional<absl::Time> to;
  bool late_at_once = false;  // late under the changed policy, and not under the one in force
  friend bool operator==(const MovedPromise&, const MovedPromise&) = default;
};

struct ImpactScope {
  Audience audience = Audience::kTeam;
  BacktestScope past;            // which part of the past is judged again
  std::size_t most_listed = 20;  // maximum size of Impact::moved
};

struct Impact {
  Audience audience = Audience::kTeam;
  absl::Time since = absl::InfinitePast();  // the beginning of the past that is judged again
  std::int64_t open_tickets = 0;
  std::int64_t moved_tickets = 0;   // of those: with a due instant that moves
  std::int64_t moved_promises = 0;  // their due instants
  std::int64_t late_at_once = 0;
  // For outsiders: due instants that move which the other figures leave out. They are of private
  // customers, or on tickets that outsiders cannot read.
  std::int64_t hidden = 0;
  // Late at once first, then by the new due instant.
  std::vector<MovedPromise> moved;
  // The past as it was, and as if the changed policy had always been in force.
  Backtest past;
  friend bool operator==(const Impact&, const Impact&) = default;
};

// The due instants that move between two standings of an open ticket: of the same facts, at the
// same instant `now`, under the policy in force and under the changed one. Ordered by customer and
// metric.
std::vector<MovedPromise> MovedPromises(const TicketRef& ticket, const Standing& today,
                                        const Standing& changed, absl::Time now);

// Adds an open ticket with what MovedPromises returned for it.
void AddOpenTicket(const ImpactScope& scope, std::vector<MovedPromise> moved, Impact* impact);

// REQUIRES: `part` was made with this scope.
void Merge(const ImpactScope& scope, Impact part, Impact* whole);

// The impact in words, a few lines. Empty for outsiders if it was not computed for them.
std::string ImpactText(const Impact& impact, Audience audience);

}  // namespace retainer
