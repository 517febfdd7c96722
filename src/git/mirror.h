// Mirror: a bare mirror of one branch of a repository, and the process that fetches into it.
//
// The mirror is a cache. It is deleted after every failed fetch (what a killed process leaves may
// be broken, and must not add up), and when it has grown to half of the limit. Thread-safe: one
// fetch runs at a time.
#pragma once

#include <atomic>
#include <mutex>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "src/git/request.h"

namespace retainer::git {

struct MirrorOptions {
  // The program and arguments that run RunChild.
  std::vector<std::string> child = {"/proc/self/exe", "git-fetch-child"};
  Limits limits;
};

class Mirror {
 public:
  // `folder`: for the mirror and its home; its parent must exist when Read is called.
  Mirror(PolicyGitConfig repository, std::string folder, MirrorOptions options = {});
  // REQUIRES: no Read is in progress.
  ~Mirror() = default;
  Mirror(const Mirror&) = delete;
  Mirror& operator=(const Mirror&) = delete;

  // Fetches, and reads the policy's files. `ref` and `after` as in Request. Errors as Fetch, also
  // Unavailable when the process was killed at the limit of time, and Cancelled after Stop.
  absl::StatusOr<Snapshot> Read(const std::string& ref, const std::string& after);

  // Ends a Read in progress within a second, and lets no other begin.
  void Stop() { stopping_ = true; }

 private:
  absl::StatusOr<Snapshot> ReadLocked(const std::string& ref, const std::string& after);

  const PolicyGitConfig repository_;
  const std::string folder_;
  const MirrorOptions options_;
  std::mutex mutex_;  // held during a fetch
  std::atomic<bool> stopping_ = false;
};

}  // namespace retainer::git
