// What both forges' receivers do with a delivery before its content is read: media type, form
// decoding, delivery id, and whether a secret is for the delivery's project. Pure and thread-safe.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "retainer/config.h"
#include "retainer/webhook.h"

namespace retainer {

// The header's value, trimmed; empty where it is missing.
std::string_view HeaderValue(const Headers& headers, std::string_view name);

enum class MediaType : std::uint8_t { kJson, kForm, kOther };
// No content type at all is taken for JSON, which LooksLikeObject then checks.
MediaType ReadMediaType(const Headers& headers);

// The decoded `payload` of an `application/x-www-form-urlencoded` body. InvalidArgument where it is
// not the form's first and only field, or not encoded rightly.
absl::StatusOr<std::string> DecodePayload(std::string_view form);

// The first of them that can serve as a delivery's id; empty where none can.
std::string ClaimedId(std::initializer_list<std::string_view> candidates);

// `candidate` where it can serve as a delivery's id, else a hash of event type and body.
std::string DeliveryId(std::string_view candidate, std::string_view event_type,
                       std::string_view body);

// May secrets that verified a delivery speak for these projects? Each path must match a pattern of
// one of them; a secret without patterns is for every project. Without any path only the latter
// will do.
bool SecretsCover(const std::vector<const WebhookSecret*>& verified, std::string_view forge,
                  const std::vector<std::string>& paths);

// What other names the project of a body may have had: the patterns of `verified` that name one
// project each. Nullopt where there is none, or the body is not about one project of an id.
std::optional<Verified::OtherName> NamesToCompare(const std::vector<const WebhookSecret*>& verified,
                                                  const std::vector<std::string>& paths,
                                                  std::string project_id);

// Is there a secret among these that is for every project?
bool AnyUnbound(const std::vector<const WebhookSecret*>& verified);

Verified Refused(VerifyOutcome outcome, std::string reason);

}  // namespace retainer
