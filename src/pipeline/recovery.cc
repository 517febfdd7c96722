#include "src/pipeline/recovery.h"

#include <algorithm>

#include "absl/strings/str_cat.h"

namespace retainer::pipeline {

Recovery::Recovery(const ForgeSlot& forge, Clock& clock, Log& log, Metrics& metrics,
                   RestoreHold* restore_hold)
    : forge_(forge), clock_(clock), log_(log), metrics_(metrics), restore_hold_(restore_hold) {}

absl::Time Recovery::AskForLost() {
  if (restore_hold_ == nullptr || !restore_hold_->AwaitsDeliveries(forge_.name)) {
    return absl::InfiniteFuture();
  }
  const Restored restored = *restore_hold_->restored();
  const absl::Time now = clock_.Steady();
  const auto asked = forge_.client->Redeliver(
      std::max(restored.made_at - kMaxAhead, clock_.Now() - kKept), kAtOnce, restored.at);
  if (asked.ok() && *asked > 0) {
    log_.Info("deliveries since the backup are asked for again",
              {{"forge", forge_.name}, {"count", absl::StrCat(*asked)}});
    return now + (*asked < kAtOnce ? kRestorePause : kPause);
  }
  if (absl::IsUnavailable(asked.status()) || absl::IsResourceExhausted(asked.status()) ||
      absl::IsDeadlineExceeded(asked.status())) {
    return now + std::max(kPause, RetryAfter(asked.status()).value_or(absl::ZeroDuration()));
  }
  restore_hold_->HasDeliveries(forge_.name);
  if (!asked.ok()) {
    log_.Warning("commands that were given since the backup cannot be read: give them again",
                 {{"forge", forge_.name}, {"error", StatusText(asked.status())}});
  }
  return absl::InfiniteFuture();
}

absl::Time Recovery::RunOnce() {
  if (const absl::Time again = AskForLost(); again != absl::InfiniteFuture()) return again;
  const absl::Time now = clock_.Steady();
  const auto asked = forge_.client->Redeliver(clock_.Now() - (first_ ? kKept : kRecent), kAtOnce,
                                              absl::InfinitePast());
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
