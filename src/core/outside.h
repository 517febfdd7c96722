// What outsiders can know of a ticket: its standing as if private customers were nobody's, from
// what the forge answered when it was asked for outsiders' sake alone.
//
// Rationale for the latter: an answer that was had because of a private customer would save the
// question here, and the time that it takes.
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

// Can outsiders see anything else than what `inside`, made of all `facts`, says?
bool IsSeenOtherwise(const Standing& inside, const FactSet& facts, const TermsHistory& terms,
                     absl::Time now);

// Puts what `outside` says of the customers that it knows of in place of what stands in `decision`.
void TakeClaims(const Standing& outside, Decision* decision);

}  // namespace retainer::core
