// Gaps: spans of time in which deliveries of a forge did not reach us, and what became of them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace retainer {

struct Gap {
  std::string forge;
  // When the forge sent the first and the last of the missed deliveries. If `unlogged`: since and
  // until when they could not reach us.
  absl::Time from = absl::UnixEpoch();
  absl::Time to = absl::UnixEpoch();
  std::uint64_t sent_again = 0;  // came when the forge sent them again
  std::uint64_t read = 0;        // were read from the forge's log
  std::uint64_t lost = 0;        // are in no log that we can read; their projects are read back
  std::uint64_t missing = 0;     // not settled yet
  // The forge keeps no log of this span that our account may read: how many deliveries were lost is
  // not known. The projects are read back.
  bool unlogged = false;
  absl::Time found = absl::UnixEpoch();  // when we learnt of it; with `forge`, its identity
  // The ids of the lost ones, so that they are counted once; at most kMostLostInGap.
  std::vector<std::string> lost_ids;
  friend bool operator==(const Gap&, const Gap&) = default;
};

inline constexpr std::size_t kMostLostInGap = 1000;

// The part of the Store port about gaps. Contract and errors as in store.h; durable.
class GapStore {
 public:
  static constexpr std::size_t kMostGaps = 100;  // of a forge; older ones are deleted

  virtual ~GapStore() = default;

  // Adds the gap, or replaces the one with the same forge and `found`.
  virtual absl::Status SaveGap(const Gap& gap) = 0;
  // All gaps that are kept, ordered by forge, the earliest found first.
  virtual absl::StatusOr<std::vector<Gap>> ListGaps() = 0;
  // True if a delivery of the forge with this id was stored and has not expired. Cost: one row.
  virtual absl::StatusOr<bool> HasDelivery(const std::string& forge, const std::string& id) = 0;
};

}  // namespace retainer
