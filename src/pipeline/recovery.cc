#include "src/pipeline/recovery.h"

#include <algorithm>

#include "absl/strings/str_cat.h"

namespace retainer::pipeline {

Recovery::Recovery(const ForgeSlot& forge, Clock& clock, Log& log, Metrics& metrics)
    : forge_(forge), clock_(clock), log_(log), metrics_(metrics) {}

absl::Time Recovery::RunOnce() {
  const absl::Time now = clock_.Steady();
  const auto asked = forge_.client->Redeliver(clock_.Now() - (first_ ? kKept : kRecent), kAtOnce);
  if (absl::IsUnimplemented(asked.status())) return absl::InfiniteFuture();
  if (!asked.ok()) {
    log_.Warning("missed deliveries cannot be listed",
                 {{"forge", forge_.name}, {"error", StatusText(asked.status())}});
    return now + std::max(kEvery, RetryAfter(asked.status()).value_or(absl::ZeroDuration()));
  }
  if (*asked > 0) {
    metrics_.Count("retainer_redeliveries_asked_total", {{"forge", forge_.name}},
                   static_cast<double>(*asked));
    log_.Info("missed deliveries are asked for again",
              {{"forge", forge_.name}, {"count", absl::StrCat(*asked)}});
  }
  if (*asked >= kAtOnce) return now + kPause;
  first_ = false;
  return now + kEvery;
}

}  // namespace retainer::pipeline
