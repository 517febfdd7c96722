// The JSON bodies of the API: a ticket with its clocks and the explanation, a ticket in a list, and
// the health details.
#pragma once

#include <string>

#include "nlohmann/json_fwd.hpp"
#include "retainer/standing.h"
#include "retainer/ticket_record.h"
#include "src/api/exchange.h"
#include "src/api/json_writer.h"
#include "src/pipeline/desk.h"

namespace retainer {

// A ticket as a whole. `only_customer`: what a token bound to a customer may see; empty:
// everything.
ApiAnswer TicketAnswer(const TicketRef& ref, const Inspection& inspection,
                       const std::string& only_customer);

// A ticket in a list, with the states of the instant: the next value of `json`'s array.
// `only_customer` as above.
void WriteTicketEntry(const TicketRecord& record, const std::string& only_customer, absl::Time now,
                      JsonWriter* json);

std::string HealthJson(const Health& health);

// RFC 3339 in UTC; null for an infinite instant.
nlohmann::ordered_json InstantJson(absl::Time time);
// Any bytes become text.
std::string DumpJson(const nlohmann::ordered_json& json);
// 200 with `json`, of which `as_of` alone changes by time: it is no part of the entity tag.
ApiAnswer JsonAnswer(nlohmann::ordered_json json);
// 200 with what was written; the entity tag is of what is stable in it.
ApiAnswer JsonAnswer(const JsonWriter& json);

TicketRef RefOf(const TicketRecord& record);

}  // namespace retainer
