// Receives GitLab's webhooks: project, group and system-wide ones, gitlab.com and self-managed.
// Immutable and thread-safe.
//
// A delivery that carries `webhook-signature` (Standard Webhooks) must prove it under one of the
// signing tokens and be at most 5 minutes off; a wrong one is refused whatever its token is. One
// that carries none passes on X-Gitlab-Token, where tokens are configured; where signing tokens
// are, too, that is a migration (kGenuineByToken). Secrets bound to projects: as for GitHub.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "retainer/config.h"
#include "retainer/webhook.h"
#include "webhooks/signature.h"

namespace retainer::gitlab {

inline constexpr absl::Duration kTolerance = absl::Minutes(5);

class Receiver final : public WebhookReceiver {
 public:
  // REQUIRES: config has a secret. InvalidArgument for a signing token that is no `whsec_` +
  // base64.
  static absl::StatusOr<std::unique_ptr<WebhookReceiver>> Make(const ForgeConfig& config);

  const std::string& forge() const override { return forge_; }
  Verified Verify(const Headers& headers, std::string_view body, absl::Time now) const override;
  absl::Status CheckBody(const Delivery& delivery) const override;
  absl::StatusOr<Event> Parse(const Delivery& delivery) const override;
  std::string GuessEventType(std::string_view body) const override;

 private:
  Verified Look(const Headers& headers, std::string_view body, absl::Time now) const;
  struct Token {
    WebhookSecret secret;
    Digest digest;  // of the secret: digests compare in a time that tells no length
  };
  struct SigningKey {
    WebhookSecret secret;
    std::string key;  // decoded
  };

  Receiver() = default;
  // The secrets under which the delivery is genuine; a refusal's reason where there is none.
  std::vector<const WebhookSecret*> CheckSignature(const Headers& headers, std::string_view body,
                                                   absl::Time now, std::string* reason) const;
  std::vector<const WebhookSecret*> CheckToken(const Headers& headers, std::string* reason) const;

  std::string forge_;
  std::vector<Token> tokens_;
  std::vector<SigningKey> signing_keys_;
};

}  // namespace retainer::gitlab
