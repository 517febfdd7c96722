// Receives GitLab's webhooks: project, group and system-wide ones, gitlab.com and self-managed.
// Immutable and thread-safe.
//
// A delivery with a `webhook-signature` header (Standard Webhooks) must be signed with one of the
// signing tokens and have a timestamp at most kTolerance off. If its signature is wrong, it is
// refused even when its token is right. A delivery without the header is accepted by
// X-Gitlab-Token, if tokens are configured; if signing tokens are configured too, the result is
// kGenuineByToken (a migration). Secrets that are bound to projects work as for GitHub.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "retainer/config.h"
#include "retainer/webhook.h"
#include "src/base/digest.h"

namespace retainer::webhooks::gitlab {

inline constexpr absl::Duration kTolerance = absl::Minutes(5);

class Receiver final : public WebhookReceiver {
 public:
  // REQUIRES: config has a secret. InvalidArgument when a signing token is not `whsec_` + base64.
  static absl::StatusOr<std::unique_ptr<WebhookReceiver>> Make(const ForgeConfig& config);

  const std::string& forge() const override { return forge_; }
  Verified Verify(const Headers& headers, std::string_view body, absl::Time now) const override;
  Verified TakeLogged(const Headers& headers, std::string_view body, absl::Time now) const override;
  absl::Status CheckBody(const Delivery& delivery) const override;
  absl::StatusOr<Event> Parse(const Delivery& delivery) const override;
  std::string GuessEventType(std::string_view body) const override;

 private:
  Verified Look(const Headers& headers, std::string_view body, absl::Time now) const;
  struct Token {
    WebhookSecret secret;
    base::Digest digest;  // of the secret; comparing digests reveals no length
  };
  struct SigningKey {
    WebhookSecret secret;
    std::string key;  // base64-decoded
  };

  Receiver() = default;
  // The secrets under which the delivery is genuine. When there are none, sets `reason` to why.
  std::vector<const WebhookSecret*> CheckSignature(const Headers& headers, std::string_view body,
                                                   absl::Time now, std::string* reason) const;
  std::vector<const WebhookSecret*> CheckToken(const Headers& headers, std::string* reason) const;

  std::string forge_;
  std::vector<Token> tokens_;
  std::vector<SigningKey> signing_keys_;
};

}  // namespace retainer::webhooks::gitlab
