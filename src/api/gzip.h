// Answers packed for the wire (RFC 1952).
//
// Rationale: not the HTTP library's, whose level and window cost more time than writing what they
// pack: our texts repeat themselves within a few hundred bytes.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace retainer {

// Nullopt where it is not worth it, and where there is no memory for it.
std::optional<std::string> Gzip(std::string_view text);

}  // namespace retainer
