// Reads time and rate limits from the headers of a forge's answer. Pure functions.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "absl/time/time.h"
#include "retainer/ids.h"
#include "src/forge/http.h"

namespace retainer::forge {

std::optional<std::int64_t> NumberIn(const HttpResponse& response, std::string_view header);
// An HTTP date (RFC 9110).
std::optional<absl::Time> DateIn(const HttpResponse& response, std::string_view header);

// The remaining calls (`X-RateLimit-Remaining` on GitHub, `RateLimit-Remaining` on GitLab), and the
// instant of the reset in the forge's time.
std::optional<std::int64_t> RateRemaining(const HttpResponse& response, ForgeKind kind);
std::optional<absl::Time> RateReset(const HttpResponse& response, ForgeKind kind);

// A 429, or a 403 with a sign of a rate limit: a `Retry-After` header, no calls remaining, or (as
// with GitHub's secondary limits) only the words of the body.
bool IsRateLimit(const HttpResponse& response, ForgeKind kind);

}  // namespace retainer::forge
