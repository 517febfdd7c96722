#include "src/cli/restoring.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <system_error>

#include "absl/strings/str_cat.h"

namespace retainer::cli {

FolderLock::~FolderLock() {
  if (fd_ >= 0) close(fd_);
}

absl::Status FolderLock::Take(const std::string& data_folder) {
  fd_ = open(data_folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd_ < 0) {
    return absl::InvalidArgumentError(
        absl::StrCat("cannot open ", data_folder, ": ", std::strerror(errno)));
  }
  if (flock(fd_, LOCK_EX | LOCK_NB) == 0) return absl::OkStatus();
  return absl::UnavailableError(absl::StrCat("another backup or restore works on ", data_folder,
                                             ": try again when it is done"));
}

absl::Status CheckNotRestoring(const std::string& data_folder) {
  std::error_code ignored;
  if (!std::filesystem::exists(absl::StrCat(data_folder, "/", kRestoringFolder), ignored)) {
    return absl::OkStatus();
  }
  return absl::FailedPreconditionError(
      absl::StrCat("a restore into ", data_folder,
                   " runs or was interrupted: wait for it, or "
                   "empty the folder and run `retainer restore` again"));
}

}  // namespace retainer::cli
