// Reads a policy's text from a folder.
#pragma once

#include <cstddef>
#include <map>
#include <string>

#include "absl/status/statusor.h"

namespace retainer::policy {

// The limits for one file, for all files together, and for their number.
inline constexpr std::size_t kMaxPolicyFileBytes = 1 << 20;
inline constexpr std::size_t kMaxPolicyBytes = 4 << 20;
inline constexpr std::size_t kMaxPolicyFiles = 500;

// The text of each `*.yaml`, `*.yml` and `*.ics` file directly in `folder`, by name. NotFound when
// there is no such folder, or no such file in it. PermissionDenied or Unavailable when a file
// cannot be read. InvalidArgument, with the limit, when there is too much. The messages say how to
// fix it.
absl::StatusOr<std::map<std::string, std::string>> ReadPolicyFolder(const std::string& folder);

// A policy version: the SHA-256 of names and texts as 64 hex digits.
std::string PolicyId(const std::map<std::string, std::string>& files);

}  // namespace retainer::policy
