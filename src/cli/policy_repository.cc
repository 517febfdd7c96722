#include "src/cli/policy_repository.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <system_error>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "retainer/instant_text.h"
#include "src/git/child.h"
#include "src/policy/policy_source.h"

namespace retainer::cli {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kShortestCommit = 7;

std::string FolderIn(const std::string& data) { return data + "/policy.git"; }

bool IsCommit(const std::string& text) {
  return text.size() >= kShortestCommit && text.size() <= 40 &&
         text.find_first_not_of("0123456789abcdef") == text.npos;
}

// A folder that is deleted at the end of the scope.
class ShortFolder {
 public:
  ShortFolder() {
    std::error_code error;
    std::string pattern = (fs::temp_directory_path(error) / "retainer-policy-XXXXXX").string();
    if (!error && mkdtemp(pattern.data()) != nullptr) path_ = pattern;
  }
  ~ShortFolder() {
    std::error_code ignored;
    if (!path_.empty()) fs::remove_all(path_, ignored);
  }
  ShortFolder(const ShortFolder&) = delete;
  ShortFolder& operator=(const ShortFolder&) = delete;
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

}  // namespace

git::MirrorOptions PolicyMirrorOptions() {
  git::MirrorOptions options;
  options.child = {"/proc/self/exe", git::kChildCommand};
  options.limits.files = policy::PolicyFolderLimits().files;
  options.limits.file_bytes = policy::kMaxPolicyFileBytes;
  options.limits.text_bytes = policy::kMaxPolicyBytes;
  return options;
}

PolicyRepository::PolicyRepository(const PolicyGitConfig& config, const std::string& data,
                                   git::MirrorOptions options)
    : config_(config), folder_(FolderIn(data)), mirror_(config, folder_, std::move(options)) {}

PolicyReading PolicyRepository::Judge(absl::StatusOr<git::Snapshot> snapshot) const {
  PolicyReading reading;
  if (!snapshot.ok()) {
    reading.status = snapshot.status();
    return reading;
  }
  reading.source = {snapshot->commit, snapshot->author, snapshot->subject, snapshot->committed};
  for (const std::string& place : snapshot->skipped) {
    reading.skipped.push_back(config_.path.empty() ? place
                                                   : absl::StrCat(config_.path, "/", place));
  }
  reading.of_commit = !absl::IsUnavailable(snapshot->wrong);
  reading.status = snapshot->wrong;
  if (!reading.status.ok()) return reading;
  FileFindings findings;
  auto loaded = LoadPolicyFiles(std::move(snapshot->files), config_.path, &findings);
  reading.problems = std::move(findings.problems);
  reading.status = loaded.status();
  if (loaded.ok()) reading.policy = *std::move(loaded);
  return reading;
}

PolicyReading PolicyRepository::Read() {
  std::string in_force;
  std::string accepted;
  {
    std::lock_guard lock(mutex_);
    in_force = in_force_;
    accepted = accepted_;
  }
  auto snapshot = mirror_.Read("", in_force);
  if (snapshot.ok() && !snapshot->follows &&
      (accepted.empty() || !absl::StartsWith(snapshot->commit, accepted))) {
    PolicyReading reading;
    reading.source = {snapshot->commit, snapshot->author, snapshot->subject, snapshot->committed};
    reading.of_commit = true;
    const std::string shown = snapshot->commit.substr(0, 12);
    reading.status = absl::FailedPreconditionError(absl::StrCat(
        "commit ", shown, " does not descend from ", in_force.substr(0, 12),
        ", whose policy is in force: the branch was rewritten, or `policy` names another "
        "repository; if that was intended, run `retainer policy accept ",
        shown, "`"));
    return reading;
  }
  return Judge(std::move(snapshot));
}

PolicyReading PolicyRepository::ReadRef(const std::string& ref) {
  return Judge(mirror_.Read(ref, ""));
}

void PolicyRepository::SetInForce(const std::string& commit) {
  std::lock_guard lock(mutex_);
  in_force_ = commit;
  accepted_.clear();
}

absl::Status PolicyRepository::Accept(const std::string& commit) {
  if (!IsCommit(commit)) {
    return absl::InvalidArgumentError(
        absl::StrCat("\"", commit, "\" is not a commit: give at least ", kShortestCommit,
                     " digits of its id, as git shows it"));
  }
  std::lock_guard lock(mutex_);
  accepted_ = commit;
  return absl::OkStatus();
}

void PolicyRepository::SaveCurrent(absl::Time now) {
  std::lock_guard lock(mutex_);
  std::error_code ignored;
  fs::create_directories(folder_, ignored);
  // Replaced whole, so that no reader sees half of it.
  const std::string path = folder_ + "/current";
  std::ofstream(path + ".new", std::ios::trunc) << Rfc3339(now) << " " << in_force_ << "\n";
  fs::rename(path + ".new", path, ignored);
}

std::optional<CurrentPolicy> PolicyRepository::LoadCurrent() const {
  std::ifstream file(folder_ + "/current");
  std::string at;
  CurrentPolicy current;
  if (!(file >> at >> current.commit) || !IsCommit(current.commit)) return std::nullopt;
  const auto time = ParseRfc3339(at);
  if (!time) return std::nullopt;
  current.at = *time;
  return current;
}

absl::StatusOr<LoadedPolicy> LoadConfiguredPolicy(const Config& config, TermsSource* source) {
  if (!config.policy_git) return LoadPolicyFolder(config.policy);
  // Not in the data folder: a service that runs uses the mirror there.
  const ShortFolder folder;
  if (folder.path().empty()) return absl::UnavailableError("no temporary folder can be made");
  PolicyReading reading =
      PolicyRepository(*config.policy_git, folder.path(), PolicyMirrorOptions()).Read();
  if (!reading.status.ok()) return reading.status;
  if (source != nullptr) *source = std::move(reading.source);
  return *std::move(reading.policy);
}

}  // namespace retainer::cli
