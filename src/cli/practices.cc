#include "src/cli/practices.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <system_error>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace retainer::cli {
namespace {

namespace fs = std::filesystem;

// Who the customers are is nobody else's business.
constexpr mode_t kFileMode = 0640;
constexpr fs::perms kFolderMode =
    fs::perms::owner_all | fs::perms::group_read | fs::perms::group_exec;
constexpr std::size_t kMostOfFolder = 5;

absl::Status Refused(const fs::path& path, const std::error_code& error) {
  return absl::UnavailableError(
      absl::StrCat("cannot write ", path.string(), ": ", error.message()));
}

// Removes what it was given, the last first, unless it is told that all went well.
class Undo {
 public:
  ~Undo() {
    std::error_code ignored;
    for (auto it = made_.rbegin(); it != made_.rend(); ++it) fs::remove(*it, ignored);
  }
  void Add(fs::path path) { made_.push_back(std::move(path)); }
  void Keep() { made_.clear(); }

 private:
  std::vector<fs::path> made_;
};

// Makes the folder and those above it that do not exist.
absl::Status MakeFolder(const fs::path& folder, Undo* undo) {
  std::error_code error;
  if (folder.empty() || fs::is_directory(folder, error)) return absl::OkStatus();
  if (absl::Status above = MakeFolder(folder.parent_path(), undo); !above.ok()) return above;
  if (!fs::create_directory(folder, error)) return Refused(folder, error);
  undo->Add(folder);
  fs::permissions(folder, kFolderMode, error);
  return error ? Refused(folder, error) : absl::OkStatus();
}

absl::Status WriteNew(const fs::path& path, std::string_view text, Undo* undo) {
  const auto failed = [&] { return Refused(path, {errno, std::generic_category()}); };
  // O_EXCL: a file that somebody made in the meantime stays as it is, and no link is followed.
  const int file = open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, kFileMode);
  if (file < 0) return failed();
  undo->Add(path);
  absl::Status status;
  while (status.ok() && !text.empty()) {
    const ssize_t written = write(file, text.data(), text.size());
    if (written >= 0) {
      text.remove_prefix(static_cast<std::size_t>(written));
    } else if (errno != EINTR) {
      status = failed();
    }
  }
  // Some file systems report a full disk only here.
  if (close(file) != 0 && status.ok()) status = failed();
  return status;
}

// What is in the folder, apart from a repository that was made for the policy.
absl::Status MustBeEmpty(const fs::path& folder) {
  std::error_code error;
  const fs::file_status status = fs::status(folder, error);
  if (status.type() == fs::file_type::not_found) return absl::OkStatus();
  if (status.type() != fs::file_type::directory) {
    return absl::FailedPreconditionError(
        absl::StrCat(folder.string(), " is not a folder: name a new one, or an empty one"));
  }
  std::vector<std::string> found;
  fs::directory_iterator it(folder, error);
  for (; !error && it != fs::directory_iterator(); it.increment(error)) {
    if (it->path().filename() != ".git") found.push_back(it->path().filename().string());
  }
  if (error) {
    return absl::UnavailableError(
        absl::StrCat("cannot read ", folder.string(), ": ", error.message()));
  }
  if (found.empty()) return absl::OkStatus();
  std::sort(found.begin(), found.end());
  const std::size_t more = found.size() - std::min(found.size(), kMostOfFolder);
  found.resize(found.size() - more);
  return absl::AlreadyExistsError(
      absl::StrCat(folder.string(), " is not empty: it has ", absl::StrJoin(found, ", "),
                   more == 0 ? "" : absl::StrCat(" and ", more, " more"),
                   "; nothing is overwritten: name a new folder, or an empty one"));
}

}  // namespace

absl::Status WritePractice(const Practice& practice, const std::string& folder) {
  if (absl::Status empty = MustBeEmpty(folder); !empty.ok()) return empty;
  Undo undo;
  for (const PracticeFile& file : practice.files) {
    const fs::path path = fs::path(folder) / file.path;
    if (absl::Status made = MakeFolder(path.parent_path(), &undo); !made.ok()) return made;
    if (absl::Status written = WriteNew(path, file.text, &undo); !written.ok()) return written;
  }
  undo.Keep();
  return absl::OkStatus();
}

}  // namespace retainer::cli
