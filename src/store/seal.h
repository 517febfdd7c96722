// The seal: what the files of a closed store were like.
//
// RocksDB has checksums, but not for every byte: of a file of a table not for its end; of the list
// of files and the write-ahead log not where a flipped length makes the last record look
// unfinished; of CURRENT, IDENTITY and OPTIONS none. So a store that is closed in order writes the
// digests of those into the file SEAL. The next opening compares them and removes the seal. A store
// that was killed has none: then the last record of the log may really be unfinished.
//
// Of a table's file only the end is digested. All else of it has checksums, which the scrubber and
// `retainer doctor` read.
#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"

namespace retainer::store {

inline constexpr char kSealName[] = "SEAL";

// Writes the seal of a closed store, synced. On an error there is none, as after a kill, and also
// when another process has opened the store meanwhile. `derived`: names of files in the folder that
// can be made again from the store; may be missing.
void WriteSeal(const std::string& folder, const std::vector<std::string>& derived);

// DataLoss names the first file that is not as it was, or is missing, and says what to do. OK if
// there is no seal. A derived file that differs is no error: it is removed and named in `removed`.
absl::Status CheckSeal(const std::string& folder, std::vector<std::string>* removed);

// Call it after CheckSeal and before the store is opened for writing. Durable when it returns.
void RemoveSeal(const std::string& folder);

}  // namespace retainer::store
