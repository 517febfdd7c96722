// The value of a counter: u64, little-endian; a missing value is 0. Additions wrap, so subtracting
// is adding the two's complement.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace retainer::store {

inline std::string EncodeCounter(std::uint64_t value) {
  std::string out;
  for (int shift = 0; shift < 64; shift += 8) out.push_back(static_cast<char>(value >> shift));
  return out;
}

inline std::uint64_t DecodeCounter(std::string_view bytes) {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < bytes.size() && i < 8; ++i) {
    value |= static_cast<std::uint64_t>(static_cast<unsigned char>(bytes[i])) << (8 * i);
  }
  return value;
}

}  // namespace retainer::store
