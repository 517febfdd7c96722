// Timers: tickets whose wake-up has come are judged again. The cost of a tick grows with the tickets
// that are due, not with those that are open.
//
// One thread at a time.
#pragma once

#include <cstddef>
#include <map>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "src/pipeline/judge.h"

namespace retainer {

class Timers {
 public:
  Timers(Judge& judge, Store& store, Clock& clock, Log& log, Metrics& metrics,
         const TermsHolder& terms);

  // Judges what is due now; how many. One ticket's trouble does not hold up the others; the first
  // error is returned after all were tried. Without terms: 0.
  absl::StatusOr<std::size_t> RunDue();
  // InfiniteFuture when nothing waits.
  absl::StatusOr<absl::Time> NextWake();

 private:
  Judge& judge_;
  Store& store_;
  Clock& clock_;
  Log& log_;
  Metrics& metrics_;
  const TermsHolder& terms_;
  std::map<TicketKey, absl::Time> broken_;  // unreadable tickets: not tried before then
};

}  // namespace retainer
