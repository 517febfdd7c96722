// The examples of deploy/examples, as they are in the binary, and how one is written to disk.
//
// Immutable; thread-safe.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"

namespace retainer::cli {

struct PracticeFile {
  std::string_view path;  // `policy/policy.yaml`
  std::string_view text;
};

// A policy and its configuration, for somebody to start from.
struct Practice {
  std::string_view name;            // `opendb`: the folder in deploy/examples
  std::vector<PracticeFile> files;  // sorted by path
};

// Generated from the folders when the build is configured. The first one is the small one, for
// those who name no other.
const std::vector<Practice>& Practices();

// Writes the files of the practice into `folder`, which is made if it does not exist. Nothing is
// overwritten. What was written is removed again when something fails.
//
// AlreadyExists when the folder has anything in it but `.git`; the message names it.
// FailedPrecondition when `folder` is no folder. Unavailable when the file system refuses.
absl::Status WritePractice(const Practice& practice, const std::string& folder);

}  // namespace retainer::cli
