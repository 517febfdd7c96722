// Ticket keys in texts.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "retainer/ids.h"

namespace retainer {

// `forge/project/issue/12` back to a key; nullopt for anything else.
std::optional<TicketKey> ParseTicketKey(std::string_view text);

// `#12` or `!12` as people write it in a ticket of the same project; nullopt for anything else.
std::optional<TicketKey> WrittenKey(const TicketKey& from, const std::string& reference);

}  // namespace retainer
