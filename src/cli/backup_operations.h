// The part of a backup that the owner of the store does: a checkpoint in the data folder, which the
// command then reads. So a running service spends seconds on a backup, however large it is.
#pragma once

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "retainer/clock.h"
#include "src/backup/backup_file.h"
#include "src/cli/operation_result.h"
#include "src/store/disk_store.h"

namespace retainer::cli {

// Where the checkpoint for a backup is.
std::string CheckpointFolder(const std::string& data_folder);
// Deletes it. OK if there is none.
absl::Status RemoveCheckpoint(const std::string& data_folder);

// Makes the checkpoint; one that an ended command left behind is deleted first. The data of the
// result is what CheckpointHeader reads. REQUIRES: the caller holds the lock of backups
// (backup.cc).
absl::StatusOr<OperationResult> BeginBackup(store::DiskStore& store, Clock& clock,
                                            const std::string& data_folder);

// InvalidArgument if it is not the data of BeginBackup.
absl::StatusOr<backup::BackupHeader> CheckpointHeader(const std::string& data);

}  // namespace retainer::cli
