// Hours and entries of work as JSON, for the API and for commands. Pure.
#pragma once

#include <nlohmann/json.hpp>

#include "absl/time/civil_time.h"
#include "retainer/hours.h"

namespace retainer::api {

// `today`: in the customer's time zone.
nlohmann::ordered_json BlocksJson(const HoursBook& book, absl::CivilDay today);
nlohmann::ordered_json EntryJson(const HoursEntry& entry);

}  // namespace retainer::api
