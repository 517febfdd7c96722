// The signed token (JWT) with which a GitHub App authenticates.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace retainer::forge {

// Immutable and thread-safe. Holds a private key: nothing here logs or prints it.
class AppSigner {
 public:
  virtual ~AppSigner() = default;
  // RS256. `iat` is a minute before `forge_now`; `exp` is within the ten minutes that GitHub
  // allows.
  virtual absl::StatusOr<std::string> Sign(absl::Time forge_now) const = 0;
};

// InvalidArgument, with the remedy, when the text is not an unencrypted RSA private key in PEM.
absl::StatusOr<std::unique_ptr<AppSigner>> MakeAppSigner(std::string app_id,
                                                         std::string_view private_key_pem);

}  // namespace retainer::forge
