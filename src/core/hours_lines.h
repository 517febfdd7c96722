// The lines of the status comment about hours.
#pragma once

#include <string>
#include <vector>

#include "retainer/core.h"

namespace retainer::core {

// Adds what is left of the hours of a claim's customer, one line per block, while the ticket is
// open, and that none are left if it is a request that is drawn from them. `name`: of the customer;
// empty if only one is shown.
void AddHoursLines(const TicketContext& context, const Standing& standing,
                   const ClaimStanding& claim, const std::string& name, const Policy& policy,
                   std::vector<std::string>* lines);

}  // namespace retainer::core
