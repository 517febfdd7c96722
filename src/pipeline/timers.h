// Timers: tickets whose wake-up has come are judged again. The cost of a tick grows with the
// tickets that are due, not with those that are open.
//
// A few that are due are judged at once, the earliest first. A crowd (an opening hour to which
// thousands of promises wake, or what has come due while the service was down) is spread over a
// minute from when it is found, a little at every beat, so that deliveries, commands and the forge
// are not held up meanwhile; a crowd too large for that is judged without waiting between the
// beats. A crowd's order: first the tickets of public customers by their next due instant, then all
// others by the instant of their wake-up. What comes due meanwhile follows after the crowd.
//
// Rationale: a promise is breached at its due instant whenever we look, so a minute costs nobody
// anything. That public customers come first is to be seen in when their comments change, as the
// dispatcher's order is; that a private one owns a ticket must not be.
//
// RunDue: one thread at a time. NextWake: thread-safe.
#pragma once

#include <cstddef>
#include <map>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "src/pipeline/judge.h"

namespace retainer {

struct TimersOptions {
  // More than these are a crowd; at most so many are judged in one call.
  std::size_t at_once = 100;
  absl::Duration spread = absl::Minutes(1);
  absl::Duration beat = absl::Milliseconds(250);
  // So much of a crowd is looked at to put it in order.
  std::size_t crowd = 20'000;
};

class Timers {
 public:
  Timers(Judge& judge, Store& store, Clock& clock, Log& log, Metrics& metrics,
         const TermsHolder& terms, TimersOptions options = {});

  // Judges what is to be judged now; how many. One ticket's trouble does not hold up the others:
  // its error is returned after they were tried, and it is tried again a minute later. The store's
  // trouble ends the call; nothing is lost. Without terms: 0.
  absl::StatusOr<std::size_t> RunDue();
  // When (by Clock::Now) RunDue has something to do next; InfiniteFuture when nothing waits.
  absl::StatusOr<absl::Time> NextWake();

 private:
  using Due = std::vector<std::pair<absl::Time, TicketKey>>;
  struct Crowd {
    Due order;
    std::size_t done = 0;  // of `order`
    bool more = false;     // than `order` holds
    absl::Time until;      // when it should be done (Steady)
  };

  // What is due now, but for tickets that wait after trouble.
  absl::StatusOr<Due> ReadDue(absl::Time now, std::size_t limit);
  absl::Status Gather(absl::Time now);
  absl::StatusOr<std::size_t> Beat(absl::Time now);
  // Judges one; false where it had trouble of its own.
  absl::StatusOr<bool> JudgeOne(absl::Time at, const TicketKey& key, absl::Time now);
  void SetNextBeat(std::optional<absl::Time> at);

  Judge& judge_;
  Store& store_;
  Clock& clock_;
  Log& log_;
  Metrics& metrics_;
  const TermsHolder& terms_;
  const TimersOptions options_;
  std::map<TicketKey, absl::Time> broken_;  // unreadable tickets: not tried before then (Steady)
  absl::Status trouble_;                    // the first of this call
  std::optional<Crowd> crowd_;
  mutable std::mutex mutex_;
  std::optional<absl::Time> next_beat_;  // while there is a crowd (Steady)
};

}  // namespace retainer
