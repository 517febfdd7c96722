// Receives GitHub's webhooks: repository, organisation and App hooks, github.com and Enterprise
// Server. Immutable and thread-safe.
//
// A delivery is genuine when X-Hub-Signature-256 is the HMAC of the raw body under one of the
// secrets; the older SHA-1 header is ignored. With secrets that are bound to projects, every
// project in the body must belong to them, and a delivery that names no project is refused, except
// `ping`, which changes nothing.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "retainer/config.h"
#include "retainer/webhook.h"

namespace retainer::webhooks::github {

class Receiver final : public WebhookReceiver {
 public:
  // REQUIRES: config.webhook_secrets is not empty.
  explicit Receiver(const ForgeConfig& config);

  const std::string& forge() const override { return forge_; }
  Verified Verify(const Headers& headers, std::string_view body, absl::Time now) const override;
  Verified TakeLogged(const Headers& headers, std::string_view body, absl::Time now) const override;
  absl::Status CheckBody(const Delivery& delivery) const override;
  absl::StatusOr<Event> Parse(const Delivery& delivery) const override;
  std::string GuessEventType(std::string_view body) const override;

 private:
  Verified Look(const Headers& headers, std::string_view body, absl::Time now) const;
  std::string forge_;
  std::vector<WebhookSecret> secrets_;
};

}  // namespace retainer::webhooks::github
