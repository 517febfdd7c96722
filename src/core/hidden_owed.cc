#include "retainer/hidden_owed.h"

#include <algorithm>

#include "retainer/ticket_record.h"

namespace retainer {
namespace {

struct Beginnings {
  absl::Time broken = absl::InfiniteFuture();
  absl::Time at_risk = absl::InfiniteFuture();
};

Beginnings BeginningsOf(const TicketRecord& record) {
  Beginnings begin;
  if (!record.tracked) return begin;
  for (const ClaimRecord& claim : record.claims) {
    if (!claim.hidden) continue;
    for (const OpenPromise& promise : claim.promises) {
      if (promise.kind != PromiseKind::kCommitment) continue;
      const absl::Time risk = promise.paused ? absl::InfiniteFuture() : promise.at_risk_at;
      begin.broken = std::min(begin.broken, promise.due);
      begin.at_risk = std::min({begin.at_risk, promise.due, risk});
    }
  }
  return begin;
}

HiddenSpan Next(const HiddenSpan& before, absl::Time begin, absl::Time now, std::uint32_t shift) {
  HiddenSpan next;
  if (before.until > now) next.until = before.until;
  const bool went_on = before.since <= now;
  if (begin > now) {
    // A commitment that has ended counts only if it had begun to count: within one step of the grid
    // nobody saw it.
    if (went_on && CoarseAt(before.since, shift) < CoarseAt(now, shift)) {
      next.until = std::max(next.until, CoarseAt(now, shift));
    }
    next.since = begin;
  } else {
    next.since = went_on ? before.since : now;
  }
  return next;
}

}  // namespace

absl::Time CoarseAt(absl::Time at, std::uint32_t shift_seconds) {
  if (at == absl::InfiniteFuture() || at == absl::InfinitePast()) return at;
  const absl::Time first = absl::FromUnixSeconds(shift_seconds);
  return first + absl::Ceil(at - first, kHiddenGrain);
}

std::optional<HiddenOwed> NextHiddenOwed(const TicketRecord* before, const TicketRecord& after,
                                         std::uint32_t shift_seconds) {
  const HiddenOwed known =
      before != nullptr && before->hidden_owed ? *before->hidden_owed : HiddenOwed();
  const Beginnings begin = BeginningsOf(after);
  // If the clock was set back, nothing ends before it began.
  const absl::Time now =
      before == nullptr ? after.decided_at : std::max(before->decided_at, after.decided_at);
  HiddenOwed next;
  next.shift_seconds = shift_seconds;
  next.broken = Next(known.broken, begin.broken, now, shift_seconds);
  next.at_risk = Next(known.at_risk, begin.at_risk, now, shift_seconds);
  const HiddenSpan none;
  if (next.broken == none && next.at_risk == none) return std::nullopt;
  return next;
}

}  // namespace retainer
