#include <archive.h>
#include <archive_entry.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <memory>
#include <system_error>
#include <vector>

#include "absl/strings/str_cat.h"
#include "src/backup/backup_file.h"
#include "src/backup/backup_header.h"
#include "src/base/sha256.h"

namespace retainer::backup {
namespace {

constexpr std::size_t kPiece = std::size_t{256} << 10;

absl::Status SystemError(std::string_view what, int error) {
  const std::string text =
      absl::StrCat(absl::string_view(what.data(), what.size()), ": ", std::strerror(error));
  return error == ENOSPC || error == EDQUOT || error == EFBIG ? absl::ResourceExhaustedError(text)
                                                              : absl::UnavailableError(text);
}

// An archive that is being written.
class TarWriter {
 public:
  explicit TarWriter(absl::Time made_at) : made_at_(made_at) {}
  ~TarWriter() { archive_write_free(tar_); }
  TarWriter(const TarWriter&) = delete;
  TarWriter& operator=(const TarWriter&) = delete;

  absl::Status Open(int to) {
    if (archive_write_set_format_pax_restricted(tar_) != ARCHIVE_OK ||
        archive_write_open_fd(tar_, to) != ARCHIVE_OK) {
      return Error();
    }
    return absl::OkStatus();
  }
  absl::Status Begin(const std::string& name, std::int64_t size) {
    const std::unique_ptr<archive_entry, decltype(&archive_entry_free)> entry(archive_entry_new(),
                                                                              archive_entry_free);
    archive_entry_set_pathname(entry.get(), name.c_str());
    archive_entry_set_filetype(entry.get(), AE_IFREG);
    archive_entry_set_perm(entry.get(), 0600);
    archive_entry_set_size(entry.get(), size);
    archive_entry_set_mtime(entry.get(), absl::ToTimeT(made_at_), 0);
    return archive_write_header(tar_, entry.get()) == ARCHIVE_OK ? absl::OkStatus() : Error();
  }
  absl::Status Add(std::string_view bytes) {
    while (!bytes.empty()) {
      const la_ssize_t written = archive_write_data(tar_, bytes.data(), bytes.size());
      if (written <= 0) return Error();
      bytes.remove_prefix(static_cast<std::size_t>(written));
    }
    return absl::OkStatus();
  }
  absl::Status AddText(const std::string& name, const std::string& text) {
    if (absl::Status begun = Begin(name, static_cast<std::int64_t>(text.size())); !begun.ok()) {
      return begun;
    }
    return Add(text);
  }
  absl::Status Close() {
    return archive_write_close(tar_) == ARCHIVE_OK ? absl::OkStatus() : Error();
  }

 private:
  absl::Status Error() const {
    const char* text = archive_error_string(tar_);
    const int error = archive_errno(tar_);
    return error > 0 ? SystemError("cannot write the backup", error)
                     : absl::UnavailableError(absl::StrCat("cannot write the backup: ",
                                                           text != nullptr ? text : "unknown"));
  }

  const absl::Time made_at_;
  archive* const tar_ = archive_write_new();
};

// Adds a file of the checkpoint, and returns the hexadecimal sum of what was added.
absl::StatusOr<std::string> AddFile(const std::filesystem::path& file, TarWriter* tar) {
  const int fd = open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
  if (fd < 0) return SystemError(absl::StrCat("cannot read ", file.string()), errno);
  const std::unique_ptr<const int, void (*)(const int*)> closer(&fd,
                                                                [](const int* it) { close(*it); });
  struct stat info {};
  if (fstat(fd, &info) != 0) return SystemError(file.string(), errno);
  absl::Status added =
      tar->Begin(absl::StrCat(kFilesFolder, file.filename().string()), info.st_size);
  base::Sha256Sum sum;
  std::vector<char> piece(kPiece);
  std::int64_t left = info.st_size;
  while (added.ok() && left > 0) {
    const ssize_t n = read(fd, piece.data(), piece.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return SystemError(absl::StrCat("cannot read ", file.string()), errno);
    if (n == 0 || n > left) {
      return absl::UnavailableError(
          absl::StrCat(file.string(), " changed while it was read: run the backup again"));
    }
    const std::string_view bytes(piece.data(), static_cast<std::size_t>(n));
    sum.Add(bytes);
    added = tar->Add(bytes);
    left -= n;
  }
  if (!added.ok()) return added;
  return base::ToHex(sum.Take());
}

}  // namespace

absl::Status WriteBackup(const std::string& checkpoint, const BackupHeader& header, int to) {
  std::vector<std::filesystem::path> files;
  std::error_code error;
  for (std::filesystem::directory_iterator it(checkpoint, error), end; !error && it != end;
       it.increment(error)) {
    if (it->is_regular_file()) files.push_back(it->path());
  }
  if (error) return SystemError(absl::StrCat("cannot read ", checkpoint), error.value());
  std::sort(files.begin(), files.end());

  TarWriter tar(header.made_at);
  if (absl::Status opened = tar.Open(to); !opened.ok()) return opened;
  const std::string about = HeaderJson(header);
  if (absl::Status added = tar.AddText(kHeaderName, about); !added.ok()) return added;
  std::string sums = absl::StrCat(base::Sha256Hex(about), "  ", kHeaderName, "\n");
  for (const std::filesystem::path& file : files) {
    const auto sum = AddFile(file, &tar);
    if (!sum.ok()) return sum.status();
    absl::StrAppend(&sums, *sum, "  ", kFilesFolder, file.filename().string(), "\n");
  }
  if (absl::Status added = tar.AddText(kSumsName, sums); !added.ok()) return added;
  return tar.Close();
}

}  // namespace retainer::backup
