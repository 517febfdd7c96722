// retainer restore: a backup becomes the data folder of a desk.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <iostream>
#include <memory>
#include <string>
#include <system_error>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "retainer/clock.h"
#include "retainer/instant_text.h"
#include "src/backup/backup_file.h"
#include "src/cli/command.h"
#include "src/cli/control_socket.h"
#include "src/cli/loading.h"
#include "src/cli/look_through.h"
#include "src/cli/restoring.h"
#include "src/cli/stream_log.h"
#include "src/pipeline/resync.h"
#include "src/store/codec/tables.h"
#include "src/store/rocksdb_store.h"

namespace retainer::cli {
namespace {

struct RestoreOptions {
  std::string config;
  std::string file;
  bool check = false;
};

absl::Status IsReadable(const RestoreOptions& options, const backup::BackupHeader& header) {
  if (header.schema <= store::kSchemaVersion) return absl::OkStatus();
  return absl::FailedPreconditionError(
      absl::StrCat(options.file, " has schema ", header.schema, " and was written by retainer ",
                   header.program, "; this program knows schemas up to ", store::kSchemaVersion,
                   ": restore it with the newer version"));
}

// The backup goes only into a folder that holds nothing, and that no service uses.
absl::Status IsFree(const std::string& data) {
  const absl::Status service = CallControl(data, "{\"op\":\"state\"}").status();
  if (!absl::IsNotFound(service)) {
    return absl::FailedPreconditionError(
        absl::StrCat("a service runs on ", data, ": stop it, and move the folder's files away"));
  }
  std::error_code error;
  for (std::filesystem::directory_iterator it(data, error), end; !error && it != end;
       it.increment(error)) {
    // What a restore that was interrupted left behind.
    if (it->path().filename() == kRestoringFolder) continue;
    return absl::FailedPreconditionError(
        absl::StrCat("the data folder ", data,
                     " is not empty: move its files away first; they are "
                     "all that is left if the backup is not what you think"));
  }
  return absl::OkStatus();
}

absl::Status MakeFolder(const std::string& folder) {
  std::error_code error;
  const std::filesystem::path parent = std::filesystem::path(folder).parent_path();
  if (!parent.empty()) std::filesystem::create_directories(parent, error);
  if (mkdir(folder.c_str(), 0700) == 0 || errno == EEXIST) return absl::OkStatus();
  return absl::FailedPreconditionError(
      absl::StrCat("cannot create ", folder, ": ", std::strerror(errno)));
}

// The copy was made after the header, so its ledger may be longer, but begins with what the header
// says.
absl::Status CheckLedger(store::DiskStore& store, const backup::BackupHeader& header) {
  if (header.ledger_length == 0) return absl::OkStatus();
  std::string digest;
  const absl::Status walked = store.WalkLedger(header.ledger_length, [&](store::LedgerLine& line) {
    digest = absl::BytesToHexString(line.digest);
    return false;
  });
  if (!walked.ok()) return walked;
  if (digest == header.ledger_digest) return absl::OkStatus();
  return absl::DataLossError(absl::StrCat("the ledger in the backup does not have record ",
                                          header.ledger_length, " that its header names"));
}

// Opens what was unpacked, reads all of it, and has it read back from the forges.
absl::Status TakeOver(const std::string& folder, const backup::BackupHeader& header) {
  StreamLog log(LogFormat::kText, LogLevel::kError);
  store::RocksDbOptions options;
  options.log = &log;
  auto opened = store::OpenRocksDbStore(folder, options);
  if (!opened.ok()) return opened.status();
  store::DiskStore& store = **opened;
  const auto look = LookThroughStore(store, absl::InfiniteDuration());
  if (!look.ok()) return look.status();
  if (!look->damaged.empty()) {
    return absl::DataLossError(absl::StrCat("the store in the backup was damaged already: ",
                                            absl::StrJoin(look->damaged, "; ")));
  }
  if (absl::Status ledger = store.VerifyLedger(); !ledger.ok()) return ledger;
  if (absl::Status begins = CheckLedger(store, header); !begins.ok()) return begins;
  const auto alive = store.LastAlive();
  if (!alive.ok()) return alive.status();
  const absl::Time last = std::min(header.made_at, alive->value_or(header.made_at));
  return store.SaveRestored({header.made_at, SystemClock().Now()}, last - pipeline::Resync::kSlack);
}

// Moves the files out of the folder in which they were unpacked. CURRENT comes last: without it
// there is no database, and while the folder is there no service starts (restoring.h).
absl::Status MoveUp(const std::string& from, const std::string& data) {
  std::error_code error;
  std::vector<std::filesystem::path> files;
  for (std::filesystem::directory_iterator it(from, error), end; !error && it != end;
       it.increment(error)) {
    if (it->path().filename() != "CURRENT") files.push_back(it->path());
  }
  files.push_back(std::filesystem::path(from) / "CURRENT");
  for (const std::filesystem::path& file : files) {
    if (error) break;
    std::filesystem::rename(file, std::filesystem::path(data) / file.filename(), error);
  }
  if (!error) std::filesystem::remove(from, error);
  if (!error) return absl::OkStatus();
  return absl::UnavailableError(absl::StrCat("cannot move the restored files to ", data, ": ",
                                             error.message(),
                                             "; empty the folder, then restore again"));
}

void Restore(const RestoreOptions& options) {
  const auto config = LoadConfigFile(options.config, Secrets::kLeft);
  if (!config.ok()) Fail(config.status());
  const int backup = open(options.file.c_str(), O_RDONLY | O_CLOEXEC);
  if (backup < 0) {
    Fail(kWrongUsage, absl::StrCat("cannot read ", options.file, ": ", std::strerror(errno)));
  }
  const auto accept = [&](const backup::BackupHeader& header) {
    return IsReadable(options, header);
  };
  if (options.check) {
    const auto header = backup::ReadBackup(backup, options.file, accept, "");
    close(backup);
    if (absl::IsDataLoss(header.status())) {
      Fail(kAnswerIsNo, std::string(header.status().message()));
    }
    if (!header.ok()) Fail(header.status());
    std::cout << "Whole: a backup of " << Rfc3339(header->made_at) << " by retainer "
              << PrintableLine(header->program) << ", schema " << header->schema << "\n";
    return;
  }
  const std::string& data = config->data;
  if (absl::Status owner = CheckOwner(data); !owner.ok()) Fail(owner);
  if (absl::Status made = MakeFolder(data); !made.ok()) Fail(made);
  FolderLock lock;
  if (absl::Status locked = lock.Take(data); !locked.ok()) Fail(locked);
  if (absl::Status free = IsFree(data); !free.ok()) Fail(free);
  const std::string folder = absl::StrCat(data, "/", kRestoringFolder);
  std::error_code error;
  std::filesystem::remove_all(folder, error);
  if (absl::Status made = MakeFolder(folder); !made.ok()) Fail(made);

  const auto header = backup::ReadBackup(backup, options.file, accept, folder);
  close(backup);
  absl::Status restored = header.status();
  if (restored.ok()) restored = TakeOver(folder, *header);
  if (!restored.ok()) std::filesystem::remove_all(folder, error);  // the folder is empty again
  if (absl::IsDataLoss(restored)) Fail(kAnswerIsNo, std::string(restored.message()));
  if (restored.ok()) restored = MoveUp(folder, data);
  if (!restored.ok()) Fail(restored);
  std::cout
      << "Restored " << PrintableLine(data) << " as of " << Rfc3339(header->made_at)
      << ".\nStart the service: it reads back what happened since, and posts nothing before.\n"
         "Notices of what fell due meanwhile count as told; `retainer queue` shows what is late.\n"
         "Tokens, overrides and invitations that were made or revoked since, and contacts that "
         "were removed, are not in it: revoke and remove them again.\n"
         "Checkpoints of the ledger that were signed since do not fit it any more: tell who has "
         "them, and sign a new one.\n";
}

}  // namespace

void RegisterRestore(CLI::App& app) {
  auto options = std::make_shared<RestoreOptions>();
  CLI::App* command =
      app.add_subcommand("restore", "Makes a backup the data folder of a desk that does not run");
  command->add_option("file", options->file, "The backup")->required();
  command->add_option("--config", options->config, "The service's configuration")->required();
  command->add_flag("--check", options->check, "Only read it, and say whether it is whole");
  command->footer(
      "Exit codes: 0 done, 1 the backup is damaged, 2 it is too new, or the folder is in use.\n"
      "Example: retainer restore /backup/retainer.tar --config /etc/retainer/retainer.yaml");
  command->callback([options] { Restore(*options); });
}

}  // namespace retainer::cli
