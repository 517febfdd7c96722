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

// So often an account may act on one ticket within a day.
inline constexpr std::size_t kMostActs = 30;

// Does it. Ok with an empty text; or with the reason why it is refused. Only what changes something
// is stored: a refused act, and one that would change nothing, leaves no fact. Errors as
// Desk::Operate.
absl::StatusOr<std::string> CarryOut(const PageContext& context, const Visitor& visitor,
                                     const TicketRef& ref, Fact fact);

}  // namespace retainer::pages
