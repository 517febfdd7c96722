// How the text of a file is encoded. Pure and thread-safe.
#pragma once

#include <string_view>

namespace retainer {

// Without the byte-order mark that some editors write before UTF-8.
std::string_view WithoutByteOrderMark(std::string_view text);
// Well-formed UTF-8: no overlong forms, no surrogates.
bool IsUtf8(std::string_view text);
// Begins as UTF-16 or UTF-32 does.
bool LooksLikeUtf16(std::string_view text);

}  // namespace retainer
