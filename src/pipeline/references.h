// What is known here of the tickets that others name: for that no forge is needed.
//
// Pure but for the store; thread-safe.
#pragma once

#include <optional>
#include <string>

#include "retainer/core.h"
#include "retainer/store.h"

namespace retainer::pipeline {

// Claims go only to projects that we know of: is that of the ticket `key` (ToString) one?
bool IsProjectKnown(Store& store, const TicketKey& from, const std::string& key);

// Which ticket a reference (as the subject of a kReference fact) on another means: the key's text,
// empty for none. Nullopt: the forge is to be asked. `offline`: there is nobody to be asked, and
// people's word is taken.
std::optional<std::string> KnownAs(Store& store, const TicketContext& from,
                                   const std::string& reference, bool offline);

}  // namespace retainer::pipeline
