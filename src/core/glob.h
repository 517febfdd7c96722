// Patterns for paths: `*` matches any characters within one level, `**` matches any characters.
//
// Pure and thread-safe. The work is at most the length of the pattern times the length of the text,
// for any input (no backtracking).
#pragma once

#include <cstddef>
#include <string_view>

namespace retainer::core {

// Ignores ASCII case. `steps`, if not null, counts the comparisons.
bool GlobMatches(std::string_view pattern, std::string_view text, std::size_t* steps = nullptr);

}  // namespace retainer::core
