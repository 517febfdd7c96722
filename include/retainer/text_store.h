// The part of the Store port about what people wrote on tickets. It is kept for the search for
// similar tickets (src/similar) and for nothing else: no decision reads it.
//
// The opening and each comment are kept in their last version, cut to kMostSaid bytes. Commit
// writes them with the facts that bring them (Fact::said), takes out a comment that was deleted,
// and takes out everything of a ticket that was deleted or moved away. A repeated or late version
// changes nothing.
#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "retainer/ids.h"

namespace retainer {

struct TicketText {
  std::string object;  // `comment/17`, `note/9`; empty: the opening text
  std::string text;    // UTF-8
  bool internal = false;
  absl::Time at;  // of this version
  friend bool operator==(const TicketText&, const TicketText&) = default;
};

// Contract and errors as in store.h.
class TextStore {
 public:
  virtual ~TextStore() = default;

  // Ordered by object. At most `limit`.
  virtual absl::StatusOr<std::vector<TicketText>> LoadTexts(const TicketKey& ticket,
                                                            std::size_t limit) = 0;
  // Takes all texts of a ticket out. OK if there are none.
  virtual absl::Status ForgetTexts(const TicketKey& ticket) = 0;
};

}  // namespace retainer
