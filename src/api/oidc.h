// Who a CI job is, by the token that its own forge signed (OpenID Connect): GitHub Actions and
// GitLab CI ask the API without any secret being stored with them.
//
// A token counts when its issuer, audience and repository (or project) id stand together in one
// `oidc` entry of the configuration, it is in force, and a key of the issuer signed it with RS256
// or ES256. One whose header has `crit` is refused: what it must be understood by (RFC 7515,
// 4.1.11) is nothing that is known here. The repository is told by its stable id, never by `sub`,
// whose form a project's owner can change and whose names pass from hand to hand.
//
// Keys come from the issuers by discovery (OpenID Connect Discovery 1.0), are kept for an hour, and
// fetched anew when a token comes that those known do not bear out, at most once a minute an
// issuer. Where an issuer does not answer, known keys go on for a day. One caller fetches;
// meanwhile tokens of known keys are judged by those, and of the others a few wait for it and the
// rest are told that the keys cannot be had.
//
// A token that nobody signed tells its maker nothing of what is configured, neither by the answer
// nor by the time that it takes: what it claims is compared with the configuration only once its
// signature holds. Before that the same is done whatever it claims: the keys of all issuers are
// looked for, one signature is checked each time. What it costs is bounded: it has 8 KiB at most,
// it has keys fetched no more often than others do, and signatures of one issuer are checked one
// after the other. Thread-safe.
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

  // Unauthenticated: it does not count; the message says why without a word of the token, and is
  // for the log: who made the token up would learn from it what is configured. Unavailable: it is
  // not proven, and the keys of an issuer (whichever) cannot be had.
  absl::StatusOr<OidcAccess> Verify(std::string_view token);

 private:
  class Issuer;
  struct Decoys;
  struct Signed;
  // Did the issuer that it names sign it?
  absl::Status Prove(const Signed& token);
  // What the configuration says of one that is proven.
  absl::StatusOr<OidcAccess> Compare(const Signed& token) const;

  const std::vector<OidcConfig> entries_;
  const Clock& clock_;
  const Fetch fetch_;
  const std::unique_ptr<const Decoys> decoys_;
  std::vector<std::unique_ptr<Issuer>> issuers_;
};

}  // namespace retainer
