#include "webhooks/github/github_receiver.h"

#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "src/base/digest.h"
#include "webhooks/body_fields.h"
#include "webhooks/delivery_request.h"
#include "webhooks/github/github_parser.h"
#include "webhooks/json_body.h"

namespace retainer::webhooks::github {
namespace {

// The secrets whose signature matches. Tries all of them, even after a match.
std::vector<const WebhookSecret*> Holding(const std::vector<WebhookSecret>& secrets,
                                          const base::Digest& claimed, std::string_view body) {
  std::vector<const WebhookSecret*> holding;
  for (const WebhookSecret& secret : secrets) {
    if (base::EqualInConstantTime(base::HmacSha256(secret.secret, {body}), claimed))
      holding.push_back(&secret);
  }
  return holding;
}

}  // namespace

Receiver::Receiver(const ForgeConfig& config)
    : forge_(config.name), secrets_(config.webhook_secrets) {}

Verified Receiver::Verify(const Headers& headers, std::string_view body, absl::Time now) const {
  Verified verified = Look(headers, body, now);
  if (verified.outcome != VerifyOutcome::kGenuine &&
      verified.outcome != VerifyOutcome::kGenuineByToken) {
    verified.claimed_id = ClaimedId({HeaderValue(headers, "X-GitHub-Delivery")});
  }
  return verified;
}

Verified Receiver::Look(const Headers& headers, std::string_view body, absl::Time now) const {
  constexpr std::string_view kScheme = "sha256=";
  const std::string_view signature = HeaderValue(headers, "X-Hub-Signature-256");
  if (signature.empty()) {
    return Refused(VerifyOutcome::kRefused,
                   HeaderValue(headers, "X-Hub-Signature").empty()
                       ? "no X-Hub-Signature-256: set a secret at the webhook"
                       : "no X-Hub-Signature-256, and the older X-Hub-Signature is not enough");
  }
  const std::optional<base::Digest> claimed =
      signature.starts_with(kScheme) ? base::DigestFromHex(signature.substr(kScheme.size()))
                                     : std::nullopt;
  if (!claimed) {
    return Refused(VerifyOutcome::kRefused, "X-Hub-Signature-256 is not sha256=<64 hex digits>");
  }
  const std::vector<const WebhookSecret*> holding = Holding(secrets_, *claimed, body);
  if (holding.empty()) {
    return Refused(VerifyOutcome::kRefused, "X-Hub-Signature-256 matches none of the secrets");
  }

  const std::string_view event = HeaderValue(headers, "X-GitHub-Event");
  if (event.empty()) return Refused(VerifyOutcome::kMalformed, "no X-GitHub-Event");
  Verified verified;
  Delivery& delivery = verified.delivery;
  switch (ReadMediaType(headers)) {
    case MediaType::kJson:
      delivery.body = body;
      break;
    case MediaType::kForm: {
      absl::StatusOr<std::string> payload = DecodePayload(body);
      if (!payload.ok()) {
        return Refused(VerifyOutcome::kMalformed, std::string(payload.status().message()));
      }
      delivery.body = *std::move(payload);
      break;
    }
    case MediaType::kOther:
      return Refused(VerifyOutcome::kUnsupportedType,
                     "neither application/json nor application/x-www-form-urlencoded");
  }
  if (!LooksLikeObject(delivery.body)) {
    return Refused(VerifyOutcome::kMalformed, "the body is not a JSON object");
  }
  verified.needed = IsNeeded(event);
  const bool is_ping = event == "ping";
  if (!AnyUnbound(holding) && (verified.needed || is_ping)) {
    const absl::StatusOr<Body> parsed = Body::Parse(delivery.body);
    if (!parsed.ok()) {
      return Refused(VerifyOutcome::kMalformed, std::string(parsed.status().message()));
    }
    const std::vector<std::string> paths = ProjectPaths(parsed->root());
    if (!(is_ping && paths.empty()) && !SecretsCover(holding, forge_, paths)) {
      verified.reason = paths.empty() ? "names no project, and the secret is bound"
                                      : "the secret is not for this project";
      verified.other_name = NamesToCompare(holding, paths, ProjectId(parsed->root()));
      if (!verified.other_name) {
        return Refused(VerifyOutcome::kRefused, std::move(verified.reason));
      }
    }
  }
  verified.outcome = verified.other_name ? VerifyOutcome::kRefused : VerifyOutcome::kGenuine;
  delivery.forge = forge_;
  delivery.event_type = event;
  const std::string_view id = HeaderValue(headers, "X-GitHub-Delivery");
  if (id.empty()) verified.lacks = "no X-GitHub-Delivery";
  delivery.id = DeliveryId(id, event, delivery.body);
  delivery.received = now;
  delivery.bound = !AnyUnbound(holding);
  return verified;
}

Verified Receiver::TakeLogged(const Headers& headers, std::string_view body, absl::Time now) const {
  const std::string_view event = HeaderValue(headers, "X-GitHub-Event");
  if (event.empty()) return Refused(VerifyOutcome::kMalformed, "no X-GitHub-Event");
  if (!LooksLikeObject(body)) {
    return Refused(VerifyOutcome::kMalformed, "the body is not a JSON object");
  }
  const std::string_view id = HeaderValue(headers, "X-GitHub-Delivery");
  // Without its id, nothing would tell it from a late redelivery.
  if (id.empty()) return Refused(VerifyOutcome::kMalformed, "no X-GitHub-Delivery");
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

}  // namespace retainer::webhooks::github
