// Ordered tables of bytes with atomic writes: what the store's logic (table_store.h) stands
// on. One engine is RocksDB, one is memory.
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

namespace retainer {

// Changes that are made together. A plain value.
class Batch {
 public:
  void Put(Table table, std::string key, std::string value) {
    operations_.push_back({Operation::Kind::kPut, table, std::move(key), std::move(value), 0});
  }
  void Delete(Table table, std::string key) {
    operations_.push_back({Operation::Kind::kDelete, table, std::move(key), {}, 0});
  }
  // Adds to a counter without reading it.
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

// A place in a table. Not thread-safe. REQUIRES: gone before its View.
class Cursor {
 public:
  virtual ~Cursor() = default;
  // To the first key at or after `key`.
  virtual void Seek(std::string_view key) = 0;
  // To the last key before `key`; an empty one is behind all.
  virtual void SeekBefore(std::string_view key) = 0;
  // REQUIRES: Valid.
  virtual void Next() = 0;
  virtual void Prev() = 0;
  // False at the end, and in trouble.
  virtual bool Valid() const = 0;
  // REQUIRES: Valid. Until the cursor moves.
  virtual std::string_view Key() const = 0;
  virtual std::string_view Value() const = 0;  // likewise
  virtual absl::Status status() const = 0;
};

// The tables as they were at one instant. Not thread-safe. REQUIRES: gone before its thread writes.
class View {
 public:
  // Receives a key and its value, valid during the call; false ends the walk.
  using Visit = std::function<bool(std::string_view key, std::string_view value)>;

  virtual ~View() = default;
  virtual absl::StatusOr<std::optional<std::string>> Get(Table table, std::string_view key) = 0;
  // Of each key, in their order.
  virtual absl::StatusOr<std::vector<std::optional<std::string>>> GetMany(
      Table table, const std::vector<std::string>& keys) = 0;
  // Walks [from, until) in order; an empty `until` is no bound.
  virtual absl::Status Walk(Table table, std::string_view from, std::string_view until,
                            const Visit& visit) = 0;
  // For walks that jump. Nowhere yet.
  virtual absl::StatusOr<std::unique_ptr<Cursor>> Open(Table table) = 0;
};

// Thread-safe. Errors as the Store's (retainer/store.h).
class Engine {
 public:
  virtual ~Engine() = default;
  virtual std::unique_ptr<View> Read() = 0;
  // The files that the tables are in; none where they are in memory.
  virtual std::vector<std::string> Files() { return {}; }
  // Reads a file from the disk and holds it against its checksums. DataLoss, with the mend;
  // NotFound: it is gone.
  virtual absl::Status VerifyFile(const std::string& file) { return absl::NotFoundError(file); }
  // Before the reads on which a write rests, with the locks of what they read held: an engine that
  // a write failed is made well again, or says why not. REQUIRES: the thread holds no View.
  //
  // Rationale: a write that failed may turn out to be there once the engine is well; who had read
  // before that, and wrote after it, would write twice.
  virtual absl::Status Prepare() = 0;
  // All of it or none, and on disk when it returns OK, with all that was written before.
  // Unavailable after a write that failed, until Prepare.
  virtual absl::Status Write(const Batch& batch) = 0;
  // As Write, and visible when it returns OK. A power cut may lose it, with all that was written
  // after it, until MakeDurable or a Write returns OK.
  virtual absl::Status WriteUnsynced(const Batch& batch) { return Write(batch); }
  // When it returns OK, all that a View has shown is on disk.
  virtual absl::Status MakeDurable() { return absl::OkStatus(); }
  // Another number than before once what was not synced may be lost while this object lives: what
  // was concluded from reading before that is to be forgotten.
  virtual std::uint64_t Losses() const { return 0; }
};

}  // namespace retainer
