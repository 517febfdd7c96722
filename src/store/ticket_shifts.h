// The shift of a ticket's instants for the coarse view of outsiders (retainer/hidden_owed.h): a
// keyed hash of the ticket. The key is random, is made once per store, and never leaves it.
//
// Thread-safe after Load.
#pragma once

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "retainer/ids.h"
#include "src/store/engine.h"

namespace retainer::store {

class TicketShifts {
 public:
  // Reads the key, or makes it if there is none. Call it once, before anything else. DataLoss if
  // the stored value is not a key; Unavailable if the system gives no random bytes.
  absl::Status Load(Engine* engine);

  // Less than one day.
  std::uint32_t SecondsOf(const TicketKey& ticket) const;

 private:
  std::string key_;
};

}  // namespace retainer::store
