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
  // So many changes that say they fix a ticket are kept current when its promises change.
  static constexpr std::size_t kMaxChanges = 32;

  explicit Fixes(Store& store) : store_(store) {}

  // What is known of the tickets that a change with these facts says it fixes. `rides`: them, with
  // the versions that were read. Nothing of what is no change.
  absl::StatusOr<ChangeBeside> Find(const TicketContext& context, const FactSet& facts,
                                    const std::optional<ChangeRecord>& known,
                                    std::vector<std::pair<TicketKey, std::uint64_t>>* rides);
  // Has the changes judged again that say they fix a ticket of `writes` whose promises change, in
  // the same write: after a crash their checks follow all the same.
  absl::Status Wake(const std::vector<Draft>& drafts, absl::Time now,
                    std::vector<DecisionWrite>* writes);

 private:
  // The ticket of a reference (`#12`, `owner/repo#12`) in the texts of a project; nullopt where its
  // project is not known, or where those who read the one may not read the other.
  absl::StatusOr<std::optional<TicketKey>> Referenced(const TicketContext& from,
                                                      const std::string& reference);

  Store& store_;
};

}  // namespace retainer::pipeline
