// From the happenings of a ticket to the runs that each of a claim's clocks needs (rules 2 to 8).
#pragma once

#include <set>
#include <string_view>
#include <vector>

#include "clock_engine.h"
#include "replay.h"

namespace retainer::core {

// Whose clocks: a stint of a claim, or the community's own objectives.
struct Party {
  Slots slots = 0;         // whose speech counts
  bool is_author = false;  // the author's speech counts (objectives)
  absl::Time since;
  const Fact* start_fact = nullptr;
  std::size_t from = 0;
  std::size_t until = 0;
  std::optional<absl::Time> ended;
  const Fact* end_fact = nullptr;
  std::string_view end_note;  // borrowed of the stint
  bool moved = false;
  bool away = false;
  bool arrived = false;
};

struct Needs {
  std::vector<Need> runs;            // by start
  bool answered = false;             // a responder has answered; travels with the claim
  std::set<Metric> before_adoption;  // done with before the adoption: nothing is counted
};

Needs WorkOutNeeds(const Timeline& timeline, const Party& party, absl::Time adopted);

}  // namespace retainer::core
