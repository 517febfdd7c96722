// Reconciler: the slow look at everything. After a policy change it judges every ticket again, a
// page at a time, while intake and worker go on; now and then it looks for trouble (deliveries that
// wait too long, set-aside ones, buried faces), publishes the figures and forgets what has expired.
//
// RunOnce: one thread at a time. TermsChanged and ProjectChanged: thread-safe.
#pragma once

#include <cstddef>
#include <deque>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "src/pipeline/judge.h"

namespace retainer {

struct ReconcilerOptions {
  std::size_t page = 50;
  absl::Duration look_every = absl::Minutes(1);
  absl::Duration stuck_after = absl::Minutes(5);
  absl::Duration keep_deliveries = absl::Hours(24 * 14);
};

class Reconciler {
 public:
  Reconciler(Judge& judge, Store& store, Clock& clock, Log& log, Metrics& metrics,
             const TermsHolder& terms, std::vector<std::string> forges,
             ReconcilerOptions options = {});

  void TermsChanged();
  void ProjectChanged(const ProjectKey& project);

  struct Round {
    std::size_t judged = 0;
    bool more = false;  // pages are left
    absl::Time next = absl::InfiniteFuture();
  };
  // One page, and the look for trouble when its time has come.
  absl::StatusOr<Round> RunOnce();
  // Pages are left.
  bool busy() const;

 private:
  struct Sweep {
    std::string forge;
    std::string project;  // empty: all
    std::optional<TicketKey> after;
  };
  absl::Status Look(absl::Time now);

  Judge& judge_;
  Store& store_;
  Clock& clock_;
  Log& log_;
  Metrics& metrics_;
  const TermsHolder& terms_;
  const ReconcilerOptions options_;
  const std::vector<std::string> forges_;
  mutable std::mutex mutex_;
  std::deque<Sweep> sweeps_;
  std::uint64_t epoch_ = 0;  // a sweep of an older epoch writes no position back
  absl::Time next_look_ = absl::InfinitePast();
  absl::Time next_expiry_ = absl::InfinitePast();
  std::uint64_t set_aside_ = 0;  // at the last look
};

}  // namespace retainer
