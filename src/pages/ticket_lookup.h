// Finds a ticket that a visitor may read.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "src/pages/page.h"
#include "src/pipeline/may_read.h"

namespace retainer::pages {

// The ticket that `text` names. NotFound alike for a text that names none, a ticket that does not
// exist, and one that the reader may not read; nothing of a ticket is computed before. Else the
// store's errors.
absl::StatusOr<TicketRef> FindReadable(const PageContext& context, const pipeline::Reader& reader,
                                       const std::string& text);

}  // namespace retainer::pages
