// A backup: the files of a checkpoint of the store in one tar archive, with their SHA-256 sums.
//
//     backup.json     what it is: format, program, schema, instant, head of the ledger
//     db/NAME         a file of the checkpoint
//     SHA256SUMS      the sums of all of these, in the form that `sha256sum -c` reads
//
// `tar` and `sha256sum -c SHA256SUMS` read it without this program. The sums come last, so a backup
// is written in one pass to anything that takes bytes, and one that ends early is recognised. A
// backup that was compressed by gzip or zstd is read as well.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace retainer::backup {

// The newest format of a backup that this program reads, and the one that it writes.
inline constexpr int kFormat = 1;

struct BackupHeader {
  int format = kFormat;
  std::string program;  // version of the program that made it
  std::uint64_t schema = 0;
  absl::Time made_at;
  std::uint64_t ledger_length = 0;
  std::string ledger_digest;  // hexadecimal; empty for an empty ledger
};

std::string HeaderJson(const BackupHeader& header);

// Writes the files of the folder `checkpoint` to the descriptor `to`. Errors: Unavailable or
// ResourceExhausted with the system's reason.
absl::Status WriteBackup(const std::string& checkpoint, const BackupHeader& header, int to);

// Called with the header, before any file is read. An error ends the reading.
using AcceptHeader = std::function<absl::Status(const BackupHeader&)>;

// Reads a whole backup from the descriptor `from` and compares every sum. `into`: an empty folder
// that gets the files of the checkpoint (mode 0600, synced); empty: nothing is written.
// `name` stands for the backup in errors. Errors: those of `accept`; FailedPrecondition if a newer
// format wrote it; DataLoss, naming the damaged file, or that it ends early; InvalidArgument if it
// is not a backup at all; ResourceExhausted or Unavailable if a file cannot be written.
absl::StatusOr<BackupHeader> ReadBackup(int from, const std::string& name,
                                        const AcceptHeader& accept, const std::string& into);

}  // namespace retainer::backup
