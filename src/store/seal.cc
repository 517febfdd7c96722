#include "src/store/seal.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <optional>
#include <system_error>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "src/base/digest.h"

namespace retainer::store {
namespace {

namespace fs = std::filesystem;

// The footer of a table's file, which has no checksum of its own, and the properties before it: the
// database does not open if they are damaged, and names another file then.
constexpr std::uintmax_t kEnd = 4096;
// An index that is larger is not digested: closing must not take seconds.
constexpr std::uintmax_t kMostDerived = std::uintmax_t{256} << 20;
constexpr char kHead[] = "retainer-seal 1";

bool IsDatabase(const std::string& name) {
  return name == "CURRENT" || name == "IDENTITY" || absl::StartsWith(name, "MANIFEST-") ||
         absl::StartsWith(name, "OPTIONS-") || absl::EndsWith(name, ".log");
}

// The digest of a file, or of its end. Nullopt: it cannot be read.
std::optional<std::string> DigestOf(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::error_code error;
  const std::uintmax_t size = fs::file_size(path, error);
  if (!file || error) return std::nullopt;
  if (path.extension() == ".sst" && size > kEnd) {
    file.seekg(static_cast<std::streamoff>(size - kEnd));
  }
  const std::string bytes{std::istreambuf_iterator<char>(file), {}};
  if (file.bad()) return std::nullopt;
  return absl::StrCat(base::Sha256Hex(bytes), " ", size);
}

// By name: `DIGEST SIZE`.
using Files = std::map<std::string, std::string>;

std::optional<Files> ReadFiles(const std::string& folder, const std::vector<std::string>& derived) {
  Files files;
  std::error_code error;
  for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
    const std::string name = it->path().filename().string();
    const bool made_again = std::find(derived.begin(), derived.end(), name) != derived.end();
    std::error_code ignored;
    if (made_again && it->file_size(ignored) > kMostDerived) continue;
    if (!made_again && !IsDatabase(name) && it->path().extension() != ".sst") continue;
    const auto digest = DigestOf(it->path());
    if (!digest) return std::nullopt;
    files[name] = *digest;
  }
  if (error) return std::nullopt;
  return files;
}

// True if another process has the store open, or had since `files` was read: each opening makes a
// new CURRENT. The database must be closed in this process, because closing LOCK ends its lock.
bool IsOpenedAgain(const std::string& folder, const Files& files) {
  const int fd = open(absl::StrCat(folder, "/LOCK").c_str(), O_RDWR | O_CLOEXEC);
  if (fd < 0) return true;
  struct flock lock {};
  lock.l_type = F_WRLCK;
  lock.l_whence = SEEK_SET;
  const bool is_free = fcntl(fd, F_GETLK, &lock) == 0 && lock.l_type == F_UNLCK;
  close(fd);
  const auto current = files.find("CURRENT");
  return !is_free || current == files.end() ||
         DigestOf(fs::path(folder) / "CURRENT") != current->second;
}

std::string TextOf(const Files& files) {
  std::string text = absl::StrCat(kHead, "\n");
  for (const auto& [name, digest] : files) absl::StrAppend(&text, digest, " ", name, "\n");
  return absl::StrCat(text, base::Sha256Hex(text), "\n");
}

std::optional<Files> ParseSeal(const std::string& text) {
  Files files;
  const std::vector<std::string> lines = absl::StrSplit(text, '\n');
  for (const std::string& line : lines) {
    const std::vector<std::string> parts = absl::StrSplit(line, absl::MaxSplits(' ', 2));
    if (parts.size() == 3) files[parts[2]] = absl::StrCat(parts[0], " ", parts[1]);
  }
  // Comparing with what would be written covers every byte of it.
  if (TextOf(files) != text) return std::nullopt;
  return files;
}

}  // namespace

void WriteSeal(const std::string& folder, const std::vector<std::string>& derived) {
  const auto files = ReadFiles(folder, derived);
  if (!files) return;
  const std::string path = absl::StrCat(folder, "/", kSealName);
  const int fd = open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (fd < 0) return;
  const std::string text = TextOf(*files);
  const bool whole =
      write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size()) && fsync(fd) == 0;
  close(fd);
  if (!whole || IsOpenedAgain(folder, *files)) RemoveSeal(folder);
}

void RemoveSeal(const std::string& folder) {
  std::error_code ignored;
  if (!fs::remove(absl::StrCat(folder, "/", kSealName), ignored)) return;
  const int fd = open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return;
  fsync(fd);
  close(fd);
}

absl::Status CheckSeal(const std::string& folder, std::vector<std::string>* removed) {
  const std::string path = absl::StrCat(folder, "/", kSealName);
  std::ifstream seal(path, std::ios::binary);
  if (!seal) return absl::OkStatus();
  const auto sealed = ParseSeal({std::istreambuf_iterator<char>(seal), {}});
  if (!sealed) {
    return absl::DataLossError(absl::StrCat(
        path,
        " is damaged, so whether the files beside it are as they were is not known: look at "
        "the disk; remove that file to start all the same"));
  }
  // The seal itself says what is derived: another program than this may have written it.
  std::vector<std::string> derived;
  for (const auto& [name, digest] : *sealed) {
    if (!IsDatabase(name) && !absl::EndsWith(name, ".sst")) derived.push_back(name);
  }
  const auto files = ReadFiles(folder, derived);
  if (!files) return absl::OkStatus();  // opening says what cannot be read
  for (const auto& [name, digest] : *sealed) {
    const auto now = files->find(name);
    if (now != files->end() && now->second == digest) continue;
    if (std::find(derived.begin(), derived.end(), name) != derived.end()) {
      std::error_code ignored;
      if (fs::remove(absl::StrCat(folder, "/", name), ignored)) removed->push_back(name);
      continue;
    }
    return absl::DataLossError(absl::StrCat(
        "the file ", folder, "/", name, now == files->end() ? " is missing" : " was changed",
        " since the store was closed: restore a backup, and look at the disk. If an older version "
        "of retainer used the folder meanwhile, remove ",
        path));
  }
  return absl::OkStatus();
}

}  // namespace retainer::store
