// The text of backup.json.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "src/backup/backup_file.h"

namespace retainer::backup {

inline constexpr char kHeaderName[] = "backup.json";
inline constexpr char kSumsName[] = "SHA256SUMS";
inline constexpr char kFilesFolder[] = "db/";

// FailedPrecondition if a newer format wrote it, InvalidArgument if it is not such a text.
absl::StatusOr<BackupHeader> ParseHeader(const std::string& text, const std::string& name);

}  // namespace retainer::backup
