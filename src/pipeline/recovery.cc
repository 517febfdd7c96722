#include "src/pipeline/recovery.h"

#include <algorithm>
#include <set>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"

namespace retainer::pipeline {
namespace {

// Another try may succeed; other errors are the log's last word on a delivery.
bool MayPass(const absl::Status& status) {
  return absl::IsUnavailable(status) || absl::IsResourceExhausted(status) ||
         absl::IsDeadlineExceeded(status) || absl::IsFailedPrecondition(status) ||
         absl::IsPermissionDenied(status) || absl::IsUnauthenticated(status);
}

}  // namespace

Recovery::Recovery(const ForgeSlot& forge, Store& store, Clock& clock, Log& log, Metrics& metrics,
                   RecoveryOptions options)
    : forge_(forge),
      store_(store),
      clock_(clock),
      log_(log),
      metrics_(metrics),
      options_(std::move(options)),
      gaps_(forge.name, store, clock, log, metrics) {}

absl::Time Recovery::AskForLost() {
  RestoreHold* const hold = options_.restore_hold;
  if (hold == nullptr || !hold->AwaitsDeliveries(forge_.name)) return absl::InfiniteFuture();
  const Restored restored = *hold->restored();
  const absl::Time now = clock_.Steady();
  const auto answer = forge_.client->Redeliver(
      {std::max(restored.made_at - kMaxAhead, clock_.Now() - kKept), kAtOnce, restored.at});
  if (answer.ok() && answer->asked > 0) {
    log_.Info("deliveries since the backup are asked for again",
              {{"forge", forge_.name}, {"count", absl::StrCat(answer->asked)}});
    return now + (answer->asked < kAtOnce ? kRestorePause : kPause);
  }
  const absl::Status& status = answer.status();
  if (absl::IsUnavailable(status) || absl::IsResourceExhausted(status) ||
      absl::IsDeadlineExceeded(status)) {
    return now + std::max(kPause, RetryAfter(status).value_or(absl::ZeroDuration()));
  }
  hold->HasDeliveries(forge_.name);
  if (!answer.ok()) {
    log_.Warning("commands that were given since the backup cannot be read: give them again",
                 {{"forge", forge_.name}, {"error", StatusText(status)}});
  }
  return absl::InfiniteFuture();
}

void Recovery::NameAbsence(absl::Time logged_since) {
  if (std::exchange(absence_named_, true) || !options_.last_alive) return;
  const absl::Time from = *options_.last_alive;
  if (logged_since - from > kAway) gaps_.AddUnlogged(from, logged_since);
}

absl::Time Recovery::RunOnce() {
  if (const absl::Time again = AskForLost(); again != absl::InfiniteFuture()) return again;
  const absl::Time now = clock_.Steady();
  absl::Status trouble = gaps_.Load();
  if (!trouble.ok()) {
    log_.Error("gaps cannot be read", {{"forge", forge_.name}, {"error", StatusText(trouble)}});
    return now + kPause;
  }
  RedeliverRequest request{clock_.Now() - (first_ ? kKept : kRecent), kAtOnce};
  for (const auto& [id, missing] : gaps_.missing()) {
    request.since = std::min(request.since, missing.delivery.sent);
  }
  request.settled = gaps_.settled();
  const auto answer = forge_.client->Redeliver(request);
  if (absl::IsUnimplemented(answer.status())) {
    NameAbsence(clock_.Now());
    trouble = gaps_.Save();
    if (trouble.ok()) return absl::InfiniteFuture();
    log_.Error("gaps cannot be saved", {{"forge", forge_.name}, {"error", StatusText(trouble)}});
    return now + kPause;
  }
  if (!answer.ok()) {
    log_.Warning("missed deliveries cannot be listed",
                 {{"forge", forge_.name}, {"error", StatusText(answer.status())}});
    return now + std::max(kEvery, RetryAfter(answer.status()).value_or(absl::ZeroDuration()));
  }
  NameAbsence(clock_.Now() - kKept);
  if (answer->asked > 0) {
    metrics_.Count("retainer_redeliveries_asked_total", {{"forge", forge_.name}},
                   static_cast<double>(answer->asked));
    log_.Info("missed deliveries are asked for again",
              {{"forge", forge_.name}, {"count", absl::StrCat(answer->asked)}});
  }
  bool more = false;
  trouble = Collect(*answer, &more);
  // What was settled before an error is saved too.
  const absl::Status saved = gaps_.Save();
  if (trouble.ok()) trouble = saved;
  if (!trouble.ok()) {
    log_.Warning("missed deliveries cannot be read from the forge's log",
                 {{"forge", forge_.name}, {"error", StatusText(trouble)}});
    return now + std::max(kLookAgain, RetryAfter(trouble).value_or(absl::ZeroDuration()));
  }
  if (more || answer->asked >= kAtOnce) return now + kPause;
  first_ = false;
  return now + (gaps_.missing().empty() ? kEvery : kLookAgain);
}

absl::Status Recovery::Collect(const Redelivered& answer, bool* more) {
  std::set<std::string> failed;
  std::set<std::string> refused;
  for (const MissedDelivery& missed : answer.missed) {
    // Its answer may have been lost on the way, or it was read from the log before a restart.
    const auto here = store_.HasDelivery(forge_.name, missed.id);
    if (!here.ok()) return here.status();
    if (*here) continue;
    failed.insert(missed.id);
    if (missed.refused) refused.insert(missed.id);
    gaps_.Add(missed);
  }
  std::vector<MissedDelivery> due;
  const auto all = gaps_.missing();
  for (const auto& [id, missing] : all) {
    if (!failed.contains(id)) {
      const auto here = store_.HasDelivery(forge_.name, id);
      if (!here.ok()) return here.status();
      // One that nobody needs was answered well, and not stored.
      gaps_.Settle(id, *here ? GapBook::End::kSentAgain : GapBook::End::kNotNeeded);
      continue;
    }
    const bool waited = clock_.Steady() - missing.noticed >= kPatience;
    if (waited || missing.delivery.attempts > 1 || refused.contains(id)) {
      due.push_back(missing.delivery);
    }
  }
  // An entry that could not be read comes after the others, so that it keeps none of them waiting.
  std::erase_if(failed_reads_, [&](const auto& read) { return !failed.contains(read.first); });
  const auto failures = [&](const MissedDelivery& missed) {
    const auto found = failed_reads_.find(missed.id);
    return found == failed_reads_.end() ? 0 : found->second;
  };
  std::sort(due.begin(), due.end(), [&](const MissedDelivery& a, const MissedDelivery& b) {
    return std::pair(failures(a), a.sent) < std::pair(failures(b), b.sent);
  });
  *more = due.size() > kReadAtOnce;
  if (*more) due.resize(kReadAtOnce);
  for (const MissedDelivery& missed : due) {
    const auto end = Read(missed);
    if (!end.ok()) {
      ++failed_reads_[missed.id];
      return end.status();
    }
    if (*end == GapBook::End::kLost) {
      const absl::Status asked = options_.read_back(missed.project, missed.sent);
      if (!asked.ok()) return asked;
    }
    gaps_.Settle(missed.id, *end);
  }
  return absl::OkStatus();
}

absl::StatusOr<GapBook::End> Recovery::Read(const MissedDelivery& missed) {
  const auto lost = [&](const std::string& reason) {
    log_.Warning("a missed delivery is lost", {{"forge", forge_.name},
                                               {"delivery", missed.id},
                                               {"type", missed.event_type},
                                               {"reason", reason}});
    return GapBook::End::kLost;
  };
  if (options_.receiver == nullptr) return lost("nothing is received from this forge");
  const auto logged = forge_.client->ReadDelivery(missed.log_id);
  if (MayPass(logged.status())) return logged.status();
  if (!logged.ok()) return lost(StatusText(logged.status()));
  const Verified taken = options_.receiver->TakeLogged(logged->headers, logged->body, clock_.Now());
  if (taken.outcome != VerifyOutcome::kGenuine) return lost(taken.reason);
  if (taken.delivery.id != missed.id) return lost("the log has another delivery under its number");
  if (!taken.needed) return GapBook::End::kNotNeeded;
  if (const absl::Status fits = options_.receiver->CheckBody(taken.delivery); !fits.ok()) {
    return lost(std::string(fits.message()));
  }
  const auto put = store_.PutDelivery(taken.delivery);
  if (!put.ok()) return put.status();
  if (*put == Store::Put::kKnown) return GapBook::End::kSentAgain;
  options_.stored();
  return GapBook::End::kRead;
}

}  // namespace retainer::pipeline
