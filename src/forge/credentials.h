// Who we are to a forge: a plain token, or a GitHub App with its installations.
#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "src/forge/api_client.h"
#include "src/forge/app_jwt.h"

namespace retainer::forge {

// What a call is about, as far as credentials care.
struct Scope {
  enum class Kind {
    kApp,       // about the app itself: signed by it
    kProject,   // `path` of the project, `installation_id` where known
    kAnywhere,  // public knowledge: whichever grant is at hand
  };
  Kind kind = Kind::kAnywhere;
  std::string path;
  std::string installation_id;
  std::string project = {};  // its id, where known
};

// Thread-safe.
class Credentials {
 public:
  virtual ~Credentials() = default;
  // May ask the forge. Errors as retainer/forge.h.
  virtual absl::StatusOr<Grant> Get(const Scope& scope) = 0;
  // The forge answered 401 to `grant`. True when Get may now give a better one.
  virtual bool Renew(const Scope& scope, const Grant& grant) = 0;
  // The account that a call would go by, without asking anybody; empty where unknown.
  virtual std::string AccountOf(const Scope& scope) const = 0;
};

// `header`: `Authorization` (the token becomes `Bearer …`) or `PRIVATE-TOKEN`.
std::unique_ptr<Credentials> MakeTokenCredentials(const std::string& header,
                                                  const std::string& token);

// Installation tokens are kept until a minute before they expire (by the forge's clock); one thread
// refreshes a token while the others wait for its result. An installation that is not named is
// asked for by its repository and remembered.
// REQUIRES: `client` outlives this.
std::unique_ptr<Credentials> MakeAppCredentials(ApiClient& client,
                                                std::unique_ptr<AppSigner> signer);

// Calls with credentials: a 401 that renewed credentials can cure is tried once more.
// REQUIRES: both outlive the call.
absl::StatusOr<HttpResponse> CallAs(ApiClient& client, Credentials& credentials, const Scope& scope,
                                    const ApiRequest& request);

}  // namespace retainer::forge
