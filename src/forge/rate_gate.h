// Who may call a forge when: rate limits, the spacing of mutations and the content budgets.
//
// State is kept by *account* (a GitHub App installation, or a token). Every call asks first and
// reports its answer afterwards; a call that comes too early is refused at once, so nothing ever
// sleeps here. Thread-safe. Time is passed in, by Clock::Steady.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "retainer/ids.h"
#include "src/forge/http.h"

namespace retainer::forge {

enum class CallClass {
  kRead,
  kMutation,
  kContent,  // a mutation that makes or changes content people see: counts towards the budgets
};

struct GateRules {
  ForgeKind kind = ForgeKind::kGitHub;
  absl::Duration mutation_interval = absl::Seconds(1);
  // GitHub's published secondary limits; 0 switches a budget off (GitLab publishes none).
  int content_per_minute = 80;
  int content_per_hour = 500;
};

class RateGate {
 public:
  RateGate(std::string forge, const GateRules& rules) : forge_(std::move(forge)), rules_(rules) {}

  // OK: the call may be made now, and Leave must follow. Else ResourceExhausted with RetryAfter.
  absl::Status Enter(const std::string& account, CallClass call, absl::Time now);

  // The call is over; `response` is null where none came. `skew` is the forge's clock minus `now`:
  // reset instants are in the forge's time. Returns the wait when the response is a rate limit.
  std::optional<absl::Duration> Leave(const std::string& account, CallClass call,
                                      const HttpResponse* response, absl::Duration skew,
                                      absl::Time now);

  // From when on a mutation is let in, as far as is known now; InfinitePast when nothing holds it
  // up. Content budgets are not part of it: labels may still be set when comments must wait.
  absl::Time NextMutationAt(const std::string& account) const;

  // The smallest number of calls left that any account was last told; nullopt before the first.
  std::optional<std::int64_t> remaining() const;

 private:
  struct Account {
    absl::Time blocked_until = absl::InfinitePast();
    absl::Time next_mutation = absl::InfinitePast();
    bool mutating = false;
    std::deque<absl::Time> content;  // of the last hour
    int strikes = 0;                 // limits in a row that named no instant
    bool strike_by_mutation = false;
    std::optional<std::int64_t> remaining;
  };

  absl::Status TooEarly(absl::Duration wait, std::string_view why) const;

  const std::string forge_;
  const GateRules rules_;
  mutable std::mutex mutex_;
  std::map<std::string, Account> accounts_;
};

}  // namespace retainer::forge
