// Which ticket a reference means, as far as the store knows: no forge is asked.
//
// Pure but for the store; thread-safe.
#pragma once

#include <optional>
#include <string>

#include "retainer/core.h"
#include "retainer/store.h"

namespace retainer::pipeline {

// True if the project of the ticket `key` (as ToString writes it) is in the store. Claims move only
// to such projects.
bool IsProjectKnown(Store& store, const TicketKey& from, const std::string& key);

// The key (as ToString writes it) of the ticket that a reference on `from` means; empty: none. A
// reference is the subject of a kReference fact. Nullopt: the forge has to be asked. `offline`: no
// forge can be asked, so a reference that people wrote is believed.
std::optional<std::string> KnownAs(Store& store, const TicketContext& from,
                                   const std::string& reference, bool offline);

}  // namespace retainer::pipeline
