// What a power cut leaves at the ends of the database's files.
//
// After a power cut some file systems keep a file's new length, but its last sectors read as zeros,
// because they were never written. RocksDB takes a record that begins before them for damaged,
// although nothing of it was acknowledged: the file was not synced. It does accept a record that
// simply ends too early.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace retainer::store {

struct TornTail {
  std::string file;
  std::uintmax_t size = 0;  // with the zeros
};

// Cuts off the zeros at the end of each write-ahead log and manifest in the folder, from the start
// of a sector on. Nothing but zeros is cut, so PutBack restores every byte. Files that cannot be
// changed are left as they are. REQUIRES: no process has the database open.
std::vector<TornTail> CutTornTails(const std::string& folder);
void PutBack(const std::vector<TornTail>& tails);

}  // namespace retainer::store
