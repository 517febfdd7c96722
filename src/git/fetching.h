// Fetches a repository's branch with libgit2 and reads the policy's files from the commit. Runs in
// the child process (child.h), because libgit2 1.5 cannot bound a server that stalls.
//
// Nothing of a repository is executed or followed: only its objects are read. There is no work
// tree, so there are no hooks, filters or attributes; submodules and symbolic links are skipped.
#pragma once

#include "absl/status/statusor.h"
#include "src/git/request.h"

namespace retainer::git {

// Errors, each with what to do:
//   NotFound            the repository, the branch or the policy's folder does not exist
//   PermissionDenied    the server refused our credentials
//   FailedPrecondition  the server's certificate or host key is not trusted
//   ResourceExhausted   a limit was reached
//   InvalidArgument     the commit cannot be a policy: too many or too large files
//   Unavailable         the network, or anything else that may pass
absl::StatusOr<Snapshot> Fetch(const Request& request);

}  // namespace retainer::git
