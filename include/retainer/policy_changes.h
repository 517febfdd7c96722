// What differs between two policies, in words.
//
// Pure and thread-safe.
#pragma once

#include <string>
#include <vector>

#include "retainer/policy.h"

namespace retainer {

// Who reads a text: people of the team, who may know every customer, or anybody else.
enum class Audience { kTeam, kOutsiders };

// One short sentence for each difference: `acme: plan silver -> gold`,
// `plan gold: P1 first_response 1h -> 30m`, `team core: @bob added`. Ordered: customers, plans,
// priorities, people, calendars, labels, projects, the rest; within each by name. Empty if and only
// if the policies say the same; the order of lists counts only where it has a meaning.
//
// Outsiders read no name of a customer that is private in one of the two policies: `2 private
// customers change`. Of others they read how many contacts come and go, not who. So their sentences
// are equal for policies that differ only in the details of private customers, except for the
// number of those.
std::vector<std::string> PolicyChanges(const Policy& before, const Policy& after,
                                       Audience audience);

}  // namespace retainer
