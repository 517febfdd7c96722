// The folder, in the data folder, in which a backup is unpacked. While it exists the data folder is
// not whole, and no service starts on it.
#pragma once

#include <string>

#include "absl/status/status.h"

namespace retainer::cli {

inline constexpr char kRestoringFolder[] = "restoring";

// FailedPrecondition, with the remedy, while a restore runs or after one was interrupted.
absl::Status CheckNotRestoring(const std::string& data_folder);

}  // namespace retainer::cli
