// When, and to which teams, notices are told.
#pragma once

#include <string>
#include <vector>

#include "absl/time/time.h"
#include "retainer/calendar.h"
#include "retainer/ids.h"
#include "retainer/policy.h"

namespace retainer::core {

// `at`, or where the plan's notices wait for opening hours the first minute of the next opening.
//
// Rationale: what waited for an opening is told within its first minute, each ticket at a second of
// its own, so that a night's notices do not all fall on one instant.
absl::Time HeldUntil(const TicketKey& ticket, const Plan& plan, const BusinessTime& calendar,
                     absl::Time at);

// Teams whose area the ticket's labels tell; all where none does.
std::vector<std::string> TeamsFor(const std::vector<std::string>& labels, const Policy& policy);

}  // namespace retainer::core
