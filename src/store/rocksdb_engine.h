// Tables in RocksDB. Thread-safe. See rocksdb_store.h for what it guarantees.
#pragma once

#include <atomic>
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
  absl::Status Prepare() override;
  absl::Status Write(const Batch& batch) override;

 private:
  class RocksDbCursor;
  class RocksDbView;

  RocksDbEngine(std::string folder, rocksdb::DBOptions options,
                rocksdb::ColumnFamilyOptions table_options)
      : folder_(std::move(folder)), options_(std::move(options)), table_options_(table_options) {}

  // REQUIRES: gate_ is held exclusively, or nobody else knows this object yet.
  absl::Status OpenDatabase();
  void CloseDatabase();
  absl::Status Translate(const rocksdb::Status& status) const;

  const std::string folder_;
  const rocksdb::DBOptions options_;
  const rocksdb::ColumnFamilyOptions table_options_;

  // Shared by whoever uses the database, exclusive for closing and opening it.
  std::shared_mutex gate_;
  std::unique_ptr<rocksdb::DB> db_;                    // null when it could not be opened again
  std::vector<rocksdb::ColumnFamilyHandle*> tables_;   // by Table
  std::vector<rocksdb::ColumnFamilyHandle*> handles_;  // all, to be closed
  std::atomic<bool> failed_ = false;                   // the last write, not healed since
};

}  // namespace retainer
