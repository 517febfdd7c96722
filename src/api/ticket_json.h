// The JSON bodies of the API: a ticket with its clocks and the explanation, a ticket in a list, and
// the health details.
#pragma once

#include <string>

#include "nlohmann/json_fwd.hpp"
#include "retainer/standing.h"
#include "retainer/ticket_record.h"
#include "src/api/exchange.h"
#include "src/pipeline/desk.h"

namespace retainer {

struct TicketTexts {
  std::string body;
  // The same without what the present time alone changes (how long a clock has run).
  std::string stable;
};

// `only_customer`: what a token bound to a customer may see; empty: everything.
TicketTexts TicketJson(const TicketRef& ref, const Inspection& inspection,
                       const std::string& only_customer);

// A ticket in a list, with the states of the instant. `only_customer` as above.
nlohmann::ordered_json TicketEntry(const TicketRecord& record, const std::string& only_customer,
                                   absl::Time now);

std::string HealthJson(const Health& health);

// RFC 3339 in UTC; null for an infinite instant.
nlohmann::ordered_json InstantJson(absl::Time time);
// Any bytes become text.
std::string DumpJson(const nlohmann::ordered_json& json);
// 200 with `json`, of which `as_of` alone changes by time: it is no part of the entity tag.
ApiAnswer JsonAnswer(nlohmann::ordered_json json);

TicketRef RefOf(const TicketRecord& record);

}  // namespace retainer
