// Parses a configuration file to a Config, or to everything that is wrong with it.
//
// Any value may be `env:NAME` or `file:PATH` (relative to the configuration's folder); a secret
// must be one of the two. The text of a problem never holds a resolved value. Nothing here throws.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "retainer/config.h"
#include "src/policy/problem.h"

namespace retainer::policy {

// The sources that values of a configuration may refer to.
struct ConfigSources {
  std::function<std::optional<std::string>(const std::string& name)> environment;
  std::function<absl::StatusOr<std::string>(const std::string& path)> read_file;
  // The permission bits of a regular file; nullopt when there is no such file. May be empty.
  std::function<std::optional<unsigned>(const std::string& path)> file_mode;
  // False: secrets must still be references, but they are not resolved and stay empty.
  bool read_secrets = true;
};
// The limit for the configuration file, and for each file that it refers to.
inline constexpr std::size_t kMaxConfigFileBytes = 1 << 20;

// Uses the process's environment and the file system.
ConfigSources SystemSources();

struct ConfigResult {
  std::optional<Config> config;  // set only if `problems` is empty
  std::vector<Problem> problems;
  std::vector<Problem> warnings;  // the configuration works, but somebody should know
  Place policy;                   // where the configuration names the policy's folder
  std::string data;  // the store's folder as an absolute path; empty when it could not be read
};

// `name` is the file's name in problems; relative paths start at `folder`.
ConfigResult ParseConfig(const std::string& name, const std::string& text,
                         const std::string& folder, const ConfigSources& sources);

// Reads the file first; an unreadable file is a problem too.
ConfigResult LoadConfig(const std::string& path, const ConfigSources& sources);

}  // namespace retainer::policy
