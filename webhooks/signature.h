// Cryptography for receiving deliveries: keyed digests, and comparisons in constant time. Pure and
// thread-safe.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>

namespace retainer {

using Digest = std::array<unsigned char, 32>;

// HMAC-SHA-256 over the concatenated parts.
Digest HmacSha256(std::string_view key, std::initializer_list<std::string_view> parts);

Digest Sha256(std::initializer_list<std::string_view> parts);
std::string ToHex(const Digest& digest);

// In constant time.
bool Equal(const Digest& a, const Digest& b);

// Decodes 64 hexadecimal digits, in either case; nullopt for anything else.
std::optional<Digest> DigestFromHex(std::string_view hex);
// Decodes padded base64; nullopt for anything else.
std::optional<Digest> DigestFromBase64(std::string_view base64);

}  // namespace retainer
