// Checks that a forge's `api_url` is the address of its API, not of its web pages. Pure and
// thread-safe.
#pragma once

#include <string>

#include "retainer/ids.h"

namespace retainer::policy {

// The replacement for a wrong `url` (absolute, without a trailing slash); empty when `url` may be
// right. A loopback URL is never wrong, because any server may listen there.
std::string ApiUrlMend(ForgeKind kind, const std::string& url);

}  // namespace retainer::policy
