#include "src/forge/rate_gate.h"

#include <algorithm>
#include <string>
#include <string_view>

#include "absl/strings/str_cat.h"
#include "retainer/forge.h"
#include "src/base/view.h"
#include "src/forge/response_headers.h"

namespace retainer::forge {
namespace {

using base::View;

// When a rate limit names no instant, GitHub asks for at least a minute, and for more each time.
constexpr absl::Duration kFirstWait = absl::Minutes(1);
constexpr absl::Duration kLongestWait = absl::Hours(1);
// The longest wait that we accept from a forge. After it we try again.
constexpr absl::Duration kLongestBelieved = absl::Hours(6);

// `Retry-After` is seconds or an HTTP date.
std::optional<absl::Duration> RetryAfterHeader(const HttpResponse& response, absl::Time forge_now) {
  if (const auto seconds = NumberIn(response, "Retry-After")) return absl::Seconds(*seconds);
  if (const auto at = DateIn(response, "Retry-After")) return *at - forge_now;
  return std::nullopt;
}

}  // namespace

absl::Status RateGate::TooEarly(absl::Duration wait, std::string_view why) const {
  return WithRetryAfter(absl::ResourceExhaustedError(
                            absl::StrCat(forge_, ": asked too early (", View(why), "), wait ",
                                         absl::FormatDuration(absl::Ceil(wait, absl::Seconds(1))))),
                        wait);
}

absl::Status RateGate::Enter(const std::string& account, CallClass call, absl::Time now) {
  std::lock_guard lock(mutex_);
  Account& state = accounts_[account];
  if (now < state.blocked_until) return TooEarly(state.blocked_until - now, "rate limit");
  if (call == CallClass::kRead) return absl::OkStatus();

  if (state.mutating) {
    return TooEarly(std::max(rules_.mutation_interval, absl::Milliseconds(10)),
                    "another mutation is under way");
  }
  if (now < state.next_mutation) return TooEarly(state.next_mutation - now, "mutations are spaced");
  if (call == CallClass::kContent) {
    while (!state.content.empty() && state.content.front() <= now - absl::Hours(1))
      state.content.pop_front();
    const auto budget = [&](int limit, absl::Duration window) -> absl::Duration {
      if (limit <= 0 || state.content.size() < static_cast<std::size_t>(limit))
        return absl::ZeroDuration();
      const absl::Time oldest = state.content[state.content.size() - limit];
      return oldest + window - now;
    };
    const absl::Duration wait = std::max(budget(rules_.content_per_minute, absl::Minutes(1)),
                                         budget(rules_.content_per_hour, absl::Hours(1)));
    if (wait > absl::ZeroDuration()) return TooEarly(wait, "budget for new content");
    state.content.push_back(now);
  }
  state.mutating = true;
  state.next_mutation = now + rules_.mutation_interval;
  return absl::OkStatus();
}

std::optional<absl::Duration> RateGate::Leave(const std::string& account, CallClass call,
                                              const HttpResponse* response, absl::Duration skew,
                                              absl::Time now) {
  std::lock_guard lock(mutex_);
  Account& state = accounts_[account];
  if (call != CallClass::kRead) state.mutating = false;
  if (response == nullptr) return std::nullopt;
  if (response->status == 401 && call != CallClass::kRead) {
    // The forge did nothing, so a call with renewed credentials may follow at once.
    state.next_mutation = now;
    if (call == CallClass::kContent && !state.content.empty()) state.content.pop_back();
  }

  const auto remaining = RateRemaining(*response, rules_.kind);
  const auto reset = RateReset(*response, rules_.kind);
  if (remaining) state.remaining = remaining;
  std::optional<absl::Duration> until_reset;
  if (reset) until_reset = *reset - skew - now;
  const bool used_up = remaining && *remaining <= 0;
  const auto believe = [](absl::Duration wait) {
    return std::clamp(wait, absl::Seconds(1), kLongestBelieved);
  };
  if (used_up && until_reset && *until_reset > absl::ZeroDuration())
    state.blocked_until = std::max(state.blocked_until, now + believe(*until_reset));

  const auto retry_after = RetryAfterHeader(*response, now + skew);
  if (!IsRateLimit(*response, rules_.kind)) {
    // A successful read says nothing about the limit on comments: reads pass while comments are
    // refused.
    if (response->status < 400 && (call != CallClass::kRead || !state.strike_by_mutation))
      state.strikes = 0;
    return std::nullopt;
  }
  absl::Duration wait;
  if (retry_after) {
    wait = believe(*retry_after);
  } else if (until_reset && (used_up || rules_.kind != ForgeKind::kGitHub)) {
    wait = believe(*until_reset);
  } else {
    wait = std::min(kFirstWait * (std::int64_t{1} << std::min(state.strikes, 10)), kLongestWait);
    ++state.strikes;
    state.strike_by_mutation = call != CallClass::kRead;
  }
  state.blocked_until = std::max(state.blocked_until, now + wait);
  return wait;
}

absl::Time RateGate::NextMutationAt(const std::string& account) const {
  std::lock_guard lock(mutex_);
  const auto it = accounts_.find(account);
  if (it == accounts_.end()) return absl::InfinitePast();
  return std::max(it->second.blocked_until, it->second.next_mutation);
}

std::optional<std::int64_t> RateGate::remaining() const {
  std::lock_guard lock(mutex_);
  std::optional<std::int64_t> least;
  for (const auto& [account, state] : accounts_) {
    if (state.remaining && (!least || *state.remaining < *least)) least = state.remaining;
  }
  return least;
}

}  // namespace retainer::forge
