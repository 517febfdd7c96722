// Resolves and checks the values of a configuration without ever showing them.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "src/policy/config_parser.h"
#include "src/policy/reader.h"

namespace retainer::policy {

class ConfigValues {
 public:
  ConfigValues(std::string folder, const ConfigSources& sources, Reader* reader,
               std::vector<Problem>* warnings)
      : folder_(std::move(folder)), sources_(sources), reader_(*reader), warnings_(*warnings) {}

  // The text; `env:NAME` and `file:PATH` are resolved.
  std::optional<std::string> Text(const YamlNode& node, std::string_view what) const;
  // As Text, but refuses a secret that is written in the file itself. nullopt without a problem
  // when secrets are not to be read.
  std::optional<std::string> Secret(const YamlNode& node, std::string_view what) const;
  // An https URL without a trailing slash; plain http only on loopback. `secret`: read it as Secret
  // does.
  std::optional<std::string> Url(const YamlNode& node, std::string_view what, bool secret) const;
  // Makes the path absolute.
  std::string Path(const std::string& path) const;

 private:
  std::optional<std::string> Resolve(const YamlNode& node, const std::string& text) const;
  // Warns when every user of the machine may read the file.
  void CheckMode(const YamlNode& node, const std::string& reference) const;

  const std::string folder_;
  const ConfigSources& sources_;
  Reader& reader_;
  std::vector<Problem>& warnings_;
};

// True for a host name or address (in the form of a URL) of this machine.
bool IsLoopback(const std::string& host);

// `host:port`, `[::1]:8080`, `:8080`; nullopt for anything else.
std::optional<HostPort> ParseHostPort(std::string_view text);

}  // namespace retainer::policy
