// Compresses answers (RFC 1952).
//
// Rationale: the HTTP library's compression is not used, because its level and window cost more
// time than making the answer. Our texts repeat themselves within a few hundred bytes.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace retainer::api {

// Nullopt when compression is not worth it, or when memory is lacking.
std::optional<std::string> Gzip(std::string_view text);

}  // namespace retainer::api
