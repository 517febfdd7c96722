// What a valid policy says, but hardly means: each with its place and the likely mend. Pure and
// thread-safe.
#pragma once

#include <vector>

#include "retainer/policy.h"
#include "src/policy/policy_parser.h"
#include "src/policy/problem.h"

namespace retainer::policy {

// Calendars that nobody uses; a more urgent priority that waits longer; an acknowledgement that may
// take longer than the answer; a number of hours that looks like minutes; a promise that is longer
// than a customer's term. Problems have no place if `places` lacks it.
std::vector<Problem> Doubts(const Policy& policy, const PolicyPlaces& places);

// Calendars whose holidays are all before the day of `now`.
std::vector<Problem> PastHolidays(const Policy& policy, const PolicyPlaces& places, absl::Time now);

}  // namespace retainer::policy
