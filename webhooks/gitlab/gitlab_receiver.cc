#include "webhooks/gitlab/gitlab_receiver.h"

#include <cstdint>
#include <optional>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "src/base/digest.h"
#include "webhooks/body_fields.h"
#include "webhooks/delivery_request.h"
#include "webhooks/gitlab/gitlab_parser.h"
#include "webhooks/json_body.h"

namespace retainer::webhooks::gitlab {
namespace {

// The digests of version 1 in `v1,<base64> v1,<base64> …`; ignores other versions.
std::vector<base::Digest> ReadSignatures(std::string_view header) {
  std::vector<base::Digest> digests;
  while (!header.empty()) {
    const std::size_t end = header.find(' ');
    const std::string_view signature = header.substr(0, end);
    if (signature.starts_with("v1,")) {
      if (const auto digest = base::DigestFromBase64(signature.substr(3)))
        digests.push_back(*digest);
    }
    header.remove_prefix(end == header.npos ? header.size() : end + 1);
  }
  return digests;
}

}  // namespace

absl::StatusOr<std::unique_ptr<WebhookReceiver>> Receiver::Make(const ForgeConfig& config) {
  auto receiver = std::unique_ptr<Receiver>(new Receiver());
  receiver->forge_ = config.name;
  for (const WebhookSecret& secret : config.webhook_secrets) {
    receiver->tokens_.push_back({secret, base::Sha256({secret.secret})});
  }
  for (const WebhookSecret& secret : config.signing_tokens) {
    constexpr std::string_view kPrefix = "whsec_";
    const std::string_view text = secret.secret;
    SigningKey key{secret, {}};
    if (!text.starts_with(kPrefix) ||
        !absl::Base64Unescape(absl::string_view(text.data(), text.size()).substr(kPrefix.size()),
                              &key.key) ||
        key.key.empty()) {
      return absl::InvalidArgumentError(
          absl::StrCat("forge \"", config.name, "\": one of its signing_tokens is not `whsec_` ",
                       "followed by base64; copy the whole token from GitLab's webhook page"));
    }
    receiver->signing_keys_.push_back(std::move(key));
  }
  return std::unique_ptr<WebhookReceiver>(std::move(receiver));
}

std::vector<const WebhookSecret*> Receiver::CheckSignature(const Headers& headers,
                                                           std::string_view body, absl::Time now,
                                                           std::string* reason) const {
  if (signing_keys_.empty()) {
    *reason = "signed, but no signing_tokens are configured: set them to the webhook's";
    return {};
  }
  const std::string_view id = HeaderValue(headers, "webhook-id");
  const std::string_view timestamp = HeaderValue(headers, "webhook-timestamp");
  std::int64_t seconds = 0;
  if (id.empty() ||
      !absl::SimpleAtoi(absl::string_view(timestamp.data(), timestamp.size()), &seconds)) {
    *reason = "webhook-signature without webhook-id and webhook-timestamp";
    return {};
  }
  const absl::Time sent = absl::FromUnixSeconds(seconds);
  if (sent < now - kTolerance || sent > now + kTolerance) {
    *reason = "webhook-timestamp is more than 5 minutes off: replayed, or a clock is wrong";
    return {};
  }
  const std::vector<base::Digest> claimed =
      ReadSignatures(HeaderValue(headers, "webhook-signature"));
  std::vector<const WebhookSecret*> holding;
  for (const SigningKey& key : signing_keys_) {
    const base::Digest right = base::HmacSha256(key.key, {id, ".", timestamp, ".", body});
    bool holds = false;
    for (const base::Digest& digest : claimed) holds |= base::EqualInConstantTime(right, digest);
    if (holds) holding.push_back(&key.secret);
  }
  if (holding.empty()) *reason = "webhook-signature matches none of the signing tokens";
  return holding;
}

std::vector<const WebhookSecret*> Receiver::CheckToken(const Headers& headers,
                                                       std::string* reason) const {
  const std::string_view token = HeaderValue(headers, "X-Gitlab-Token");
  if (tokens_.empty() || token.empty()) {
    *reason = tokens_.empty() ? "not signed, and only signing_tokens are configured"
                              : "neither webhook-signature nor X-Gitlab-Token";
    return {};
  }
  const base::Digest digest = base::Sha256({token});
  std::vector<const WebhookSecret*> holding;
  for (const Token& known : tokens_) {
    if (base::EqualInConstantTime(known.digest, digest)) holding.push_back(&known.secret);
  }
  if (holding.empty()) *reason = "X-Gitlab-Token matches none of the secrets";
  return holding;
}

Verified Receiver::Verify(const Headers& headers, std::string_view body, absl::Time now) const {
  Verified verified = Look(headers, body, now);
  if (verified.outcome != VerifyOutcome::kGenuine &&
      verified.outcome != VerifyOutcome::kGenuineByToken) {
    verified.claimed_id =
        ClaimedId({HeaderValue(headers, "webhook-id"), HeaderValue(headers, "Idempotency-Key")});
  }
  return verified;
}

Verified Receiver::Look(const Headers& headers, std::string_view body, absl::Time now) const {
  const bool is_signed = headers.contains("webhook-signature");
  std::string reason;
  const std::vector<const WebhookSecret*> holding =
      is_signed ? CheckSignature(headers, body, now, &reason) : CheckToken(headers, &reason);
  if (holding.empty()) return Refused(VerifyOutcome::kRefused, std::move(reason));

  const std::string_view event = HeaderValue(headers, "X-Gitlab-Event");
  if (event.empty()) return Refused(VerifyOutcome::kMalformed, "no X-Gitlab-Event");
  if (ReadMediaType(headers) != MediaType::kJson) {
    return Refused(VerifyOutcome::kUnsupportedType, "not application/json");
  }
  if (!LooksLikeObject(body)) {
    return Refused(VerifyOutcome::kMalformed, "the body is not a JSON object");
  }
  Verified verified;
  verified.needed = IsNeeded(event);
  if (!AnyUnbound(holding) && verified.needed) {
    const absl::StatusOr<Body> parsed = Body::Parse(body);
    if (!parsed.ok()) {
      return Refused(VerifyOutcome::kMalformed, std::string(parsed.status().message()));
    }
    const std::vector<std::string> paths = ProjectPaths(parsed->root());
    if (!SecretsCover(holding, forge_, paths)) {
      verified.reason = "the secret is not for this project";
      verified.other_name = NamesToCompare(holding, paths, ProjectId(parsed->root()));
      if (!verified.other_name) {
        return Refused(VerifyOutcome::kRefused, std::move(verified.reason));
      }
    }
  }
  const bool migrating = !is_signed && !signing_keys_.empty();
  if (!verified.other_name) {
    verified.outcome = migrating ? VerifyOutcome::kGenuineByToken : VerifyOutcome::kGenuine;
    if (migrating) verified.reason = "not signed: passed on its token";
  }
  // A delivery has two ids. A signed delivery uses the id that is signed.
  const std::string_view key = HeaderValue(headers, "Idempotency-Key");
  const std::string_view signed_id = HeaderValue(headers, "webhook-id");
  const std::string_view id = is_signed || key.empty() ? signed_id : key;
  Delivery& delivery = verified.delivery;
  delivery.forge = forge_;
  delivery.event_type = event;
  delivery.body = body;
  delivery.id = DeliveryId(id, event, body);
  delivery.received = now;
  delivery.bound = !AnyUnbound(holding);
  return verified;
}

Verified Receiver::TakeLogged(const Headers& headers, std::string_view body, absl::Time now) const {
  const std::string_view event = HeaderValue(headers, "X-Gitlab-Event");
  if (event.empty()) return Refused(VerifyOutcome::kMalformed, "no X-Gitlab-Event");
  if (!LooksLikeObject(body)) {
    return Refused(VerifyOutcome::kMalformed, "the body is not a JSON object");
  }
  // The same choice as in Look, so that a late request has the same id.
  const bool is_signed = headers.contains("webhook-signature");
  const std::string_view key = HeaderValue(headers, "Idempotency-Key");
  const std::string_view signed_id = HeaderValue(headers, "webhook-id");
  const std::string_view id = is_signed || key.empty() ? signed_id : key;
  if (id.empty()) return Refused(VerifyOutcome::kMalformed, "no Idempotency-Key");
  Verified verified;
  verified.outcome = VerifyOutcome::kGenuine;
  verified.needed = IsNeeded(event);
  Delivery& delivery = verified.delivery;
  delivery.forge = forge_;
  delivery.event_type = event;
  delivery.body = body;
  delivery.id = DeliveryId(id, event, body);
  delivery.received = now;
  delivery.origin = DeliveryOrigin::kForgeLog;
  return verified;
}

absl::Status Receiver::CheckBody(const Delivery& delivery) const {
  const absl::StatusOr<Body> body = Body::Parse(delivery.body);
  if (!body.ok()) return body.status();
  return Fits(delivery.event_type, body->root()) ? absl::OkStatus()
                                                 : DoesNotFit(delivery.event_type);
}

absl::StatusOr<Event> Receiver::Parse(const Delivery& delivery) const {
  const absl::StatusOr<Body> body = Body::Parse(delivery.body);
  if (!body.ok()) return body.status();
  return ParseEvent(delivery, body->root());
}

std::string Receiver::GuessEventType(std::string_view body) const {
  const absl::StatusOr<Body> parsed = Body::Parse(body);
  return parsed.ok() ? GuessEvent(parsed->root()) : std::string();
}

}  // namespace retainer::webhooks::gitlab
