// What keeps backups, restores and services on one data folder apart.
#pragma once

#include <string>

#include "absl/status/status.h"

namespace retainer::cli {

// The folder, in the data folder, in which a backup is unpacked. While it exists the data folder is
// not whole, and no service starts on it.
inline constexpr char kRestoringFolder[] = "restoring";

// Held while a backup of the data folder is made, or one is restored into it. It ends with the
// object or the process.
class FolderLock {
 public:
  FolderLock() = default;
  ~FolderLock();
  FolderLock(const FolderLock&) = delete;
  FolderLock& operator=(const FolderLock&) = delete;

  // Unavailable while another process holds it.
  absl::Status Take(const std::string& data_folder);

 private:
  int fd_ = -1;
};

// FailedPrecondition, with the remedy, while a restore runs or after one was interrupted.
absl::Status CheckNotRestoring(const std::string& data_folder);

}  // namespace retainer::cli
