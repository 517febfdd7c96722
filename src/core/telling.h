// When notices are told, and to which teams.
#pragma once

#include <string>
#include <vector>

#include "absl/time/time.h"
#include "retainer/calendar.h"
#include "retainer/ids.h"
#include "retainer/policy.h"

namespace retainer::core {

// Returns `at`, or an instant in the first minute of the next opening if the plan's notices wait
// for opening hours.
//
// Rationale: each ticket has its own second in that minute, so that the notices of a night do not
// all fall on one instant.
absl::Time HeldUntil(const TicketKey& ticket, const Plan& plan, const BusinessTime& calendar,
                     absl::Time at);

// Teams that the ticket's labels select; all teams if the labels select none.
std::vector<std::string> TeamsFor(const std::vector<std::string>& labels, const Policy& policy);

}  // namespace retainer::core
