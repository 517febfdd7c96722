// Signs messages after the Standard Webhooks specification (standardwebhooks.com), version 1.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace retainer {

// InvalidArgument, without the secret, unless it is `whsec_` and base64 of 24 to 64 bytes.
absl::StatusOr<std::string> SigningKey(std::string_view secret);

// The headers `webhook-id`, `webhook-timestamp` and `webhook-signature`, with a signature by each
// key in turn: while secrets are changed, a receiver with any of them finds its own.
// REQUIRES: `id` holds no full stop; there is a key.
std::vector<std::string> SignedHeaders(const std::vector<std::string>& keys, const std::string& id,
                                       absl::Time at, const std::string& body);

// The same for the same text on every machine: 40 hexadecimal digits.
std::string StableId(std::string_view text);

}  // namespace retainer
