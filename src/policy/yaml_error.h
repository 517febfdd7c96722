// Explains a person's mistake when a text is not YAML. Pure and thread-safe.
#pragma once

#include <string>
#include <string_view>

#include "src/policy/problem.h"

namespace retainer::policy {

// `message` and the position (from 1) come from the YAML library. It reports what it found, not
// what is missing.
Problem ExplainYaml(const std::string& file, std::string_view text, int line, int column,
                    std::string_view message);

}  // namespace retainer::policy
