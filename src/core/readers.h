// What those may know who read a ticket that outsiders do not.
#pragma once

#include <string>

#include "retainer/core.h"

namespace retainer::core {

// The private customer whose promises everybody who reads the ticket may know of, by id; empty:
// none.
//
// That is so where nobody else ever had a claim on the ticket, nobody on it is another customer's
// contact, and its readers are
// - of a confidential issue: the project's people, its author, who is the customer's contact, and
// its
//   assignees, who are one or the other;
// - of the customer's own project that only its members read: its members.
// A project that is another customer's too is neither.
std::string KnownToEveryReader(const TicketContext& context, const Standing& standing,
                               const TermsHistory& terms, absl::Time now);

}  // namespace retainer::core
