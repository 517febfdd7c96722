// Identifies a CI job by the token that its own forge signed (OpenID Connect). GitHub Actions and
// GitLab CI use the API without a stored secret.
//
// A token is valid when one `oidc` entry of the configuration has its issuer, audience and
// repository (or project) id, when it is in force, and when a key of the issuer signed it with
// RS256 or ES256. A token whose header has `crit` is refused, because no such extension (RFC 7515,
// 4.1.11) is supported. The repository is identified by its stable id, never by `sub`: a project's
// owner can change the form of `sub`, and names can pass to other owners.
//
// Keys come from the issuers by discovery (OpenID Connect Discovery 1.0) and are kept for an hour.
// They are fetched again when a token does not verify with the known keys, at most once a minute
// per issuer. When an issuer does not answer, known keys stay valid for a day. One caller fetches
// at a time. Meanwhile tokens with known keys are verified with those; of the other callers a few
// wait for the fetch, and the rest get Unavailable.
//
// A forged token tells its maker nothing about the configuration, neither by the answer nor by its
// duration: its claims are compared with the configuration only after its signature is verified.
// Until then the work is the same for all claims: it looks for the keys of all issuers, and
// verifies one signature each. The cost is bounded: a token has at most 8 KiB, it cannot cause more
// fetches than other tokens, and signatures of one issuer are verified one after another.
// Thread-safe.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "retainer/clock.h"
#include "retainer/config.h"

namespace retainer::api {

// What a job's token gives access to.
struct OidcAccess {
  std::string id;     // for the log: `oidc:repository_id 1296269`
  std::string scope;  // gate, read or write
  std::vector<ProjectRef> projects;
};

class OidcVerifier {
 public:
  // Returns the body from an https URL (http only for a loopback address). Unavailable.
  using Fetch = std::function<absl::StatusOr<std::string>(const std::string& url)>;

  // REQUIRES: `clock` outlives this.
  OidcVerifier(std::vector<OidcConfig> entries, const Clock& clock, Fetch fetch);
  ~OidcVerifier();
  OidcVerifier(const OidcVerifier&) = delete;
  OidcVerifier& operator=(const OidcVerifier&) = delete;

  // True for three parts joined by dots, which our own tokens never have.
  static bool LooksLikeJwt(std::string_view token);

  // Unauthenticated: the token is not valid. The message has the reason, without any part of the
  // token. It is for the log only, because it would tell a forger about the configuration.
  // Unavailable: the token is not verified, and the keys of some issuer cannot be fetched.
  absl::StatusOr<OidcAccess> Verify(std::string_view token);

 private:
  class Issuer;
  struct Decoys;
  struct Signed;
  // Verifies the token's signature with the keys of the issuer that it names.
  absl::Status Prove(const Signed& token);
  // The access that the configuration gives to a verified token.
  absl::StatusOr<OidcAccess> Compare(const Signed& token) const;

  const std::vector<OidcConfig> entries_;
  const Clock& clock_;
  const Fetch fetch_;
  const std::unique_ptr<const Decoys> decoys_;
  std::vector<std::unique_ptr<Issuer>> issuers_;
};

}  // namespace retainer::api
