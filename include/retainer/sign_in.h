// The SignIn port: lets a person prove which account of a forge is theirs (OAuth 2.0, authorisation
// code with PKCE).
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "retainer/customer_fact.h"

namespace retainer {

// One forge. Thread-safe.
class SignIn {
 public:
  virtual ~SignIn() = default;

  virtual const std::string& forge() const = 0;
  // Where the browser goes. The forge sends it to `redirect_uri` with `state` and a code.
  // `challenge`: the S256 challenge of the verifier that Finish gets.
  virtual std::string AuthorizeUrl(const std::string& state, const std::string& challenge,
                                   const std::string& redirect_uri) const = 0;
  // Exchanges the code, reads the account, and revokes the forge's token. Nothing of it is kept.
  // PermissionDenied: the forge refuses the code. FailedPrecondition: it refuses our client.
  // Unavailable: it does not answer, or not understandably. No message holds a code or a secret.
  virtual absl::StatusOr<Account> Finish(const std::string& code, const std::string& verifier,
                                         const std::string& redirect_uri) = 0;
};

}  // namespace retainer
