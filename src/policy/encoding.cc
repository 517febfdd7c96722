#include "src/policy/encoding.h"

namespace retainer::policy {

std::string_view WithoutByteOrderMark(std::string_view text) {
  if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);
  return text;
}

bool LooksLikeUtf16(std::string_view text) {
  if (text.starts_with("\xff\xfe") || text.starts_with("\xfe\xff")) return true;
  // Without a byte-order mark: in ASCII text every other byte is a NUL.
  return text.size() >= 2 && (text[0] == '\0') != (text[1] == '\0');
}

}  // namespace retainer::policy
