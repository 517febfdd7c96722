// Reads `tracing` of a configuration.
#pragma once

#include <optional>

#include "retainer/config.h"
#include "src/policy/config_value.h"
#include "src/policy/reader.h"

namespace retainer::policy {

// Nullopt, with problems in `reader`, if it cannot be used.
std::optional<TracingConfig> ReadTracing(const YamlNode& node, const ConfigValues& values,
                                         Reader* reader);

}  // namespace retainer::policy
