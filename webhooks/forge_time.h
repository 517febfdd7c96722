// Reads instants in the forms that forges use. Pure and thread-safe.
#pragma once

#include <optional>
#include <string_view>

#include "absl/time/time.h"
#include "webhooks/json_body.h"

namespace retainer::webhooks {

// Accepts `2026-03-03T10:02:00Z`, `….123Z`, `…+01:00`, `2026-03-03 10:02:00 UTC`, `… +0200`, and a
// date without a time (midnight, UTC). Nullopt for anything else, and for years before 1970,
// because forges write year 1 for "never".
std::optional<absl::Time> ParseForgeTime(std::string_view text);

// Accepts a text as above, or whole seconds since 1970.
std::optional<absl::Time> ReadForgeTime(Node node);

}  // namespace retainer::webhooks
