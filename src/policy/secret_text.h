// The value that a file or an environment variable holds. Pure and thread-safe.
#pragma once

#include <string>
#include <string_view>

namespace retainer {

struct ReferredValue {
  std::string value;
  std::string wrong;  // `is empty`; empty where the value is good. Never holds any of the value
};

// Without a byte-order mark and without blanks and line ends around it. Wrong is what could only
// differ from what was meant: another encoding, a NUL, more than one line (but in a PEM),
// characters that nobody sees.
ReferredValue ReadReferredValue(std::string_view text);

}  // namespace retainer
