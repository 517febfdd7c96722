// What people do to a ticket on a page: reads the form, and carries it out as a fact.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "src/pages/page.h"

namespace retainer::pages {

// The fact of the form's `act`, with its fields `customer`, `priority`, `metric` and `reason`.
// `contact_of`: the customer for whom it is done; empty: as one of the project's people.
// InvalidArgument, for the visitor: there is no such act, customer or priority, or a reason is
// missing. PermissionDenied: it is not theirs to do.
absl::StatusOr<Fact> ReadAct(const PageContext& context, const PageVisit& visit,
                             const std::string& contact_of);

// Does it. Ok with an empty text; or with the reason why it was refused. Errors as Desk::Operate.
absl::StatusOr<std::string> CarryOut(const PageContext& context, const TicketRef& ref, Fact fact);

}  // namespace retainer::pages
