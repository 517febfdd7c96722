// Which tickets changes say they fix: a change remembers them, and follows their promises.
//
// Thread-safe. Errors are the store's.
#pragma once

#include <optional>
#include <string>
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

  // Tells the write what the change says it fixes, and which promises ride on it. `rides`: those
  // tickets as they were read.
  absl::Status Add(const Draft& draft, const TermsHistory& terms, DecisionWrite* write,
                   std::vector<TicketRecord>* rides);
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
