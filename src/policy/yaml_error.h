// What a person did wrong where a text is no YAML. Pure and thread-safe.
#pragma once

#include <string>
#include <string_view>

#include "src/policy/problem.h"

namespace retainer {

// `message` and the place (from 1) are the YAML library's: it says what it met, not what is
// missing.
Problem ExplainYaml(const std::string& file, std::string_view text, int line, int column,
                    std::string_view message);

}  // namespace retainer
