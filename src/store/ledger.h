// The ledger: the append-only, hash-chained record of decisions.
//
// Each record holds SHA-256(the predecessor's digest || its own content). So nothing before a known
// head can be changed, removed or inserted without being detected. Formats: codec/records.h.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "retainer/store.h"
#include "src/store/codec/records.h"
#include "src/store/engine.h"

namespace retainer::store {

// 32 bytes.
std::string Sha256(std::string_view bytes);

// The ledger entry of a decision; nullopt if the decision has neither facts nor changes.
std::optional<LedgerEntry> MakeLedgerEntry(const DecisionWrite& write);

// Writes batches together with their ledger entries. Thread-safe.
//
// Rationale: each entry needs the digest of the one before, and must not be on disk without it. So
// writers wait in a queue; the first one takes all waiting batches, chains their entries, and
// writes them in one atomic write (group commit).
class LedgerWriter {
 public:
  // REQUIRES: `engine` outlives this.
  explicit LedgerWriter(Engine& engine) : engine_(engine) {}

  // As Engine::Write and WriteUnsynced. A group is synced if one of its members needs it.
  absl::Status Write(Batch batch, const std::vector<LedgerEntry>& entries);
  absl::Status WriteUnsynced(Batch batch, const std::vector<LedgerEntry>& entries);

 private:
  struct Waiting {
    Batch batch;
    std::vector<std::string> contents;
    bool synced = true;
    bool done = false;
    absl::Status status;
  };
  absl::Status Queue(Batch batch, const std::vector<LedgerEntry>& entries, bool synced);
  absl::Status WriteGroup(const std::vector<Waiting*>& group);

  Engine& engine_;
  std::mutex mutex_;
  std::condition_variable turn_;
  std::deque<Waiting*> queue_;
};

// What a record says; of an erased one, what was kept. Nullopt: it cannot be read.
std::optional<LedgerEntry> DecodeEntry(const LedgerRecord& record);
absl::StatusOr<StoredLedgerHead> ReadStoredLedgerHead(View& view);
// The head that the ledger had at an instant. Records are written in the order of their instants,
// except while the clock is set back: then a later record of an earlier instant may count.
absl::StatusOr<StoredLedgerHead> FindLedgerHeadAt(View& view, absl::Time at);
// As DiskStore::VerifyLedgerWhile.
absl::Status VerifyLedger(View& view, const std::function<bool()>& goes_on);

}  // namespace retainer::store
