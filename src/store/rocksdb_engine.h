// Tables in RocksDB. Thread-safe. The guarantees are described in rocksdb_store.h.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <shared_mutex>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "rocksdb/db.h"
#include "rocksdb/options.h"
#include "src/store/engine.h"
#include "src/store/rocksdb_store.h"

namespace retainer::store {

class RocksDbEngine final : public Engine {
 public:
  static absl::StatusOr<std::unique_ptr<RocksDbEngine>> Open(const std::string& folder,
                                                             const RocksDbOptions& options);
  // Opens an existing database, which another process may be using, and never writes.
  static absl::StatusOr<std::unique_ptr<RocksDbEngine>> OpenToRead(const std::string& folder);
  ~RocksDbEngine() override;

  std::unique_ptr<View> Read() override;
  std::vector<std::string> Files() override;
  absl::Status VerifyFile(const std::string& file) override;
  absl::Status Checkpoint(const std::string& folder) override;
  absl::Status DropReplaced() override;
  absl::Status Prepare() override;
  absl::Status Write(const Batch& batch) override;
  absl::Status WriteUnsynced(const Batch& batch) override;
  absl::Status MakeDurable() override;
  std::uint64_t Losses() const override { return losses_; }

 private:
  class RocksDbCursor;
  class RocksDbView;

  enum class Access { kWrite, kRead, kLook };

  RocksDbEngine(std::string folder, rocksdb::DBOptions options,
                rocksdb::ColumnFamilyOptions table_options, std::uint64_t least_room)
      : folder_(std::move(folder)),
        options_(std::move(options)),
        table_options_(std::move(table_options)),
        least_room_(least_room) {}

  // The next three methods. REQUIRES: gate_ is held exclusively, or no other thread knows this
  // object yet.
  //
  // With kRead nothing is written to disk, and a database that lacks a table is refused. With
  // kLook nothing is written either, and such a table cannot be read.
  absl::Status OpenDatabase(Access access);
  void CloseDatabase();
  // Tries kWrite. If that fails, tries kRead and sets failed_. Returns the error of kWrite.
  absl::Status OpenAsFarAsPossible();
  // ResourceExhausted if there is not enough space for opening to write what the write-ahead log
  // holds.
  absl::Status CheckRoom() const;
  absl::Status Translate(const rocksdb::Status& status) const;
  // An empty batch only syncs. REQUIRES: gate_ is held, or no other thread knows this object.
  absl::Status Append(const Batch& batch, bool sync);

  const std::string folder_;
  const rocksdb::DBOptions options_;
  const rocksdb::ColumnFamilyOptions table_options_;
  const std::uint64_t least_room_;
  std::optional<std::vector<std::string>> sealed_with_;  // derived files; set: it seals

  // Held shared to use the database, exclusively to close and open it.
  std::shared_mutex gate_;
  std::unique_ptr<rocksdb::DB> db_;                    // null: it cannot be read at present
  std::vector<rocksdb::ColumnFamilyHandle*> tables_;   // index: Table
  std::vector<rocksdb::ColumnFamilyHandle*> handles_;  // all handles, for closing
  // a write or an opening failed and was not repaired since
  std::atomic<bool> failed_ = false;
  std::atomic<std::uint64_t> losses_ = 0;

  // Counts of unsynced writes: begun, ended, and known to be on disk. A write that ended before a
  // sync began is covered by that sync. A write that has begun may be visible already.
  std::atomic<std::uint64_t> begun_ = 0;
  std::atomic<std::uint64_t> ended_ = 0;
  std::atomic<std::uint64_t> durable_ = 0;
};

}  // namespace retainer::store
