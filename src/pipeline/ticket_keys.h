// Parses ticket keys in texts.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "retainer/ids.h"

namespace retainer::pipeline {

// Parses `forge/project/issue/12`. Nullopt for anything else.
std::optional<TicketKey> ParseTicketKey(std::string_view text);

// Parses `#12` or `!12`, as people write it in a ticket of the same project. Nullopt for anything
// else.
std::optional<TicketKey> WrittenKey(const TicketKey& from, const std::string& reference);

}  // namespace retainer::pipeline
