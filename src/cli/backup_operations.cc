#include "src/cli/backup_operations.h"

#include <filesystem>
#include <nlohmann/json.hpp>
#include <system_error>

#include "absl/strings/str_cat.h"
#include "src/base/version.h"
#include "src/store/codec/tables.h"

namespace retainer::cli {

std::string CheckpointFolder(const std::string& data_folder) {
  return (std::filesystem::absolute(data_folder) / "backup").string();
}

absl::Status RemoveCheckpoint(const std::string& data_folder) {
  std::error_code error;
  const std::string folder = CheckpointFolder(data_folder);
  // RocksDB makes it under the second name first.
  for (const std::string& name : {folder, folder + ".tmp"}) {
    std::filesystem::remove_all(name, error);
    if (error) {
      return absl::UnavailableError(absl::StrCat("cannot delete ", name, ": ", error.message()));
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<OperationResult> BeginBackup(store::DiskStore& store, Clock& clock,
                                            const std::string& data_folder) {
  if (absl::Status removed = RemoveCheckpoint(data_folder); !removed.ok()) return removed;
  // Read before the copy, which may have more: what happens after this instant is read back from
  // the forges after a restore.
  const absl::Time now = clock.Now();
  const auto head = store.ReadLedgerHead();
  if (!head.ok()) return head.status();
  const absl::Status made = store.Checkpoint(CheckpointFolder(data_folder));
  if (!made.ok()) return made;
  return OperationResult{"",
                         {{"program", base::kVersion},
                          {"schema", store::kSchemaVersion},
                          {"made_at_ns", absl::ToUnixNanos(now)},
                          {"ledger_length", head->length},
                          {"ledger_digest", head->digest}}};
}

absl::StatusOr<backup::BackupHeader> CheckpointHeader(const std::string& data) {
  try {
    const nlohmann::json json = nlohmann::json::parse(data);
    backup::BackupHeader header;
    header.program = json.at("program").get<std::string>();
    header.schema = json.at("schema").get<std::uint64_t>();
    header.made_at = absl::FromUnixNanos(json.at("made_at_ns").get<std::int64_t>());
    header.ledger_length = json.at("ledger_length").get<std::uint64_t>();
    header.ledger_digest = json.at("ledger_digest").get<std::string>();
    return header;
  } catch (const nlohmann::json::exception&) {
    return absl::InvalidArgumentError(
        "the service's answer is not readable: is it of another version?");
  }
}

}  // namespace retainer::cli
