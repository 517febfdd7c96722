// Decides when a call to a forge may be made: rate limits, the spacing of mutations, and the
// budgets for content.
//
// State is kept by *account* (a GitHub App installation, or a token). Every call asks first (Enter)
// and reports its answer afterwards (Leave). A call that comes too early is refused at once, so
// nothing here sleeps. Thread-safe. The caller passes the time, from Clock::Steady.
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
  kContent,  // a mutation that makes or changes content people see; counts towards the budgets
};

struct GateRules {
  ForgeKind kind = ForgeKind::kGitHub;
  absl::Duration mutation_interval = absl::Seconds(1);
  // GitHub's published secondary rate limits. 0 disables a budget (GitLab publishes none).
  int content_per_minute = 80;
  int content_per_hour = 500;
};

class RateGate {
 public:
  RateGate(std::string forge, const GateRules& rules) : forge_(std::move(forge)), rules_(rules) {}

  // OK: the call may be made now, and Leave must follow. Otherwise ResourceExhausted with
  // RetryAfter.
  absl::Status Enter(const std::string& account, CallClass call, absl::Time now);

  // Reports that the call is over; `response` is null when none came. `skew` is the forge's clock
  // minus `now`, because reset instants are in the forge's time. Returns the wait when the response
  // is a rate limit.
  std::optional<absl::Duration> Leave(const std::string& account, CallClass call,
                                      const HttpResponse* response, absl::Duration skew,
                                      absl::Time now);

  // The earliest instant for the next mutation, as far as is known now; InfinitePast when nothing
  // delays it. Leaves out the content budgets: labels may be set while comments must wait.
  absl::Time NextMutationAt(const std::string& account) const;

  // The smallest number of remaining calls that the forge last reported for any account; nullopt
  // before the first report.
  std::optional<std::int64_t> remaining() const;

 private:
  struct Account {
    absl::Time blocked_until = absl::InfinitePast();
    absl::Time next_mutation = absl::InfinitePast();
    bool mutating = false;
    std::deque<absl::Time> content;  // instants of the last hour
    int strikes = 0;                 // rate limits in a row that named no instant
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
