// Reads the policy's files of one commit from a repository's objects. Private to this room.
#pragma once

#include <git2.h>

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "src/git/request.h"

namespace retainer::git {

// Owns an object of libgit2: `Owned<git_tree, git_tree_free>`.
template <class T, void (*Free)(T*)>
struct Freeing {
  void operator()(T* object) const { Free(object); }
};
template <class T, void (*Free)(T*)>
using Owned = std::unique_ptr<T, Freeing<T, Free>>;

// The last error of libgit2, on one line and without control characters.
std::string LastGitError();

// Adds the files below `folder` (`a/b`; empty: the top) to the snapshot. Takes regular files whose
// names end in .yaml, .yml or .ics, and passes over names that begin with a dot, as the reader of a
// plain folder does. Errors as Fetch.
absl::Status ReadFiles(git_repository* repository, const git_tree* top, const std::string& folder,
                       const Limits& limits, Snapshot* snapshot);

}  // namespace retainer::git
