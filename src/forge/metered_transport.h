// A transport that counts a forge's answers in the metrics: calls by outcome, the remaining rate
// limit, and the forge's clock minus ours. Thread-safe.
#pragma once

#include <memory>
#include <string>

#include "retainer/clock.h"
#include "retainer/ids.h"
#include "retainer/metrics.h"
#include "src/forge/http.h"

namespace retainer::forge {

// REQUIRES: `clock` and `metrics` outlive the result.
std::unique_ptr<HttpTransport> MakeMeteredTransport(std::string forge, ForgeKind kind,
                                                    std::unique_ptr<HttpTransport> inner,
                                                    const Clock& clock, Metrics& metrics);

}  // namespace retainer::forge
