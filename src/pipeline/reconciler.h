// Reconciler: the slow look at everything. After a change of the policy, or of the program, it
// judges every open ticket again, a page at a time, while intake and worker go on; now and then it
// looks for trouble (deliveries that wait too long, set-aside ones, buried faces), publishes the
// figures and forgets what has expired.
//
// How far judging again has come is in the store, written after every page: a restart goes on from
// there, and one after it was done begins nothing. A page may be judged twice, none is left out.
//
// RunOnce: one thread at a time. TermsChanged and ProjectChanged: thread-safe.
#pragma once

#include <cstddef>
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
  // This program's version: another one may decide otherwise on the same facts.
  std::string program;
};

class Reconciler {
 public:
  Reconciler(Judge& judge, Store& store, Clock& clock, Log& log, Metrics& metrics,
             const TermsHolder& terms, std::vector<std::string> forges,
             ReconcilerOptions options = {});

  // Begins to judge everything again, unless it was done, or is under way, for the terms that are
  // in force now.
  void TermsChanged();
  // Judges the project's tickets again: to be said before the change is committed, so that a crash
  // forgets neither, and after it, so that nothing is judged too early.
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
  // The gauges of what the store holds. Thread-safe.
  absl::Status TellFigures();

 private:
  // False: there was nothing to judge.
  absl::StatusOr<bool> JudgeAgain(const TicketKey& key);
  absl::Status Look(absl::Time now);
  // What was to be tried again soon has a wake-up that lies far ahead once the clock is set back.
  void LookAtTheClock();
  absl::Status TellFigures(const StoreStats& stats, absl::Time now);
  // Writes down how far it has come. The latest word is the last to be written.
  absl::Status Save();
  void Report(bool done);

  Judge& judge_;
  Store& store_;
  Clock& clock_;
  Log& log_;
  Metrics& metrics_;
  const TermsHolder& terms_;
  const ReconcilerOptions options_;
  const std::vector<std::string> forges_;
  std::mutex save_mutex_;  // held from reading state_ to having it written
  mutable std::mutex mutex_;
  Reevaluation state_;
  std::uint64_t epoch_ = 0;  // a page of an older epoch writes no position back
  absl::Time next_report_ = absl::InfinitePast();
  absl::Time next_look_ = absl::InfinitePast();
  absl::Time next_expiry_ = absl::InfinitePast();
  std::uint64_t set_aside_ = 0;          // at the last look
  std::optional<absl::Duration> ahead_;  // Clock::Now of Clock::Steady, at the last round
};

}  // namespace retainer
