// By how much a ticket's instants are shifted where outsiders see them coarsely
// (retainer/hidden_owed.h): a keyed hash of the ticket. The key is random, made once for a store,
// and leaves it never.
//
// Thread-safe after Load.
#pragma once

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "retainer/ids.h"
#include "src/store/engine.h"

namespace retainer {

class TicketShifts {
 public:
  // Reads the key; makes it where there is none. Once, before anything else. DataLoss where what is
  // there is no key; Unavailable where the system gives no random bytes.
  absl::Status Load(Engine* engine);

  // Less than a day's.
  std::uint32_t SecondsOf(const TicketKey& ticket) const;

 private:
  std::string key_;
};

}  // namespace retainer
