// The forge's cryptography: signing deliveries, and checking an app's token.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace retainer::sandbox {

// `count` random bytes as lower-case hex.
std::string RandomHex(std::size_t count);

struct KeyPair {
  std::string private_pem;
  std::string public_pem;
};
absl::StatusOr<KeyPair> MakeRsaKey();

// The claims of an RS256 JSON web token whose signature is valid.
struct JwtClaims {
  std::string issuer;
  std::optional<std::int64_t> issued_at;
  std::optional<std::int64_t> expires;
};
// InvalidArgument for anything but a well-formed token that the owner of `public_pem` signed with
// RS256.
absl::StatusOr<JwtClaims> ReadJwt(std::string_view token, const std::string& public_pem);

}  // namespace retainer::sandbox
