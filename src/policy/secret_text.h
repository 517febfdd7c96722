// The value in a file or an environment variable. Pure and thread-safe.
#pragma once

#include <string>
#include <string_view>

namespace retainer::policy {

struct ReferredValue {
  std::string value;
  // What is wrong: `is empty`. Empty when the value is good. Never holds any of the value.
  std::string wrong;
};

// Removes a byte-order mark, and blanks and line ends around the value. Refuses whatever cannot be
// what was intended: another encoding, a NUL, more than one line (except in PEM), and invisible
// characters.
ReferredValue ReadReferredValue(std::string_view text);

}  // namespace retainer::policy
