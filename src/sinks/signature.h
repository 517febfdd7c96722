// Signs messages as the Standard Webhooks specification (standardwebhooks.com) says, version 1.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace retainer::sinks {

// InvalidArgument, without the secret, unless it is `whsec_` and base64 of 24 to 64 bytes.
absl::StatusOr<std::string> SigningKey(std::string_view secret);

// The headers `webhook-id`, `webhook-timestamp` and `webhook-signature`. There is a signature for
// each key, so that a receiver with any of them can verify the message while keys are being
// replaced.
// REQUIRES: `id` contains no full stop; `keys` is not empty.
std::vector<std::string> SignedHeaders(const std::vector<std::string>& keys, const std::string& id,
                                       absl::Time at, const std::string& body);

// A hash of the text: 40 hexadecimal digits, equal on every machine.
std::string StableId(std::string_view text);

}  // namespace retainer::sinks
