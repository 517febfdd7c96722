// Values of a configuration: resolved, and checked without ever being shown.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "src/policy/config_parser.h"
#include "src/policy/reader.h"

namespace retainer {

class ConfigValues {
 public:
  ConfigValues(std::string folder, const ConfigSources& sources, Reader* reader,
               std::vector<Problem>* warnings)
      : folder_(std::move(folder)), sources_(sources), reader_(*reader), warnings_(*warnings) {}

  // The text, resolved where it is `env:NAME` or `file:PATH`.
  std::optional<std::string> Text(const YamlNode& node, std::string_view what) const;
  // As Text, but a text that stands in the file itself is refused. nullopt without a problem where
  // secrets are not to be read.
  std::optional<std::string> Secret(const YamlNode& node, std::string_view what) const;
  // An https URL without a trailing slash; plain http only on loopback. `secret`: as Secret.
  std::optional<std::string> Url(const YamlNode& node, std::string_view what, bool secret) const;
  // An absolute path.
  std::string Path(const std::string& path) const;

 private:
  std::optional<std::string> Resolve(const YamlNode& node, const std::string& text) const;
  // A warning for a file that everybody on the machine may read.
  void CheckMode(const YamlNode& node, const std::string& reference) const;

  const std::string folder_;
  const ConfigSources& sources_;
  Reader& reader_;
  std::vector<Problem>& warnings_;
};

// A host name or address as it stands in a URL: this machine's own?
bool IsLoopback(const std::string& host);

// `host:port`, `[::1]:8080`, `:8080`; nullopt for anything else.
std::optional<HostPort> ParseHostPort(std::string_view text);

}  // namespace retainer
