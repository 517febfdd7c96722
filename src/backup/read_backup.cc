#include <archive.h>
#include <archive_entry.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <cstring>
#include <functional>
#include <map>
#include <optional>
#include <string_view>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "src/backup/backup_file.h"
#include "src/backup/backup_header.h"
#include "src/base/sha256.h"

namespace retainer::backup {
namespace {

// More than a header or the sums of a store can have.
constexpr std::size_t kMostText = std::size_t{16} << 20;

using TakeBytes = std::function<absl::Status(std::string_view)>;

// The names that RocksDB gives its files. Anything else, above all a path, is refused.
bool IsFileName(std::string_view name) {
  return !name.empty() && name[0] != '.' && std::all_of(name.begin(), name.end(), [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '.' || c == '-' || c == '_';
  });
}

// A file that a backup is unpacked to.
class UnpackedFile {
 public:
  ~UnpackedFile() {
    if (fd_ >= 0) close(fd_);
  }
  absl::Status Open(const std::string& path) {
    path_ = path;
    fd_ = open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    return fd_ < 0 ? Error() : absl::OkStatus();
  }
  absl::Status Write(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t n = write(fd_, bytes.data(), bytes.size());
      if (n < 0 && errno == EINTR) continue;
      if (n < 0) return Error();
      bytes.remove_prefix(static_cast<std::size_t>(n));
    }
    return absl::OkStatus();
  }
  absl::Status Sync() { return fsync(fd_) == 0 ? absl::OkStatus() : Error(); }

 private:
  absl::Status Error() const {
    const std::string text = absl::StrCat("cannot write ", path_, ": ", std::strerror(errno));
    return errno == ENOSPC || errno == EDQUOT ? absl::ResourceExhaustedError(text)
                                              : absl::UnavailableError(text);
  }
  std::string path_;
  int fd_ = -1;
};

class TarReader {
 public:
  explicit TarReader(std::string name) : name_(std::move(name)) {}
  ~TarReader() { archive_read_free(tar_); }
  TarReader(const TarReader&) = delete;
  TarReader& operator=(const TarReader&) = delete;

  absl::Status Open(int from) {
    archive_read_support_format_tar(tar_);
    archive_read_support_filter_gzip(tar_);
    archive_read_support_filter_zstd(tar_);
    if (archive_read_open_fd(tar_, from, std::size_t{256} << 10) == ARCHIVE_OK) {
      return absl::OkStatus();
    }
    return absl::InvalidArgumentError(
        absl::StrCat(name_, " is not a backup of retainer: ", Reason()));
  }
  // The name of the next file; nullopt at the end.
  absl::StatusOr<std::optional<std::string>> Next() {
    archive_entry* entry = nullptr;
    const int result = archive_read_next_header(tar_, &entry);
    if (result == ARCHIVE_EOF) return std::optional<std::string>();
    if (result != ARCHIVE_OK) return Damaged();
    const char* path = archive_entry_pathname(entry);
    if (path == nullptr || archive_entry_filetype(entry) != AE_IFREG) return Damaged();
    last_ = path;
    return std::optional<std::string>(last_);
  }
  // Gives the bytes of the file to `take`, and returns their sum.
  absl::StatusOr<base::Digest> Read(const TakeBytes& take) {
    base::Sha256Sum sum;
    std::vector<char> piece(std::size_t{256} << 10);
    for (;;) {
      const la_ssize_t n = archive_read_data(tar_, piece.data(), piece.size());
      if (n == 0) return sum.Take();
      if (n < 0) return Damaged();
      const std::string_view bytes(piece.data(), static_cast<std::size_t>(n));
      sum.Add(bytes);
      if (absl::Status taken = take(bytes); !taken.ok()) return taken;
    }
  }
  // Reads a short file; `sum` gets its sum.
  absl::StatusOr<std::string> ReadText(base::Digest* sum) {
    std::string text;
    const auto read = Read([&](std::string_view bytes) {
      if (text.size() + bytes.size() > kMostText) return Damaged();
      text.append(bytes);
      return absl::OkStatus();
    });
    if (!read.ok()) return read.status();
    *sum = *read;
    return text;
  }
  absl::Status Damaged() const {
    if (last_.empty()) {
      return absl::InvalidArgumentError(
          absl::StrCat(name_, " is not a backup of retainer: ", Reason()));
    }
    return absl::DataLossError(
        absl::StrCat(name_, " is damaged at or after ", last_, ": ", Reason()));
  }

