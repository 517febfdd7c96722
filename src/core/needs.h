// Computes the runs that each clock of a claim needs from a ticket's happenings (rules 2 to 8).
#pragma once

#include <set>
#include <string_view>
#include <vector>

#include "clock_engine.h"
#include "replay.h"

namespace retainer::core {

// The owner of the clocks: a stint of a claim, or the community's objectives.
struct Party {
  Slots slots = 0;         // the claims whose contacts' comments count
  bool is_author = false;  // the author's comments count (objectives)
  absl::Time since;
  const Fact* start_fact = nullptr;
  std::size_t from = 0;
  std::size_t until = 0;
  std::optional<absl::Time> ended;
  const Fact* end_fact = nullptr;
  std::string_view end_note;  // points into the stint
  bool moved = false;
  bool away = false;
  bool arrived = false;
};

struct Needs {
  std::vector<Need> runs;            // ordered by start
  bool answered = false;             // a responder has answered; carried with the claim
  std::set<Metric> before_adoption;  // ended before the adoption: not counted
};

Needs WorkOutNeeds(const Replayed& timeline, const Party& party, absl::Time adopted);

}  // namespace retainer::core
