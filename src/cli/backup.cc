// retainer backup: everything that the store holds, in one file, while the service runs.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "retainer/instant_text.h"
#include "src/backup/backup_file.h"
#include "src/cli/backup_operations.h"
#include "src/cli/command.h"
#include "src/cli/loading.h"
#include "src/cli/operations.h"
#include "src/cli/restoring.h"

namespace retainer::cli {
namespace {

struct BackupOptions {
  std::string config;
  std::string file;
  bool replace = false;
  bool json = false;
};

constexpr char kStandardOutput[] = "-";

absl::Status FileError(std::string_view what, const std::string& file, int error) {
  const std::string text = absl::StrCat(absl::string_view(what.data(), what.size()), " ", file,
                                        ": ", std::strerror(error));
  return error == ENOSPC || error == EDQUOT ? absl::ResourceExhaustedError(text)
                                            : absl::InvalidArgumentError(text);
}

// Appears under its name when it is whole and on disk.
class NewFile {
 public:
  explicit NewFile(std::string path) : path_(std::move(path)), partial_(path_ + ".partial") {}
  ~NewFile() {
    if (fd_ >= 0) close(fd_);
    if (!kept_) unlink(partial_.c_str());
  }
  absl::Status Open() {
    unlink(partial_.c_str());  // of a backup that was interrupted
    fd_ = open(partial_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    return fd_ < 0 ? FileError("cannot write", partial_, errno) : absl::OkStatus();
  }
  int fd() const { return fd_; }
  absl::Status Keep() {
    if (fsync(fd_) != 0) return FileError("cannot write", partial_, errno);
    if (rename(partial_.c_str(), path_.c_str()) != 0) {
      return FileError("cannot write", path_, errno);
    }
    kept_ = true;
    const std::filesystem::path folder = std::filesystem::absolute(path_).parent_path();
    const int folder_fd = open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    const bool synced = folder_fd >= 0 && fsync(folder_fd) == 0;
    const int error = errno;
    if (folder_fd >= 0) close(folder_fd);
    return synced ? absl::OkStatus() : FileError("cannot sync", folder.string(), error);
  }

 private:
  const std::string path_;
  const std::string partial_;
  int fd_ = -1;
  bool kept_ = false;
};

absl::StatusOr<backup::BackupHeader> MakeCheckpoint(const Config& config) {
  StoreTalk talk(config, StoreTalk::Terms::kRecorded, Service::Parts::kStore);
  const auto answered = talk.Ask(nlohmann::json{{"op", "backup begin"}}.dump());
  if (!answered.ok()) return answered.status();
  return CheckpointHeader(answered->data);
}

void Tell(const BackupOptions& options, const backup::BackupHeader& header) {
  const bool to_output = options.file == kStandardOutput;
  std::ostream& out = to_output ? std::cerr : std::cout;
  if (options.json) {
    std::error_code ignored;
    nlohmann::ordered_json json = {{"file", options.file},
                                   {"made_at", Rfc3339(header.made_at)},
                                   {"schema", header.schema},
                                   {"ledger_length", header.ledger_length}};
    if (!to_output) json["bytes"] = std::filesystem::file_size(options.file, ignored);
    out << json.dump(2) << "\n";
    return;
  }
  out << "Backup of " << Rfc3339(header.made_at) << (to_output ? "" : ": ")
      << (to_output ? "" : PrintableLine(options.file))
      << "\nIt holds customers' data. The configuration and its secrets are not in it: keep them "
         "elsewhere.\n";
}

void Backup(const BackupOptions& options) {
  const bool to_output = options.file == kStandardOutput;
  if (to_output && isatty(STDOUT_FILENO) == 1) {
    Fail(kWrongUsage, "a backup is not for a terminal: name a file, or redirect the output");
  }
  std::error_code ignored;
  if (!to_output && !options.replace && std::filesystem::exists(options.file, ignored)) {
    Fail(kWrongUsage, absl::StrCat(options.file, " exists: name another file, or add --replace"));
  }
  const auto config = LoadConfigFile(options.config, Secrets::kLeft);
  if (!config.ok()) Fail(config.status());
  if (!std::filesystem::exists(config->data, ignored)) {
    Fail(kAnswerIsNo,
         absl::StrCat("nothing is on record in ", config->data, ": the service has not run yet"));
  }
  // Opened before the checkpoint is made, so that a file that cannot be written costs nothing.
  NewFile file(options.file);
  if (!to_output) {
    if (absl::Status opened = file.Open(); !opened.ok()) Fail(opened);
  }
  FolderLock lock;
  if (absl::Status locked = lock.Take(config->data); !locked.ok()) Fail(locked);
  const auto header = MakeCheckpoint(*config);
  if (!header.ok()) Fail(header.status());
  const absl::Cleanup remove = [&] { RemoveCheckpoint(config->data).IgnoreError(); };
  const std::string checkpoint = CheckpointFolder(config->data);
  absl::Status done =
      backup::WriteBackup(checkpoint, *header, to_output ? STDOUT_FILENO : file.fd());
  if (done.ok() && !to_output) done = file.Keep();
  if (!done.ok()) Fail(done);
  Tell(options, *header);
}

}  // namespace

void RegisterBackup(CLI::App& app) {
  auto options = std::make_shared<BackupOptions>();
  CLI::App* command = app.add_subcommand(
      "backup", "Writes everything that the store holds to one file, while the service runs");
  command->add_option("file", options->file, "The backup, a tar archive; - for standard output")
      ->required();
  command->add_option("--config", options->config, "The service's configuration")->required();
  command->add_flag("--replace", options->replace, "Replace a file of that name when it is done");
  command->add_flag("--json", options->json, "Print JSON");
  command->footer(
      "Example: retainer backup /backup/retainer.tar --config /etc/retainer/retainer.yaml");
  command->callback([options] { Backup(*options); });
}

}  // namespace retainer::cli
