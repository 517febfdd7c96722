// The `sinks` of a configuration.
#pragma once

#include <map>
#include <string>

#include "retainer/config.h"
#include "src/policy/config_value.h"
#include "src/policy/reader.h"

namespace retainer {

// By name. What is wrong with one goes to `reader`; it is left out then.
std::map<std::string, SinkConfig> ReadSinks(const YamlNode& node, const ConfigValues& values,
                                            Reader* reader);

}  // namespace retainer
