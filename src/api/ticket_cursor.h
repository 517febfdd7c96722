// Where a page of a list ended, as an opaque word. It is bound to the filters of its list.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "absl/time/time.h"
#include "retainer/ids.h"

namespace retainer {

using ListPlace = std::pair<absl::Time, TicketKey>;

std::string WriteCursor(const ListPlace& place, std::string_view filters);
// nullopt for anything that WriteCursor did not write for these filters.
std::optional<ListPlace> ReadCursor(std::string_view cursor, std::string_view filters);

}  // namespace retainer
