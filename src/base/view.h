// Views of texts.
#pragma once

#include <string_view>

#include "absl/strings/string_view.h"

namespace retainer::base {

// The type that Abseil's functions take: in some builds it is not std::string_view.
inline absl::string_view View(std::string_view text) { return {text.data(), text.size()}; }

}  // namespace retainer::base
