// The store on disk: RocksDB in its own folder (0700), used by one process and one user.
//
// It keeps what retainer/store.h promises: every write is one record of the write-ahead log, synced
// if the port says so. Formats: codec/tables.h and the headers that it names. A table is a column
// family.
//
// After a disk was full or failed and is usable again, no restart is needed: the next write closes
// and reopens the database. Until then reading continues, also if the disk was full when the store
// was opened. RocksDB's messages go to the log given here, never to that disk.
//
// What a power cut made of a write that was not synced is dropped when the store is opened
// (torn_tails.h). Any other damage of the files is DataLoss.
//
// A store that was closed in order has a seal, and a byte of its files that was changed since is
// found at the next opening, which names the file (seal.h).
//
// Opening reads neither tickets nor facts, so its cost does not grow with them, only with the
// write-ahead log (at most max_wal_bytes).
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "retainer/log.h"
#include "src/store/disk_store.h"

namespace rocksdb {
class Env;
}  // namespace rocksdb

namespace retainer::store {

struct RocksDbOptions {
  // Resident memory is about the sum of these three plus 30 MB.
  std::size_t block_cache_bytes = std::size_t{64} << 20;
  std::size_t write_buffer_bytes = std::size_t{48} << 20;  // for all tables together
  int max_open_files = 256;
  // The write-ahead log is read at every start: about a second if it is full.
  std::size_t max_wal_bytes = std::size_t{32} << 20;
  // Free space that is needed, beside the size of the write-ahead log, before a full disk is tried
  // again.
  std::uint64_t least_room_bytes = std::uint64_t{4} << 20;
  // Files in the folder that are made from the store, and made again if they are damaged.
  std::vector<std::string> derived = {};
  Log* log = nullptr;           // not owned; receives RocksDB's warnings
  rocksdb::Env* env = nullptr;  // not owned; nullptr: the system's. Tests inject faults with it
};

// FailedPrecondition, with what to do: the folder is used by another process or belongs to another
// user, cannot be written, or has a newer schema. An older schema is upgraded, after a copy
// (store_schema.h). ResourceExhausted: the disk is full and there is
// no readable store on it. (A store that exists is opened, and writes are refused until there is
// room.) DataLoss: the database is damaged. Unavailable: any other I/O error.
absl::StatusOr<std::unique_ptr<DiskStore>> OpenRocksDbStore(const std::string& folder,
                                                            const RocksDbOptions& options = {});

// The schema of the store in a folder, also while another process uses it; writes nothing. 0 if it
// is new. Errors as above.
absl::StatusOr<std::uint64_t> SchemaOf(const std::string& folder);

}  // namespace retainer::store
