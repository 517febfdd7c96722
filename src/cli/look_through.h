// How `retainer doctor` checks the store.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "retainer/store.h"

namespace retainer::cli {

struct LookThrough {
  std::vector<std::string> damaged;  // the first unreadable records, in words
  std::size_t more = 0;              // number of further damaged records
  bool whole = false;                // true: everything was read within the time
};

// Reads the stored records (Store::Scrub) for at most `patience` of real time, which may be
// infinite. Errors: those of the store.
absl::StatusOr<LookThrough> LookThroughStore(Store& store, absl::Duration patience);

}  // namespace retainer::cli
