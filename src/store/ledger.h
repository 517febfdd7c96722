// The ledger: the append-only, hash-chained record of decisions.
//
// Each record holds SHA-256(the predecessor's digest || its own content), so that nothing before a
// known head can be changed, removed or put in between unseen. Formats: codec/records.h.
#pragma once

#include <condition_variable>
#include <deque>
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

namespace retainer {

// 32 bytes.
std::string Sha256(std::string_view bytes);

// The ledger's record of a decision; nullopt when it holds neither facts nor changes.
std::optional<LedgerEntry> MakeLedgerEntry(const DecisionWrite& write);

// Writes batches together with their ledger entries. Thread-safe.
//
// Rationale: each entry needs the digest of the one before, and must not be on disk without it. So
// writers queue; the first takes all that wait, chains their entries, and makes one write of
// them. Either all of such a group is there or nothing.
class LedgerWriter {
 public:
  // REQUIRES: `engine` outlives this.
  explicit LedgerWriter(Engine& engine) : engine_(engine) {}

  // Engine::Write or WriteUnsynced; a group is synced where one of its members is to be.
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

absl::StatusOr<StoredLedgerHead> ReadStoredLedgerHead(View& view);
absl::Status VerifyLedger(View& view);

}  // namespace retainer
