#include "src/cli/setup_files.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"

namespace retainer::cli {
namespace {

namespace fs = std::filesystem;

std::string NewConfig(const std::string& public_url, const std::string& entry) {
  return absl::StrCat("listen: 127.0.0.1:8080\npublic_url: ", public_url,
                      "\ntrusted_proxies: [127.0.0.1] # your proxy: else all visitors are one\n",
                      "store: rocksdb:./data\npolicy: ./policy\n",
                      "mode: observe # nothing is written to the forge; later: full\nforges:\n",
                      entry);
}

// The configuration's text with the entry behind the line `forges:`.
absl::StatusOr<std::string> Insert(const std::string& text, const std::string& entry,
                                   const std::string& path) {
  std::vector<std::string> lines = absl::StrSplit(text, '\n');
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const std::string& line = lines[i];
    if (!absl::StartsWith(line, "forges:")) continue;
    const std::size_t rest = line.find_first_not_of(" \t\r", std::strlen("forges:"));
    const bool alone = rest == std::string::npos || line[rest] == '#';
    // The entry is indented like the others: by two, with a dash.
    const bool as_ours = i + 1 < lines.size() && absl::StartsWith(lines[i + 1], "  - ");
    if (!alone || !as_ours) break;
    lines[i] = absl::StrCat(line, "\n", entry.substr(0, entry.size() - 1));
    return absl::StrJoin(lines, "\n");
  }
  if (!absl::StrContains(absl::StrCat("\n", text), "\nforges:")) {
    return absl::StrCat(text, absl::EndsWith(text, "\n") ? "" : "\n", "forges:\n", entry);
  }
  return absl::FailedPreconditionError(
      absl::StrCat(path,
                   ": `forges` must be a list with a line `  - name: …` for each forge, so "
                   "that the new one can be put there"));
}

}  // namespace

std::string Beside(const std::string& config, const std::string& name) {
  return (fs::path(config).parent_path() / name).string();
}

absl::StatusOr<std::string> ReadWhole(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) return absl::NotFoundError(path);
  return std::string(std::istreambuf_iterator<char>(in), {});
}

absl::Status WriteNew(const std::string& path, const std::string& text) {
  const int fd = open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (fd < 0) {
    const std::string message = absl::StrCat(path, ": ", std::strerror(errno));
    return errno == EEXIST ? absl::AlreadyExistsError(message)
                           : absl::FailedPreconditionError(message);
  }
  std::size_t written = 0;
  while (written < text.size()) {
    const ssize_t part = write(fd, text.data() + written, text.size() - written);
    if (part <= 0) break;
    written += static_cast<std::size_t>(part);
  }
  const bool whole = written == text.size() && fsync(fd) == 0;
  close(fd);
  return whole ? absl::OkStatus()
               : absl::FailedPreconditionError(absl::StrCat(path, ": cannot be written"));
}

bool HasForge(const std::string& config, const std::string& name) {
  const auto text = ReadWhole(config);
  return text.ok() && absl::StrContains(*text, absl::StrCat("name: ", name, "\n"));
}

absl::Status CheckRoomForEntry(const std::string& config) {
  const auto text = ReadWhole(config);
  return text.ok() ? Insert(*text, "\n", config).status() : absl::OkStatus();
}

absl::Status WriteEntry(const std::string& config, const std::string& public_url,
                        const std::string& entry) {
  const auto text = ReadWhole(config);
  if (!text.ok()) return WriteNew(config, NewConfig(public_url, entry));
  const auto whole = Insert(*text, entry, config);
  if (!whole.ok()) return whole.status();
  // Beside it first: the configuration is never half written.
  const std::string fresh = config + ".new";
  if (absl::Status written = WriteNew(fresh, *whole); !written.ok()) return written;
  std::error_code error;
  fs::permissions(fresh, fs::status(config, error).permissions(), error);
  fs::rename(fresh, config, error);
  return error ? absl::FailedPreconditionError(absl::StrCat(config, ": ", error.message()))
               : absl::OkStatus();
}

}  // namespace retainer::cli
