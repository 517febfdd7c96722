// Bodies of deliveries, compressed: u8 1, varint of the body's size, one block of LZ4.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace retainer::store {

std::string CompressBody(std::string_view body);
// Nullopt for anything that is not such a frame, or whose content is over 64 MiB: more than any
// delivery that is accepted.
std::optional<std::string> DecompressBody(std::string_view frame);

}  // namespace retainer::store
