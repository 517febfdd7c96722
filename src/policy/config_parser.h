// Configuration file -> Config, or everything that is wrong with it.
//
// Any value may be `env:NAME` or `file:PATH` (relative to the configuration's folder); a secret
// must be one of the two. No text of a problem ever holds a resolved value. Nothing here throws.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "retainer/config.h"
#include "src/policy/problem.h"

namespace retainer {

// What a configuration may refer to.
struct ConfigSources {
  std::function<std::optional<std::string>(const std::string& name)> environment;
  std::function<absl::StatusOr<std::string>(const std::string& path)> read_file;
  // The permission bits of a regular file; nullopt where there is none. May be empty.
  std::function<std::optional<unsigned>(const std::string& path)> file_mode;
  // False: secrets must be references as ever, but are not looked up, and stay empty.
  bool read_secrets = true;
};
// Of the configuration, and of each file that it refers to.
inline constexpr std::size_t kMaxConfigFileBytes = 1 << 20;

// The process's environment and the file system.
ConfigSources SystemSources();

struct ConfigResult {
  std::optional<Config> config;  // exactly where `problems` is empty
  std::vector<Problem> problems;
  std::vector<Problem> warnings;  // it works, but somebody should know
  Place policy;                   // where the policy's folder is named
  std::string data;               // the store's folder, where it could be read; absolute
};

// `name` is for the problems; `folder` is where relative paths start.
ConfigResult ParseConfig(const std::string& name, const std::string& text,
                         const std::string& folder, const ConfigSources& sources);

// Reads the file first; one that cannot be read is a problem too.
ConfigResult LoadConfig(const std::string& path, const ConfigSources& sources);

}  // namespace retainer
