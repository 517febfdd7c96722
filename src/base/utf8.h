// UTF-8 (RFC 3629). Pure and thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace retainer::base {

struct CodePoint {
  std::uint32_t value = 0;
  std::size_t length = 0;  // in bytes; 0: the text does not begin with a well-formed sequence
};
// The first code point. Overlong forms, surrogates and values above U+10FFFF are not well formed.
CodePoint FirstCodePoint(std::string_view text);

bool IsUtf8(std::string_view text);

// The number of code points. In text that is not UTF-8: of bytes that are no continuation bytes.
std::size_t CountCodePoints(std::string_view text);

// The longest prefix of at most `most` bytes that splits no sequence. REQUIRES: UTF-8.
std::string_view CutToBytes(std::string_view text, std::size_t most);

// REQUIRES: `code` is at most U+10FFFF and no surrogate.
void AppendCodePoint(std::uint32_t code, std::string* out);

}  // namespace retainer::base
