// TraceBook: remembers for a while which delivery's trace a ticket belongs to, so that what is
// asked and shown for the ticket later, in other threads, is part of that trace. In memory only and
// bounded: a trace may lack its end, and nothing else depends on it. Thread-safe.
#pragma once

#include <cstddef>
#include <map>
#include <mutex>
#include <optional>

#include "absl/time/time.h"
#include "retainer/clock.h"
#include "retainer/ids.h"
#include "src/base/trace.h"

namespace retainer::pipeline {

class TraceBook {
 public:
  static constexpr std::size_t kMost = 4096;
  // What happens to a ticket later than this is not because of that delivery.
  static constexpr absl::Duration kRemembered = absl::Minutes(10);

  // `tracer`: null if nothing is traced. Both must outlive this object.
  TraceBook(base::Tracer* tracer, const Clock& clock) : tracer_(tracer), clock_(clock) {}

  base::Tracer* tracer() const { return tracer_; }
  // The ticket's last delivery is of this trace.
  void Remember(const TicketKey& ticket, const std::optional<base::TraceContext>& trace);
  std::optional<base::TraceContext> Find(const TicketKey& ticket) const;

 private:
  struct Entry {
    base::TraceContext trace;
    absl::Time at;  // (Steady)
  };
  base::Tracer* const tracer_;
  const Clock& clock_;
  mutable std::mutex mutex_;
  std::map<TicketKey, Entry> entries_;  // guarded by mutex_
};

}  // namespace retainer::pipeline
