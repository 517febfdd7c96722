// RocksDbEngine: its files. They are verified, rewritten without what was replaced, and sealed.
#include <mutex>
#include <shared_mutex>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "rocksdb/convenience.h"
#include "rocksdb/env.h"
#include "src/store/rocksdb_engine.h"
#include "src/store/seal.h"

namespace retainer::store {

absl::Status RocksDbEngine::VerifyFile(const std::string& file) {
  const std::string path = absl::StrCat(folder_, "/", file);
  // The options of any table work, because the checksums are part of the file format.
  const rocksdb::Status status = rocksdb::VerifySstFileChecksum(
      rocksdb::Options(options_, table_options_), rocksdb::EnvOptions(options_), path);
  if (status.ok()) return absl::OkStatus();
  if (options_.env->FileExists(path).IsNotFound()) return absl::NotFoundError(path);
  const absl::Status wrong = Translate(status);
  // RocksDB names another file, or none, for some places.
  if (!absl::IsDataLoss(wrong) || absl::StrContains(wrong.message(), file)) return wrong;
  return absl::DataLossError(absl::StrCat("the file ", path, ": ", wrong.message()));
}

RocksDbEngine::~RocksDbEngine() {
  // What a failed write left is for the next opening to repair.
  const bool whole = db_ != nullptr && !failed_;
  CloseDatabase();
  if (whole && sealed_with_) WriteSeal(folder_, *sealed_with_);
}

absl::Status RocksDbEngine::DropReplaced() {
  const auto closed = [&] {
    return absl::UnavailableError(absl::StrCat(
        "the store in ", folder_, " cannot be rewritten before it can be written again"));
  };
  {
    // A View keeps what it sees, so wait until each one ends that may see what was replaced.
    const std::unique_lock barrier(gate_);
  }
  {
    const std::shared_lock gate(gate_);
    if (failed_ || db_ == nullptr) return closed();
    // All tables at once: then no log of before is needed any more.
    rocksdb::FlushOptions flush;
    flush.wait = true;
    rocksdb::Status status = db_->Flush(flush, handles_);
    rocksdb::CompactRangeOptions compact;
    // Not only files that are merged anyway: each one may hold an older value.
    compact.bottommost_level_compaction = rocksdb::BottommostLevelCompaction::kForce;
    for (rocksdb::ColumnFamilyHandle* table : handles_) {
      if (status.ok()) status = db_->CompactRange(compact, table, nullptr, nullptr);
    }
    if (!status.ok()) return Translate(status);
  }
  // The list of files holds their first and last keys, also of files that are gone. Opening writes
  // it anew.
  const std::unique_lock gate(gate_);
  if (failed_ || db_ == nullptr) return closed();
  CloseDatabase();
  const absl::Status opened = OpenAsFarAsPossible();
  if (opened.ok()) durable_ = begun_.load();
  return opened;
}

}  // namespace retainer::store
