#include "src/cli/restoring.h"

#include <filesystem>
#include <system_error>

#include "absl/strings/str_cat.h"

namespace retainer::cli {

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
