// The JSON bodies of the API: a ticket with its clocks and the explanation, and the health details.
#pragma once

#include <string>

#include "retainer/standing.h"
#include "src/pipeline/desk.h"

namespace retainer {

// `only_customer`: what a token bound to a customer may see; empty: everything.
std::string TicketJson(const TicketRef& ref, const Inspection& inspection,
                       const std::string& only_customer);

std::string HealthJson(const Health& health);

}  // namespace retainer
