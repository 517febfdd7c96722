// Tables in RocksDB. Thread-safe. See rocksdb_store.h for what it guarantees.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <shared_mutex>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "rocksdb/db.h"
#include "rocksdb/options.h"
#include "src/store/engine.h"
#include "src/store/rocksdb_store.h"

namespace retainer {

class RocksDbEngine final : public Engine {
 public:
  static absl::StatusOr<std::unique_ptr<RocksDbEngine>> Open(const std::string& folder,
                                                             const RocksDbOptions& options);
  ~RocksDbEngine() override;

  std::unique_ptr<View> Read() override;
  std::vector<std::string> Files() override;
  absl::Status VerifyFile(const std::string& file) override;
  absl::Status Prepare() override;
  absl::Status Write(const Batch& batch) override;
  absl::Status WriteUnsynced(const Batch& batch) override;
  absl::Status MakeDurable() override;
  std::uint64_t Losses() const override { return losses_; }

 private:
  class RocksDbCursor;
  class RocksDbView;

  enum class Access { kWrite, kRead };

  RocksDbEngine(std::string folder, rocksdb::DBOptions options,
                rocksdb::ColumnFamilyOptions table_options, std::uint64_t least_room)
      : folder_(std::move(folder)),
        options_(std::move(options)),
        table_options_(std::move(table_options)),
        least_room_(least_room) {}

  // These three. REQUIRES: gate_ is held exclusively, or nobody else knows this object yet.
  //
  // With kRead nothing is written to the disk, and a database that lacks a table is refused.
  absl::Status OpenDatabase(Access access);
  void CloseDatabase();
  // kWrite; where that fails, kRead as far as it goes, with failed_ set. Returns what writing met.
  absl::Status OpenAsFarAsPossible();
  // ResourceExhausted where opening could not write down what the write-ahead log holds.
  absl::Status CheckRoom() const;
  absl::Status Translate(const rocksdb::Status& status) const;
  // An empty batch is a sync alone. REQUIRES: gate_ is held, or nobody else knows this object.
  absl::Status Append(const Batch& batch, bool sync);

  const std::string folder_;
  const rocksdb::DBOptions options_;
  const rocksdb::ColumnFamilyOptions table_options_;
  const std::uint64_t least_room_;

  // Shared by whoever uses the database, exclusive for closing and opening it.
  std::shared_mutex gate_;
  std::unique_ptr<rocksdb::DB> db_;                    // null: it cannot even be read now
  std::vector<rocksdb::ColumnFamilyHandle*> tables_;   // by Table
  std::vector<rocksdb::ColumnFamilyHandle*> handles_;  // all, to be closed
  std::atomic<bool> failed_ = false;                   // a write or an opening, not healed since
  std::atomic<std::uint64_t> losses_ = 0;

  // Writes that were not synced, counted as they begin and as they end, and how many of them are
  // known to be on disk. One that has ended before a sync began is covered by it; one that has only
  // begun may be visible already.
  std::atomic<std::uint64_t> begun_ = 0;
  std::atomic<std::uint64_t> ended_ = 0;
  std::atomic<std::uint64_t> durable_ = 0;
};

}  // namespace retainer
