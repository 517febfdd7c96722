// What the receivers of both forges do with a delivery before they read its content: media type,
// form decoding, delivery id, and whether a secret covers the delivery's project. Pure and
// thread-safe.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "retainer/config.h"
#include "retainer/webhook.h"

namespace retainer::webhooks {

// The header's value, trimmed; empty when it is missing.
std::string_view HeaderValue(const Headers& headers, std::string_view name);

enum class MediaType : std::uint8_t { kJson, kForm, kOther };
// A missing content type counts as JSON; LooksLikeObject then checks the body.
MediaType ReadMediaType(const Headers& headers);

// The decoded `payload` of an `application/x-www-form-urlencoded` body. InvalidArgument when
// `payload` is not the form's first and only field, or is not correctly encoded.
absl::StatusOr<std::string> DecodePayload(std::string_view form);

// The first candidate that is a valid delivery id; empty when none is.
std::string ClaimedId(std::initializer_list<std::string_view> candidates);

// `candidate` if it is a valid delivery id, otherwise a hash of event type and body.
std::string DeliveryId(std::string_view candidate, std::string_view event_type,
                       std::string_view body);

// True when the secrets that verified a delivery cover all of its projects: each path must match a
// pattern of one of them. A secret without patterns covers every project. A delivery without a path
// needs such a secret.
bool SecretsCover(const std::vector<const WebhookSecret*>& verified, std::string_view forge,
                  const std::vector<std::string>& paths);

// Prepares the comparison of the project's other names: returns those patterns of `verified` that
// name exactly one project. Nullopt when there are none, or when the body is not about one project
// with an id.
std::optional<Verified::OtherName> NamesToCompare(const std::vector<const WebhookSecret*>& verified,
                                                  const std::vector<std::string>& paths,
                                                  std::string project_id);

// True when one of these secrets covers every project.
bool AnyUnbound(const std::vector<const WebhookSecret*>& verified);

Verified Refused(VerifyOutcome outcome, std::string reason);

}  // namespace retainer::webhooks
