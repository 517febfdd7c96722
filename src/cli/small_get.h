// GETs a small document: an issuer's documents, or a CI job's own token.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "retainer/webhook.h"

namespace retainer::cli {

// The body of a 200 from an https URL (http only to a loopback address), of at most 256 KiB and
// within 5 s. Redirects are not followed. Otherwise Unavailable; the message says where and why,
// and holds nothing of `headers` or the query.
absl::StatusOr<std::string> SmallGet(const std::string& url, const Headers& headers);

}  // namespace retainer::cli
