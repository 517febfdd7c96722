// Reads the `sinks` of a configuration.
#pragma once

#include <map>
#include <string>

#include "retainer/config.h"
#include "src/policy/config_value.h"
#include "src/policy/reader.h"

namespace retainer::policy {

// Returns the sinks by name. A sink with problems is left out; the problems go to `reader`.
std::map<std::string, SinkConfig> ReadSinks(const YamlNode& node, const ConfigValues& values,
                                            Reader* reader);

}  // namespace retainer::policy
