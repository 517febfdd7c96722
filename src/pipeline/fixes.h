// Which tickets changes say they fix, and which changes say so of a ticket.
//
// Thread-safe. Errors are the store's.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "src/pipeline/draft.h"

namespace retainer::pipeline {

class Fixes {
 public:
  // The most changes per ticket whose checks follow its promises.
  static constexpr std::size_t kMaxChanges = 32;

  explicit Fixes(Store& store) : store_(store) {}

  // What the store knows of the tickets that a change with these facts says it fixes. `rides`:
  // these tickets, with the versions that were read. Empty if the ticket is not a change.
  absl::StatusOr<ChangeBeside> Find(const TicketContext& context, const FactSet& facts,
                                    const std::optional<ChangeRecord>& known,
                                    std::vector<std::pair<TicketKey, std::uint64_t>>* rides);
  // If a write changes a ticket's promises, sets the wake-up of the changes that say they fix it to
  // now, in the same write. So their checks follow even after a crash.
  absl::Status Wake(const std::vector<Draft>& drafts, absl::Time now,
                    std::vector<DecisionWrite>* writes);

 private:
  // The ticket that a reference (`#12`, `owner/repo#12`) in a project's texts means. Nullopt if its
  // project is not known, or if the readers of one may not read the other.
  absl::StatusOr<std::optional<TicketKey>> Referenced(const TicketContext& from,
                                                      const std::string& reference);

  Store& store_;
};

}  // namespace retainer::pipeline
