#include "src/git/mirror.h"

#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"
#include "src/git/child_process.h"

namespace retainer::git {
namespace {

namespace fs = std::filesystem;

// The bytes of all files below the folder.
std::uint64_t BytesOf(const std::string& folder) {
  std::uint64_t bytes = 0;
  std::error_code error;
  for (auto it = fs::recursive_directory_iterator(folder, error);
       !error && it != fs::recursive_directory_iterator(); it.increment(error)) {
    std::error_code ignored;
    const std::uintmax_t size = it->is_regular_file(ignored) ? it->file_size(ignored) : 0;
    if (!ignored) bytes += size;
  }
  return bytes;
}

// The environment of the child: nothing of ours but where certificates are.
std::vector<std::string> Environment() {
  std::vector<std::string> environment;
  for (const char* name : {"SSL_CERT_FILE", "SSL_CERT_DIR"}) {
    if (const char* value = std::getenv(name)) {
      environment.push_back(absl::StrCat(name, "=", value));
    }
  }
  return environment;
}

}  // namespace

Mirror::Mirror(PolicyGitConfig repository, std::string folder, MirrorOptions options)
    : repository_(std::move(repository)),
      folder_(std::move(folder)),
      options_(std::move(options)) {}

absl::StatusOr<Snapshot> Mirror::Read(const std::string& ref, const std::string& after) {
  std::lock_guard lock(mutex_);
  std::error_code ignored;
  const std::string mirror = folder_ + "/mirror";
  if (BytesOf(mirror) > options_.limits.bytes / 2) fs::remove_all(mirror, ignored);
  auto snapshot = ReadLocked(ref, after);
  if (!snapshot.ok()) fs::remove_all(mirror, ignored);
  return snapshot;
}

absl::StatusOr<Snapshot> Mirror::ReadLocked(const std::string& ref, const std::string& after) {
  if (stopping_) return absl::CancelledError("the service stops");
  Request request;
  request.repository = repository_;
  request.mirror = folder_ + "/mirror";
  request.home = folder_ + "/home";
  request.ref = ref;
  request.after = after;
  request.limits = options_.limits;
  ChildTask task;
  task.command = options_.child;
  task.environment = Environment();
  task.input = EncodeRequest(request);
  task.time = options_.limits.time;
  task.most_output = 2 * options_.limits.text_bytes + (1 << 20);
  task.stop = &stopping_;
  const auto output = RunChildProcess(task);
  if (absl::IsDeadlineExceeded(output.status())) {
    return absl::UnavailableError(absl::StrCat("the repository was not fetched within ",
                                               absl::FormatDuration(options_.limits.time),
                                               ": is its server slow or silent?"));
  }
  if (absl::IsCancelled(output.status())) return absl::CancelledError("the service stops");
  if (!output.ok()) return output.status();
  return DecodeAnswer(*output);
}

}  // namespace retainer::git
