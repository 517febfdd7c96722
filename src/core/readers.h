// What the readers of a ticket may know if outsiders cannot read it.
#pragma once

#include <string>

#include "retainer/core.h"

namespace retainer::core {

// The id of the private customer whose promises every reader of the ticket may know; empty: none.
//
// Conditions: no other customer ever had a claim on the ticket, nobody on it is another customer's
// contact, and the readers are
// - for a confidential issue: the project's people, the author, who is the customer's contact, and
// the assignees, who are one or the other;
// - for a project of the customer that only members can read: its members. The result is empty if
// the project also belongs to another customer.
std::string KnownToEveryReader(const TicketContext& context, const Standing& standing,
                               const TermsHistory& terms, const Pins& pins, absl::Time now);

}  // namespace retainer::core
