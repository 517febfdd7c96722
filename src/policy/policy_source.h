// Where a policy's text comes from: a folder.
#pragma once

#include <cstddef>
#include <map>
#include <string>

#include "absl/status/statusor.h"

namespace retainer {

// Of one file, of all of them, and how many.
inline constexpr std::size_t kMaxPolicyFileBytes = 1 << 20;
inline constexpr std::size_t kMaxPolicyBytes = 4 << 20;
inline constexpr std::size_t kMaxPolicyFiles = 500;

// The text of each `*.yaml`, `*.yml` and `*.ics` file directly in `folder`, by name. NotFound where
// there is no such folder or no such file in it; PermissionDenied or Unavailable where one cannot
// be read; InvalidArgument, naming the bound, where there is too much. The messages name the mend.
absl::StatusOr<std::map<std::string, std::string>> ReadPolicyFolder(const std::string& folder);

// A policy version: the SHA-256 of names and texts, 64 hex digits.
std::string PolicyId(const std::map<std::string, std::string>& files);

}  // namespace retainer
