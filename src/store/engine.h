// The Engine interface: ordered tables of bytes with atomic writes, used by the store's logic
// (table_store.h). Implementations: RocksDB and memory.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "src/store/codec/tables.h"

namespace retainer::store {

// A set of changes that is written atomically. A plain value.
class Batch {
 public:
  void Put(Table table, std::string key, std::string value) {
    operations_.push_back({Operation::Kind::kPut, table, std::move(key), std::move(value), 0});
  }
  void Delete(Table table, std::string key) {
    operations_.push_back({Operation::Kind::kDelete, table, std::move(key), {}, 0});
  }
  // Adds `by` to a counter without reading it.
  void Add(Counter counter, std::int64_t by) {
    AddTo(std::string(1, static_cast<char>(counter)), by);
  }
  void AddTo(std::string counter_key, std::int64_t by) {
    operations_.push_back(
        {Operation::Kind::kAdd, Table::kCounters, std::move(counter_key), {}, by});
  }
  void Append(Batch other) {
    for (Operation& operation : other.operations_) operations_.push_back(std::move(operation));
  }

  struct Operation {
    enum class Kind : std::uint8_t { kPut, kDelete, kAdd };
    Kind kind;
    Table table;
    std::string key;
    std::string value;
    std::int64_t by;
  };
  const std::vector<Operation>& operations() const { return operations_; }
  bool empty() const { return operations_.empty(); }

 private:
  std::vector<Operation> operations_;
};

// A position in a table. Not thread-safe. REQUIRES: destroyed before its View.
class Cursor {
 public:
  virtual ~Cursor() = default;
  // Moves to the first key at or after `key`.
  virtual void Seek(std::string_view key) = 0;
  // Moves to the last key before `key`; an empty `key` means the end of the table.
  virtual void SeekBefore(std::string_view key) = 0;
  // REQUIRES: Valid.
  virtual void Next() = 0;
  virtual void Prev() = 0;
  // False at the end and after an error.
  virtual bool Valid() const = 0;
  // REQUIRES: Valid. The result is valid until the cursor moves.
  virtual std::string_view Key() const = 0;
  virtual std::string_view Value() const = 0;  // as Key
  virtual absl::Status status() const = 0;
};

// A snapshot of the tables at one instant. Not thread-safe. REQUIRES: destroyed before its thread
// writes.
class View {
 public:
  // Receives a key and its value, valid during the call. Returning false ends the walk.
  using Visit = std::function<bool(std::string_view key, std::string_view value)>;

  virtual ~View() = default;
  virtual absl::StatusOr<std::optional<std::string>> Get(Table table, std::string_view key) = 0;
  // One result per key, in the order of `keys`.
  virtual absl::StatusOr<std::vector<std::optional<std::string>>> GetMany(
      Table table, const std::vector<std::string>& keys) = 0;
  // Walks [from, until) in order. An empty `until` means no bound.
  virtual absl::Status Walk(Table table, std::string_view from, std::string_view until,
                            const Visit& visit) = 0;
  // Opens a cursor, for walks that jump. It has no position yet.
  virtual absl::StatusOr<std::unique_ptr<Cursor>> Open(Table table) = 0;
};

// Thread-safe. Errors as the Store's (retainer/store.h).
class Engine {
 public:
  virtual ~Engine() = default;
  virtual std::unique_ptr<View> Read() = 0;
  // The files of the tables; empty for tables in memory.
  virtual std::vector<std::string> Files() { return {}; }
  // Reads a file from disk and verifies its checksums. DataLoss says what to do. NotFound: the file
  // no longer exists.
  virtual absl::Status VerifyFile(const std::string& file) { return absl::NotFoundError(file); }
  // Copies the tables, as of one instant, to a new folder (DiskStore::Checkpoint). Unimplemented
  // for tables in memory.
  virtual absl::Status Checkpoint(const std::string& folder) {
    return absl::UnimplementedError(folder);
  }
  // Rewrites the tables, so that nothing is left on disk of values that were replaced or deleted
  // before the call. Takes as long as copying everything. REQUIRES: the thread holds no View.
  virtual absl::Status DropReplaced() { return absl::OkStatus(); }
  // Call it before the reads on which a write depends, while holding the locks of what they read.
  // If an earlier write failed, it repairs the engine or returns why it cannot. REQUIRES: the
  // thread holds no View.
  //
  // Rationale: a failed write may turn out to be there after the repair. A thread that read before
  // the repair and wrote after it would write twice.
  virtual absl::Status Prepare() = 0;
  // Writes atomically. When it returns OK, the batch and all earlier writes are on disk. After a
  // failed write it returns Unavailable until Prepare.
  virtual absl::Status Write(const Batch& batch) = 0;
  // Like Write, but does not sync: the batch is visible when it returns OK. A power cut may lose
  // it, together with all later writes, until MakeDurable or a Write returns OK.
  virtual absl::Status WriteUnsynced(const Batch& batch) { return Write(batch); }
  // When it returns OK, everything that a View has returned before is on disk.
  virtual absl::Status MakeDurable() { return absl::OkStatus(); }
  // A counter that changes when unsynced writes may have been lost during the life of this object.
  // The caller then drops everything that it cached from earlier reads.
  virtual std::uint64_t Losses() const { return 0; }
};

}  // namespace retainer::store
