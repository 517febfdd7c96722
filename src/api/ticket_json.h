// The JSON bodies of the API: a ticket with its clocks and its explanation, an entry in a list of
// tickets, and the health details.
#pragma once

#include <string>

#include "nlohmann/json_fwd.hpp"
#include "retainer/standing.h"
#include "retainer/ticket_record.h"
#include "src/api/exchange.h"
#include "src/api/json_writer.h"
#include "src/pipeline/desk.h"

namespace retainer::api {

// A whole ticket. `only_customer`: the customer of a token that is limited to it, which may see
// only that customer's part; empty: everything.
ApiAnswer TicketAnswer(const TicketRef& ref, const pipeline::Inspection& inspection,
                       const std::string& only_customer);

// Writes an entry of a list of tickets, with the states at `now`, as the next value of `json`'s
// array. `only_customer` as above.
void WriteTicketEntry(const TicketRecord& record, const std::string& only_customer, absl::Time now,
                      JsonWriter* json);

std::string HealthJson(const pipeline::Health& health);

// RFC 3339 in UTC; null for an infinite instant.
nlohmann::ordered_json InstantJson(absl::Time time);
// Replaces invalid UTF-8.
std::string DumpJson(const nlohmann::ordered_json& json);
// 200 with `json`. Only `as_of` may depend on the present time; the entity tag leaves it out.
ApiAnswer JsonAnswer(nlohmann::ordered_json json);
// 200 with the written JSON. The entity tag is made of its stable part.
ApiAnswer JsonAnswer(const JsonWriter& json);

TicketRef RefOf(const TicketRecord& record);

}  // namespace retainer::api
