// SHA-256 of a token, in the form that the store keeps.
#pragma once

#include <string>
#include <string_view>

namespace retainer {

// Lower-case hex.
std::string Sha256Hex(std::string_view text);

// The duration depends only on the texts' lengths.
bool EqualsInConstantTime(std::string_view a, std::string_view b);

}  // namespace retainer
