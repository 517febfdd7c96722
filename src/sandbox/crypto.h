// The forge's side of signatures and credentials: what signs deliveries, and what proves an app.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace retainer::sandbox {

std::string HmacSha256(std::string_view key, std::string_view text);  // raw bytes
std::string Sha256Hex(std::string_view text);
// `count` random bytes as lower-case hex.
std::string RandomHex(int count);

struct KeyPair {
  std::string private_pem;
  std::string public_pem;
};
absl::StatusOr<KeyPair> MakeRsaKey();

// What an RS256 JSON web token claims, after its signature held.
struct JwtClaims {
  std::string issuer;
  std::optional<std::int64_t> issued_at;
  std::optional<std::int64_t> expires;
};
// InvalidArgument for anything but a well-formed token signed with RS256 by the key's owner.
absl::StatusOr<JwtClaims> ReadJwt(std::string_view token, const std::string& public_pem);

}  // namespace retainer::sandbox
