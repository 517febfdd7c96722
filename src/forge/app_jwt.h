// The signed statement by which a GitHub App says who it is.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace retainer::forge {

// Immutable and thread-safe. Holds a private key: nothing here logs or prints.
class AppSigner {
 public:
  virtual ~AppSigner() = default;
  // RS256; iat a minute before `forge_now` and exp within the ten minutes that GitHub allows.
  virtual absl::StatusOr<std::string> Sign(absl::Time forge_now) const = 0;
};

// InvalidArgument, naming the mend, for what is not an unencrypted RSA private key in PEM.
absl::StatusOr<std::unique_ptr<AppSigner>> MakeAppSigner(std::string app_id,
                                                         std::string_view private_key_pem);

}  // namespace retainer::forge
