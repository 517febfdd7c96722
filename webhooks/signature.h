// The cryptography of receiving: keyed digests and comparisons that tell nothing by their duration.
// Pure and thread-safe.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>

namespace retainer {

using Digest = std::array<unsigned char, 32>;

// HMAC-SHA-256 over the parts, one after the other.
Digest HmacSha256(std::string_view key, std::initializer_list<std::string_view> parts);

Digest Sha256(std::initializer_list<std::string_view> parts);
std::string ToHex(const Digest& digest);

// In constant time.
bool Equal(const Digest& a, const Digest& b);

// The digest that 64 hexadecimal digits spell, in either case; nullopt for anything else.
std::optional<Digest> DigestFromHex(std::string_view hex);
// The digest that padded base64 spells; nullopt for anything else.
std::optional<Digest> DigestFromBase64(std::string_view base64);

}  // namespace retainer
