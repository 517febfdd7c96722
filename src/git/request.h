// What a fetch is asked for and what it answers: plain values that cross the pipe between the
// service and its child process.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "retainer/config.h"

namespace retainer::git {

struct Limits {
  absl::Duration time = absl::Seconds(60);  // real time, for all that one fetch does
  std::uint64_t bytes = 64 << 20;           // of one download, and of the mirror on disk
  std::uint64_t memory = 512 << 20;         // address space of the child process
  std::uint64_t objects = 500'000;          // git objects of one download
  std::size_t entries = 200'000;            // entries of folders that are looked at
  std::size_t files = 500;                  // files of the policy
  std::size_t file_bytes = 1 << 20;
  std::size_t text_bytes = 4 << 20;  // of all files together
};

struct Request {
  PolicyGitConfig repository;
  std::string mirror;  // folder of the bare mirror; created if it does not exist
  std::string home;    // folder for what libgit2 wants as files; holds no secret
  // The ref to read, for example `refs/pull/5/head`. Empty: the configured branch.
  std::string ref;
  // A commit of which the one that is read should be a descendant. Empty: none.
  std::string after;
  Limits limits;
};

// A commit, and the policy's files in it.
struct Snapshot {
  std::string ref;  // the ref that was read: `refs/heads/main`
  std::string commit;
  std::string author;   // `Name <address>`
  std::string subject;  // first line of its message
  absl::Time committed = absl::UnixEpoch();
  // False: `Request::after` is not an ancestor, so the branch was rewritten.
  bool follows = true;
  // Why the commit holds no policy that can be read: NotFound, InvalidArgument or Unavailable, as
  // Fetch. Then `files` are incomplete.
  absl::Status wrong;
  std::map<std::string, std::string> files;  // path below the policy's folder -> text
  // Links to folders and submodules, which are not followed, for people. At most 20.
  std::vector<std::string> skipped;
};

// A message is a list of fields: `name length:bytes`. Decoding never throws and refuses what does
// not fit.
std::string EncodeRequest(const Request& request);
absl::StatusOr<Request> DecodeRequest(std::string_view bytes);
std::string EncodeAnswer(const absl::StatusOr<Snapshot>& answer);
// The answer's own error, or Internal when the bytes are no answer.
absl::StatusOr<Snapshot> DecodeAnswer(std::string_view bytes);

}  // namespace retainer::git
