// Timers: judges tickets whose wake-up is due. The cost of a call grows with the tickets that are
// due, not with all open tickets.
//
// A few due tickets are judged at once, the earliest first. A crowd (an opening hour at which
// thousands of promises wake, or what came due while the service was down) is spread over a minute
// from its discovery, in small portions, so that deliveries, commands and the forge are not
// delayed. A crowd too large for that is judged without pauses. Order in a crowd: first the tickets
// of public customers by their next due instant, then all others by wake-up. Tickets that become
// due meanwhile follow after the crowd.
//
// Rationale: a breach counts from the due instant, whenever it is discovered, so a minute costs
// nobody anything. Observers can see when comments change; so public customers may come first (the
// dispatcher's order is similar), but the order must not reveal that a private customer owns a
// ticket.
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

namespace retainer::pipeline {

struct TimersOptions {
  // More due tickets than this are a crowd. Also the most tickets judged in one call.
  std::size_t at_once = 100;
  absl::Duration spread = absl::Minutes(1);
  absl::Duration beat = absl::Milliseconds(250);
  // How many tickets of a crowd are read to sort them.
  std::size_t crowd = 20'000;
};

class Timers {
 public:
  Timers(Judge& judge, Store& store, Clock& clock, Log& log, Metrics& metrics,
         const TermsHolder& terms, TimersOptions options = {});

  // Judges the tickets that are due and returns how many. An error of one ticket does not stop the
  // others: it is returned after they were tried, and the ticket is retried a minute later. An
  // error of the store ends the call; nothing is lost. Returns 0 without terms.
  absl::StatusOr<std::size_t> RunDue();
  // When (by Clock::Now) RunDue has something to do next; InfiniteFuture if nothing waits.
  absl::StatusOr<absl::Time> NextWake();

 private:
  using Due = std::vector<std::pair<absl::Time, TicketKey>>;
  struct Crowd {
    Due order;
    std::size_t done = 0;  // number done in `order`
    bool more = false;     // there are more than `order` has
    absl::Time until;      // when it should be finished (Steady)
  };

  // The due tickets, without those that wait after an error.
  absl::StatusOr<Due> ReadDue(absl::Time now, std::size_t limit);
  absl::Status Gather(absl::Time now);
  absl::StatusOr<std::size_t> Beat(absl::Time now);
  // Judges one ticket; false if it had an error of its own.
  absl::StatusOr<bool> JudgeOne(absl::Time at, const TicketKey& key, absl::Time now);
  void SetNextBeat(std::optional<absl::Time> at);

  Judge& judge_;
  Store& store_;
  Clock& clock_;
  Log& log_;
  Metrics& metrics_;
  const TermsHolder& terms_;
  const TimersOptions options_;
  std::map<TicketKey, absl::Time> broken_;  // unreadable tickets: not retried before (Steady)
  absl::Status trouble_;                    // the first error of this call
  std::optional<Crowd> crowd_;
  mutable std::mutex mutex_;
  std::optional<absl::Time> next_beat_;  // while there is a crowd (Steady)
};

}  // namespace retainer::pipeline
