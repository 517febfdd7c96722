// The store on disk: RocksDB in a folder of its own (0700), owned by one process and one user.
//
// What retainer/store.h promises: every write is one record of the write-ahead log, synced where
// the port says so. Formats: codec/tables.h and the headers it names; a table is a column family.
//
// A disk that was full, or failed, and is well again needs no restart: the first write after it
// closes the database and opens it anew. Until then reading goes on, also where the disk was full
// when the store was opened. What RocksDB has to say goes to the log given here and never to that
// disk.
//
// Opening reads neither tickets nor facts: its cost does not grow with them, only with the
// write-ahead log (at most max_wal_bytes).
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "retainer/log.h"
#include "retainer/store.h"

namespace rocksdb {
class Env;
}  // namespace rocksdb

namespace retainer {

struct RocksDbOptions {
  // Resident memory is about the sum of these three and 30 MB.
  std::size_t block_cache_bytes = std::size_t{64} << 20;
  std::size_t write_buffer_bytes = std::size_t{48} << 20;  // all tables together
  int max_open_files = 256;
  // Read anew at every start: a second's work where it is full.
  std::size_t max_wal_bytes = std::size_t{32} << 20;
  // Free space without which a full disk is not tried again, beside what the write-ahead log needs.
  std::uint64_t least_room_bytes = std::uint64_t{4} << 20;
  Log* log = nullptr;           // not owned; what RocksDB warns of
  rocksdb::Env* env = nullptr;  // not owned; nullptr is the system's. A test injects faults with it
};

// FailedPrecondition, each with the mend: the folder belongs to another process or another user,
// cannot be written, or holds a newer schema. ResourceExhausted: the disk is full, and there is no
// store on it yet that could be read (one that is there is opened, and its writes are refused until
// there is room). DataLoss: the database is damaged. Unavailable: any other I/O trouble.
absl::StatusOr<std::unique_ptr<Store>> OpenRocksDbStore(const std::string& folder,
                                                        const RocksDbOptions& options = {});

}  // namespace retainer
