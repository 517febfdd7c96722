#include "src/pipeline/timers.h"

#include <set>

namespace retainer {

Timers::Timers(Judge& judge, Store& store, Clock& clock, Log& log, Metrics& metrics,
               const TermsHolder& terms)
    : judge_(judge), store_(store), clock_(clock), log_(log), metrics_(metrics), terms_(terms) {}

absl::StatusOr<std::size_t> Timers::RunDue() {
  if (terms_.Get().empty()) return 0;
  const absl::Time now = clock_.Now();
  std::size_t judged = 0;
  std::set<TicketKey> tried;
  absl::Status trouble;
  for (;;) {
    // Tickets whose judging failed stay due: the page grows past them.
    auto due = store_.DueWakeups(now, 64 + tried.size());
    if (!due.ok()) return due.status();
    bool fresh = false;
    for (const auto& [at, key] : *due) {
      if (!tried.insert(key).second) continue;
      fresh = true;
      if (auto it = broken_.find(key); it != broken_.end() && now < it->second) continue;
      auto decided = judge_.Decide(key, {});
      if (decided.ok()) {
        ++judged;
        tried.erase(key);
        broken_.erase(key);
        metrics_.Observe("retainer_wakeup_lag_seconds", absl::ToDoubleSeconds(now - at));
        continue;
      }
      trouble.Update(decided.status());
      broken_[key] = now + absl::Minutes(1);
      log_.Error("ticket could not be judged",
                 {{"ticket", ToString(key)}, {"error", decided.status().ToString()}});
    }
    if (!fresh) break;
  }
  if (!trouble.ok()) return trouble;
  return judged;
}

absl::StatusOr<absl::Time> Timers::NextWake() {
  if (terms_.Get().empty()) return absl::InfiniteFuture();
  return store_.NextWakeup();
}

}  // namespace retainer
