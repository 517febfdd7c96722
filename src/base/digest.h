// Digests, keyed digests, random bytes and comparison in constant time, with OpenSSL. Thread-safe.
//
// The program aborts when OpenSSL cannot compute a digest: it has no memory or no SHA-256 then.
#pragma once

#include <array>
#include <cstddef>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace retainer::base {

using Digest = std::array<unsigned char, 32>;

// SHA-256 of the concatenated parts.
Digest Sha256(std::initializer_list<std::string_view> parts);
// HMAC-SHA-256 of the concatenated parts.
Digest HmacSha256(std::string_view key, std::initializer_list<std::string_view> parts);

// The 32 bytes.
std::string ToBytes(const Digest& digest);
// 64 digits, lower case.
std::string ToHex(const Digest& digest);
std::string Sha256Hex(std::string_view text);

// Parses 64 hexadecimal digits, in either case; nullopt for anything else.
std::optional<Digest> DigestFromHex(std::string_view hex);
// Parses padded base64; nullopt for anything else.
std::optional<Digest> DigestFromBase64(std::string_view base64);

// The duration depends only on the lengths.
bool EqualInConstantTime(std::string_view a, std::string_view b);
bool EqualInConstantTime(const Digest& a, const Digest& b);

// Unavailable when the system gives no random bytes.
absl::StatusOr<std::string> RandomBytes(std::size_t count);
// `count` random bytes as 2 * `count` lower-case hexadecimal digits.
absl::StatusOr<std::string> RandomHex(std::size_t count);

}  // namespace retainer::base
