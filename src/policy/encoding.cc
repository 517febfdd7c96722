#include "src/policy/encoding.h"

#include <cstddef>
#include <cstdint>

namespace retainer {

std::string_view WithoutByteOrderMark(std::string_view text) {
  if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);
  return text;
}

bool IsUtf8(std::string_view text) {
  std::size_t i = 0;
  while (i < text.size()) {
    const auto first = static_cast<std::uint8_t>(text[i]);
    const std::size_t length = first < 0x80               ? 1
                               : (first & 0xe0u) == 0xc0u ? 2
                               : (first & 0xf0u) == 0xe0u ? 3
                               : (first & 0xf8u) == 0xf0u ? 4
                                                          : 0;
    if (length == 0 || i + length > text.size()) return false;
    std::uint32_t point = length == 1 ? first : first & (0x7fu >> length);
    for (std::size_t k = 1; k < length; ++k) {
      const auto next = static_cast<std::uint8_t>(text[i + k]);
      if ((next & 0xc0u) != 0x80u) return false;
      point = (point << 6) | (next & 0x3fu);
    }
    constexpr std::uint32_t kLeast[] = {0, 0, 0x80, 0x800, 0x10000};
    if (point < kLeast[length] || point > 0x10ffff || (point >= 0xd800 && point <= 0xdfff)) {
      return false;
    }
    i += length;
  }
  return true;
}

bool LooksLikeUtf16(std::string_view text) {
  if (text.starts_with("\xff\xfe") || text.starts_with("\xfe\xff")) return true;
  // Without a byte-order mark: in ASCII text every other byte is a NUL.
  return text.size() >= 2 && (text[0] == '\0') != (text[1] == '\0');
}

}  // namespace retainer
