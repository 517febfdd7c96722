// One GET of a small answer: an issuer's documents, a CI job's own token.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "retainer/webhook.h"

namespace retainer::cli {

// The body of a 200 behind an https URL (http: a loopback address alone), of at most 256 KiB and
// within 5 s; redirects are not followed. Unavailable otherwise; says where and why, and nothing of
// `headers` or the query.
absl::StatusOr<std::string> SmallGet(const std::string& url, const Headers& headers);

}  // namespace retainer::cli
