// Reads a policy's text from a folder and the folders in it.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace retainer::policy {

// The limits for one file, for all files together, and for the depth of folders below the policy's.
inline constexpr std::size_t kMaxPolicyFileBytes = 1 << 20;
inline constexpr std::size_t kMaxPolicyBytes = 4 << 20;
inline constexpr int kMaxPolicyDepth = 8;
struct PolicyFolderLimits {
  std::size_t files = 12'000;
  std::size_t entries = 20'000;  // files and folders that are looked at
};

// True for the path of a file that belongs to a policy: `*.yaml`, `*.yml` or `*.ics`, in no folder
// whose name begins with a dot. `path` begins in the policy's folder and is divided by `/`.
bool IsPolicyFile(std::string_view path);

// The text of each policy file in `folder` and the folders in it, by path as above. NotFound when
// there is no such folder, or no such file in it. PermissionDenied or Unavailable when something
// cannot be read. InvalidArgument, with the limit, when there is too much, and for a link that
// leads out of the folder, to another folder or nowhere: left out, it would change the policy
// without a word. The messages say how to fix it.
absl::StatusOr<std::map<std::string, std::string>> ReadPolicyFolder(const std::string& folder,
                                                                    PolicyFolderLimits limits = {});

// A policy version: the SHA-256 of names and texts as 64 hex digits.
std::string PolicyId(const std::map<std::string, std::string>& files);

}  // namespace retainer::policy
