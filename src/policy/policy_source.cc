#include "src/policy/policy_source.h"

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <memory>
#include <system_error>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "src/base/digest.h"

namespace retainer::policy {
namespace {

namespace fs = std::filesystem;

bool IsPolicyFile(const fs::path& path) {
  const std::string extension = path.extension().string();
  return extension == ".yaml" || extension == ".yml" || extension == ".ics";
}

absl::Status CannotRead(const std::string& path, const std::error_code& error) {
  const std::string text =
      absl::StrCat("cannot read ", path, " (", error.message(), "): check that it may be read");
  if (error == std::errc::permission_denied) return absl::PermissionDeniedError(text);
  return absl::UnavailableError(text);
}

}  // namespace

absl::StatusOr<std::map<std::string, std::string>> ReadPolicyFolder(const std::string& folder) {
  std::error_code error;
  if (!fs::is_directory(folder, error)) {
    if (error == std::errc::permission_denied) return CannotRead(folder, error);
    return absl::NotFoundError(absl::StrCat("no policy folder ", folder,
                                            ": create it, with at least one .yaml file in it"));
  }
  std::map<std::string, std::string> files;
  std::size_t bytes = 0;
  fs::directory_iterator it(folder, error);
  for (; !error && it != fs::directory_iterator(); it.increment(error)) {
    const std::string name = it->path().filename().string();
    std::error_code ignored;
    if (name.starts_with(".") || !IsPolicyFile(it->path()) || !it->is_regular_file(ignored)) {
      continue;
    }
    std::ifstream file(it->path(), std::ios::binary);
    if (!file) {
      return CannotRead(it->path().string(), std::error_code(errno, std::generic_category()));
    }
    if (files.size() == kMaxPolicyFiles) {
      return absl::InvalidArgumentError(
          absl::StrCat("more than ", kMaxPolicyFiles, " files in the policy folder ", folder,
                       ": join some, or remove what does not belong to the policy"));
    }
    // Reads one byte more than the limit, so that a huge file costs no more than the limit.
    std::string text(kMaxPolicyFileBytes + 1, '\0');
    file.read(text.data(), static_cast<std::streamsize>(text.size()));
    if (file.bad()) {
      return CannotRead(it->path().string(), std::make_error_code(std::errc::io_error));
    }
    text.resize(static_cast<std::size_t>(file.gcount()));
    if (text.size() > kMaxPolicyFileBytes) {
      return absl::InvalidArgumentError(absl::StrCat(it->path().string(), ": larger than ",
                                                     kMaxPolicyFileBytes,
                                                     " bytes: split it, or export fewer years"));
    }
    bytes += text.size();
    if (bytes > kMaxPolicyBytes) {
      return absl::InvalidArgumentError(absl::StrCat(
          "the files of the policy folder ", folder, " hold more than ", kMaxPolicyBytes,
          " bytes together: remove what does not belong to the policy"));
    }
    text.shrink_to_fit();
    files[name] = std::move(text);
  }
  if (error) return CannotRead(folder, error);
  if (files.empty()) {
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
