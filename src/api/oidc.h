// Who a CI job is, by the token that its own forge signed (OpenID Connect): GitHub Actions and
// GitLab CI ask the API without any secret being stored with them.
//
// A token counts when its issuer, audience and repository (or project) id stand together in one
// `oidc` entry of the configuration, it is in force, and a key of the issuer signed it with RS256 or
// ES256. One whose header has `crit` is refused: what it must be understood by (RFC 7515, 4.1.11) is
// nothing that is known here. The repository is told by its stable id, never by `sub`, whose form a project's owner can
// change and whose names pass from hand to hand.
//
// Keys come from the issuer by discovery (OpenID Connect Discovery 1.0), are kept for an hour, and
// fetched anew when a token names one that is unknown, at most once a minute. Where the issuer does
// not answer, known keys go on for a day. One caller fetches; meanwhile tokens of known keys are judged
// by those, and of the others a few wait for it and the rest are told that the keys cannot be had.
//
// What a token that does not count costs is bounded: it has 8 KiB at most, what it claims is looked at
// before its signature, and signatures of one issuer are checked one after the other. Thread-safe.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "retainer/clock.h"
#include "retainer/config.h"

namespace retainer {

// What a job's token opens.
struct OidcAccess {
  std::string id;     // for the log: `oidc:repository_id 1296269`
  std::string scope;  // gate, read or write
  std::vector<ProjectRef> projects;
};

class OidcVerifier {
 public:
  // The body behind an https URL (http for a loopback address). Unavailable.
  using Fetch = std::function<absl::StatusOr<std::string>(const std::string& url)>;

  // REQUIRES: `clock` outlives this.
  OidcVerifier(std::vector<OidcConfig> entries, const Clock& clock, Fetch fetch);
  ~OidcVerifier();
  OidcVerifier(const OidcVerifier&) = delete;
  OidcVerifier& operator=(const OidcVerifier&) = delete;

  // Three parts joined by dots, as no token of ours is.
  static bool LooksLikeJwt(std::string_view token);

  // Unauthenticated: it does not count; the message says why without a word of the token, and is for
  // the log: who made the token up would learn from it what is configured.
  // Unavailable: the issuer's keys cannot be had.
  absl::StatusOr<OidcAccess> Verify(std::string_view token);

 private:
  class Issuer;
  const std::vector<OidcConfig> entries_;
  const Clock& clock_;
  const Fetch fetch_;
  std::vector<std::unique_ptr<Issuer>> issuers_;
};

}  // namespace retainer
