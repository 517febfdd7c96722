// What a store on disk can do beyond the Store port: be copied while it is in use, and be restored.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "retainer/restored.h"
#include "retainer/store.h"

namespace retainer::store {

// Thread-safe. Errors as the Store's.
class DiskStore : public Store {
 public:
  // Makes a copy of everything that was written before the call, as a new folder that can be
  // opened. Files of tables are shared with the store through hard links, so it takes seconds and
  // little room. The files of the copy never change. REQUIRES: `folder` is an absolute path that
  // does not exist, on the store's disk.
  virtual absl::Status Checkpoint(const std::string& folder) = 0;

  // The last restore. Nullopt: this store was never restored from a backup.
  virtual absl::StatusOr<std::optional<Restored>> LoadRestored() = 0;
  // Saves that this store was restored. In the same write it asks that every project that the
  // policy covers is read back (ResyncRecord with kRestoredCause): what changed at or after
  // `since`, or more if an unfinished resync wanted more.
  virtual absl::Status SaveRestored(const Restored& restored, absl::Time since) = 0;
};

}  // namespace retainer::store
