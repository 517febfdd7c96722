// Patterns of paths: `*` any run of characters within one level, `**` any run at all.
//
// Pure and thread-safe. The work is at most the length of the pattern times that of the text,
// whatever they hold; there is no going back.
#pragma once

#include <cstddef>
#include <string_view>

namespace retainer {

// Without regard to ASCII case. `steps`, where given, counts the comparisons.
bool GlobMatches(std::string_view pattern, std::string_view text, std::size_t* steps = nullptr);

}  // namespace retainer
