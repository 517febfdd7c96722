// Checks the encoding of a file's text. Pure and thread-safe.
#pragma once

#include <string_view>

namespace retainer::policy {

// Removes the byte-order mark that some editors write before UTF-8.
std::string_view WithoutByteOrderMark(std::string_view text);
// True when the text begins like UTF-16 or UTF-32.
bool LooksLikeUtf16(std::string_view text);

}  // namespace retainer::policy
