#include "src/policy/policy_source.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <string_view>
#include <system_error>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "src/base/digest.h"

namespace retainer::policy {
namespace {

namespace fs = std::filesystem;

absl::Status CannotRead(const std::string& path, const std::error_code& error) {
  const std::string text =
      absl::StrCat("cannot read ", path, " (", error.message(), "): check that it may be read");
  if (error == std::errc::permission_denied) return absl::PermissionDeniedError(text);
  return absl::UnavailableError(text);
}

class FolderReader {
 public:
  FolderReader(const std::string& folder, PolicyFolderLimits limits)
      : folder_(folder), limits_(limits) {}

  absl::StatusOr<std::map<std::string, std::string>> Read() {
    std::error_code error;
    root_ = fs::canonical(folder_, error);
    if (error) return CannotRead(folder_, error);
    const absl::Status read = ReadFolder(folder_, "", 0);
    if (!read.ok()) return read;
    return std::move(files_);
  }

 private:
  // `prefix`: the folder's path in the policy, with a `/` at its end.
  absl::Status ReadFolder(const fs::path& folder, const std::string& prefix, int depth) {
    std::error_code error;
    fs::directory_iterator it(folder, error);
    for (; !error && it != fs::directory_iterator(); it.increment(error)) {
      const std::string name = it->path().filename().string();
      if (name.starts_with(".")) continue;
      if (++entries_ > limits_.entries) {
        return TooMuch(absl::StrCat("more than ", limits_.entries, " files and folders in"));
      }
      const absl::Status read = ReadEntry(*it, prefix + name, depth);
      if (!read.ok()) return read;
    }
    return error ? CannotRead(folder.string(), error) : absl::OkStatus();
  }

  absl::Status ReadEntry(const fs::directory_entry& entry, const std::string& name, int depth) {
    std::error_code ignored;
    const bool is_folder = entry.is_directory(ignored);
    const bool is_link = entry.is_symlink(ignored);
    if (is_folder && is_link) {
      return absl::InvalidArgumentError(
          absl::StrCat(entry.path().string(), " is a link to a folder, which is not followed: put ",
                       "the folder itself there, or take the link away"));
    }
    if (is_folder) {
      if (depth == kMaxPolicyDepth) {
        return TooMuch(
            absl::StrCat("folders are nested more than ", kMaxPolicyDepth, " levels deep in"));
      }
      return ReadFolder(entry.path(), name + "/", depth + 1);
    }
    if (!IsPolicyFile(name)) return absl::OkStatus();
    if (is_link && !StaysInside(entry.path())) {
      return absl::InvalidArgumentError(
          absl::StrCat(entry.path().string(), " is a link that leads out of the policy folder, or ",
                       "nowhere: put the file itself there, or take the link away"));
    }
    return entry.is_regular_file(ignored) ? ReadFile(entry.path(), name) : absl::OkStatus();
  }

  bool StaysInside(const fs::path& link) const {
    std::error_code error;
    const fs::path target = fs::canonical(link, error);
    return !error &&
           std::mismatch(root_.begin(), root_.end(), target.begin(), target.end()).first ==
               root_.end();
  }

  absl::Status ReadFile(const fs::path& path, const std::string& name) {
    std::ifstream file(path, std::ios::binary);
    if (!file) return CannotRead(path.string(), std::error_code(errno, std::generic_category()));
    if (files_.size() == limits_.files) {
      return TooMuch(absl::StrCat("more than ", limits_.files, " files in"));
    }
    // Reads one byte more than the limit, so that a huge file costs no more than the limit.
    buffer_.resize(kMaxPolicyFileBytes + 1);
    file.read(buffer_.data(), static_cast<std::streamsize>(buffer_.size()));
    if (file.bad()) {
      return CannotRead(path.string(), std::make_error_code(std::errc::io_error));
    }
    const auto size = static_cast<std::size_t>(file.gcount());
    if (size > kMaxPolicyFileBytes) {
      return absl::InvalidArgumentError(absl::StrCat(path.string(), ": larger than ",
                                                     kMaxPolicyFileBytes,
                                                     " bytes: split it, or export fewer years"));
    }
    bytes_ += size;
    if (bytes_ > kMaxPolicyBytes) {
      return absl::InvalidArgumentError(absl::StrCat(
          "the files of the policy folder ", folder_, " hold more than ", kMaxPolicyBytes,
          " bytes together: remove what does not belong to the policy"));
    }
    files_[name] = buffer_.substr(0, size);
    return absl::OkStatus();
  }

  absl::Status TooMuch(const std::string& what) const {
    return absl::InvalidArgumentError(
        absl::StrCat(what, " the policy folder ", folder_,
                     ": join some, or remove what does not belong to the policy"));
  }

  const std::string& folder_;
  const PolicyFolderLimits limits_;
  fs::path root_;  // without links
  std::map<std::string, std::string> files_;
  std::string buffer_;
  std::size_t bytes_ = 0;
  std::size_t entries_ = 0;
};

}  // namespace

bool IsPolicyFile(std::string_view path) {
  if (path.starts_with(".") || path.find("/.") != std::string_view::npos) return false;
  return path.ends_with(".yaml") || path.ends_with(".yml") || path.ends_with(".ics");
}

absl::StatusOr<std::map<std::string, std::string>> ReadPolicyFolder(const std::string& folder,
                                                                    PolicyFolderLimits limits) {
  std::error_code error;
  if (!fs::is_directory(folder, error)) {
    if (error == std::errc::permission_denied) return CannotRead(folder, error);
    return absl::NotFoundError(absl::StrCat("no policy folder ", folder,
                                            ": create it, with at least one .yaml file in it"));
  }
  auto files = FolderReader(folder, limits).Read();
  if (files.ok() && files->empty()) {
    return absl::NotFoundError(
        absl::StrCat("no .yaml file in the policy folder ", folder, ": write one"));
  }
  return files;
}

std::string PolicyId(const std::map<std::string, std::string>& files) {
  // Lengths distinguish ("ab", "c") from ("a", "bc").
  std::string content;
  for (const auto& [name, text] : files) {
    absl::StrAppend(&content, name.size(), ":", name, text.size(), ":", text);
  }
  return base::Sha256Hex(content);
}

}  // namespace retainer::policy