 private:
  std::string Reason() const {
    const char* text = archive_error_string(tar_);
    return text != nullptr ? text : "it holds what no backup holds";
  }

  const std::string name_;
  archive* const tar_ = archive_read_new();
  std::string last_;  // the last file whose header was read
};

// Compares what was read with SHA256SUMS.
absl::Status CompareSums(const std::string& name, const std::string& sums,
                         std::map<std::string, std::string> read) {
  for (absl::string_view line : absl::StrSplit(sums, '\n', absl::SkipEmpty())) {
    const std::pair<std::string, std::string> sum = absl::StrSplit(line, absl::MaxSplits("  ", 1));
    const auto found = read.find(sum.second);
    if (found == read.end()) {
      return absl::DataLossError(absl::StrCat(name, " is damaged: ", kSumsName,
                                              " names a file that is not there: ", sum.second));
    }
    if (found->second != sum.first) {
      return absl::DataLossError(absl::StrCat(name, " is damaged: the SHA-256 sum of ", sum.second,
                                              " is ", found->second, ", ", kSumsName, " says ",
                                              sum.first));
    }
    read.erase(found);
  }
  if (read.empty()) return absl::OkStatus();
  return absl::DataLossError(
      absl::StrCat(name, " is damaged: ", kSumsName, " does not name ", read.begin()->first));
}

absl::Status SyncFolder(const std::string& folder) {
  const int fd = open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  const bool synced = fd >= 0 && fsync(fd) == 0;
  const int error = errno;
  if (fd >= 0) close(fd);
  if (synced) return absl::OkStatus();
  return absl::UnavailableError(absl::StrCat("cannot sync ", folder, ": ", std::strerror(error)));
}

// Reads one file of the checkpoint, and returns its sum.
absl::StatusOr<base::Digest> ReadFile(const std::string& name, const std::string& into,
                                      TarReader* tar) {
  if (into.empty()) return tar->Read([](std::string_view) { return absl::OkStatus(); });
  UnpackedFile file;
  if (absl::Status opened = file.Open(absl::StrCat(into, "/", name)); !opened.ok()) return opened;
  auto sum = tar->Read([&](std::string_view bytes) { return file.Write(bytes); });
  if (!sum.ok()) return sum;
  if (absl::Status synced = file.Sync(); !synced.ok()) return synced;
  return sum;
}

}  // namespace

absl::StatusOr<BackupHeader> ReadBackup(int from, const std::string& name,
                                        const AcceptHeader& accept, const std::string& into) {
  TarReader tar(name);
  if (absl::Status opened = tar.Open(from); !opened.ok()) return opened;
  auto first = tar.Next();
  if (!first.ok()) return first.status();
  if (*first != kHeaderName) {
    return absl::InvalidArgumentError(
        absl::StrCat(name, " is not a backup of retainer: it does not begin with ", kHeaderName));
  }
  base::Digest sum;
  const auto about = tar.ReadText(&sum);
  if (!about.ok()) return about.status();
  auto header = ParseHeader(*about, name);
  if (!header.ok()) return header.status();
  if (absl::Status accepted = accept(*header); !accepted.ok()) return accepted;

  std::map<std::string, std::string> read = {{kHeaderName, base::ToHex(sum)}};
  for (;;) {
    auto file = tar.Next();
    if (!file.ok()) return file.status();
    if (!*file) {
      return absl::DataLossError(
          absl::StrCat(name, " ends early, after ", read.size(), " files: it has no ", kSumsName));
    }
    if (*file == kSumsName) break;
    absl::string_view inner = **file;
    if (!absl::ConsumePrefix(&inner, kFilesFolder) || !IsFileName({inner.data(), inner.size()}) ||
        read.contains(**file)) {
      return tar.Damaged();
    }
    const auto digest = ReadFile(std::string(inner), into, &tar);
    if (!digest.ok()) return digest.status();
    read[**file] = base::ToHex(*digest);
  }
  const auto sums = tar.ReadText(&sum);
  if (!sums.ok()) return sums.status();
  if (absl::Status same = CompareSums(name, *sums, std::move(read)); !same.ok()) return same;
  const auto after = tar.Next();
  if (!after.ok()) return after.status();
  if (*after) return tar.Damaged();
  if (!into.empty()) {
    if (absl::Status synced = SyncFolder(into); !synced.ok()) return synced;
  }
  return header;
}

}  // namespace retainer::backup
