// Is a forge's `api_url` the address of its API, not of its pages? Pure and thread-safe.
#pragma once

#include <string>

#include "retainer/ids.h"

namespace retainer {

// What to write in place of `url` (absolute, without a trailing slash); empty where it can be
// right. Loopback is not judged: there is no telling what listens there.
std::string ApiUrlMend(ForgeKind kind, const std::string& url);

}  // namespace retainer
