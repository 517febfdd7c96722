// The position at which a page of a list ended, as an opaque string. It is valid only for the
// filters and the order of its list.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "retainer/store.h"

namespace retainer::pipeline {

std::string WriteCursor(const TicketPlace& place, std::string_view filters);
// nullopt for anything that WriteCursor did not make for these filters.
std::optional<TicketPlace> ReadCursor(std::string_view cursor, std::string_view filters);

}  // namespace retainer::pipeline
