// What doctor vouches for of the store.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "retainer/store.h"

namespace retainer::cli {

struct LookThrough {
  std::vector<std::string> damaged;  // what cannot be read, in words; the first few
  std::size_t more = 0;              // beside those
  bool whole = false;                // all was looked at within the time
};

// Reads what is stored (Store::Scrub) for at most `patience` of real time. Errors as the store's.
absl::StatusOr<LookThrough> LookThroughStore(Store& store, absl::Duration patience);

}  // namespace retainer::cli
