// What outsiders can know of a ticket: its standing without private customers, and only from
// answers of the forge that were asked for the outsiders' view.
//
// Rationale for the latter: an answer that exists because of a private customer would save the
// question here, and with it the time that the question takes.
#pragma once

#include "prospects.h"
#include "retainer/core.h"

namespace retainer::core {

struct Outside {
  Outside(const TicketContext& context, const FactSet& facts, const TermsHistory& history,
          const Pins& pins, absl::Time now);

  const TermsHistory terms;
  const Standing known;
  const Prospects prospects;
};

// True if outsiders could see something different from what `inside`, made of all `facts`, says.
bool IsSeenOtherwise(const Standing& inside, const FactSet& facts, const TermsHistory& terms,
                     absl::Time now);

// Replaces the claims in `decision` by those of `outside`, for the customers that `outside` knows.
void TakeClaims(const Standing& outside, Decision* decision);

}  // namespace retainer::core
