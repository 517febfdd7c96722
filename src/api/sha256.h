// SHA-256 of a token, as the store keeps it.
#pragma once

#include <string>
#include <string_view>

namespace retainer {

// Lower-case hex.
std::string Sha256Hex(std::string_view text);

// Takes as long for any two texts of one length.
bool EqualsInConstantTime(std::string_view a, std::string_view b);

}  // namespace retainer
