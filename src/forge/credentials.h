// How we authenticate to a forge: with a plain token, or as a GitHub App and its installations.
#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "src/forge/api_client.h"
#include "src/forge/app_jwt.h"

namespace retainer::forge {

// What a call is about; decides which credentials it gets.
struct Scope {
  enum class Kind {
    kApp,       // about the app itself; signed by the app
    kProject,   // about a project: `path`, and `installation_id` when known
    kAnywhere,  // about public data; any available grant will do
  };
  Kind kind = Kind::kAnywhere;
  std::string path;
  std::string installation_id;
  std::string project = {};  // the project's id, when known
};

// Thread-safe.
class Credentials {
 public:
  virtual ~Credentials() = default;
  // May call the forge. Errors as in retainer/forge.h.
  virtual absl::StatusOr<Grant> Get(const Scope& scope) = 0;
  // Reports that the forge answered 401 to `grant`. True when Get may now return a better one.
  virtual bool Renew(const Scope& scope, const Grant& grant) = 0;
  // The account whose rate limit a call would count against. Makes no call. Empty when unknown.
  virtual std::string AccountOf(const Scope& scope) const = 0;
};

// `header`: `Authorization` (the token becomes `Bearer …`) or `PRIVATE-TOKEN`.
std::unique_ptr<Credentials> MakeTokenCredentials(const std::string& header,
                                                  const std::string& token);

// Keeps installation tokens until a minute before they expire (by the forge's clock). One thread
// refreshes a token while the others wait for its result. When no installation id is given, the
// forge is asked for the repository's installation once, and the answer is kept.
// REQUIRES: `client` outlives this.
std::unique_ptr<Credentials> MakeAppCredentials(ApiClient& client,
                                                std::unique_ptr<AppSigner> signer);

// Makes a call with credentials. A 401 that renewed credentials can cure is retried once.
// REQUIRES: both outlive the call.
absl::StatusOr<HttpResponse> CallAs(ApiClient& client, Credentials& credentials, const Scope& scope,
                                    const ApiRequest& request);

}  // namespace retainer::forge
