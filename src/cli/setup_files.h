// What the commands of `setup` write beside the configuration, and into it.
#pragma once

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace retainer::cli {

// The path of a file in the configuration's folder.
std::string Beside(const std::string& config, const std::string& name);
// NotFound.
absl::StatusOr<std::string> ReadWhole(const std::string& path);
// Writes a file that only this user can read, and its content to the disk. AlreadyExists.
absl::Status WriteNew(const std::string& path, const std::string& text);

// The configuration exists and has a forge of this name.
bool HasForge(const std::string& config, const std::string& name);
// FailedPrecondition, with what to do: `forges` of the configuration is not a list with one line
// `  - name: …` for each forge, so that no entry can be put there.
absl::Status CheckRoomForEntry(const std::string& config);
// Writes the entry of a forge into the configuration. One that does not exist is created, with this
// public URL. `entry`: whole lines, indented by two. Nothing else changes.
absl::Status WriteEntry(const std::string& config, const std::string& public_url,
                        const std::string& entry);

}  // namespace retainer::cli
