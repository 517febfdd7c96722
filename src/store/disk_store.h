// What a store on disk can do beyond the Store port: be copied while it is in use, be restored, and
// show its ledger record by record.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "retainer/restored.h"
#include "retainer/store.h"

namespace retainer::store {

// One record of the ledger.
struct LedgerLine {
  std::uint64_t number = 0;  // from 1
  std::string content;       // the bytes that are hashed (codec/ledger_records.h)
  std::string digest;        // 32 bytes: SHA-256 of the predecessor's digest and the content
  // What the content says.
  TicketKey ticket;
  absl::Time at;
  std::vector<std::string> changes;
  std::vector<std::string> facts;  // their ids, or a kind and a digest
  std::string terms_id;
  std::string commit;
};

// Thread-safe. Errors as the Store's.
class DiskStore : public Store {
 public:
  // Makes a copy of everything that was written before the call, as a new folder that can be
  // opened. Files of tables are shared with the store through hard links, so it takes seconds and
  // little room. The files of the copy never change. REQUIRES: `folder` is an absolute path that
  // does not exist, on the store's disk.
  virtual absl::Status Checkpoint(const std::string& folder) = 0;

  // Visits the ledger's records from number `from` on, as they were at the call, until `visit`
  // returns false. The records are durable. DataLoss names a record that cannot be read.
  virtual absl::Status WalkLedger(std::uint64_t from,
                                  const std::function<bool(LedgerLine&)>& visit) = 0;

  // As VerifyLedger. Asks `goes_on` before each record, and ends with Cancelled when it says no.
  virtual absl::Status VerifyLedgerWhile(const std::function<bool()>& goes_on) = 0;

  // The last restore. Nullopt: this store was never restored from a backup.
  virtual absl::StatusOr<std::optional<Restored>> LoadRestored() = 0;
  // Saves that this store was restored. In the same write it asks that every project that the
  // policy covers is read back (ResyncRecord with kRestoredCause): what changed at or after
  // `since`, or more if an unfinished resync wanted more.
  virtual absl::Status SaveRestored(const Restored& restored, absl::Time since) = 0;
};

}  // namespace retainer::store
