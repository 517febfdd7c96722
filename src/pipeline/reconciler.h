// Reconciler: slow background work on all tickets. After a change of the policy or the program it
// judges every open ticket again, one page at a time, while intake and worker continue. Now and
// then it checks for trouble (deliveries that wait too long, set-aside ones, dead faces), publishes
// the figures and deletes what has expired.
//
// The progress of a re-evaluation is in the store, written after every page. A restart continues
// there, and a restart after the end begins nothing. A page may be judged twice, none is left out.
//
// RunOnce: one thread at a time. TermsChanged, ProjectChanged and AccountChanged: thread-safe.
#pragma once

#include <cstddef>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "src/pipeline/judge.h"

namespace retainer::pipeline {

struct ReconcilerOptions {
  std::size_t page = 50;
  absl::Duration look_every = absl::Minutes(1);
  absl::Duration stuck_after = absl::Minutes(5);
  absl::Duration keep_deliveries = absl::Hours(24 * 14);
  // The version of this program: another version may decide differently on the same facts.
  std::string program;
};

class Reconciler {
 public:
  Reconciler(Judge& judge, Store& store, Clock& clock, Log& log, Metrics& metrics,
             const TermsHolder& terms, std::vector<std::string> forges,
             ReconcilerOptions options = {});

  // Begins a re-evaluation, unless it is finished or in progress for the terms in force.
  void TermsChanged();
  // Judges the project's tickets again. Call it before the change is committed, so that a crash
  // cannot lose it, and again after the commit, because a ticket judged in between did not see the
  // change.
  void ProjectChanged(const ProjectKey& project);
  // The same for the open tickets in which an account (an actor id) takes part.
  void AccountChanged(const std::string& forge, const std::string& account);

  struct Round {
    std::size_t judged = 0;
    bool more = false;  // pages are left
    absl::Time next = absl::InfiniteFuture();
  };
  // Judges one page, and checks for trouble if that is due.
  absl::StatusOr<Round> RunOnce();
  // True if pages are left.
  bool busy() const;
  // Sets the gauges of what the store holds. Thread-safe.
  absl::Status TellFigures();

 private:
  void Add(Sweep sweep);
  // Returns false if there was nothing to judge.
  absl::StatusOr<bool> JudgeAgain(const TicketKey& key);
  absl::Status Look(absl::Time now);
  // Once an hour, and under each new version of the policy: Judge::TellOfCustomers.
  absl::Status LookAtCustomers();
  // If the clock was set back, wake-ups that were due soon are far ahead: judge everything again.
  void LookAtTheClock();
  absl::Status TellFigures(const StoreStats& stats, absl::Time now);
  // Saves the progress. The latest state is written last.
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
  std::mutex save_mutex_;  // held from reading state_ until it is saved
  mutable std::mutex mutex_;
  Reevaluation state_;
  std::uint64_t epoch_ = 0;  // a page of an older epoch does not save its position
  absl::Time next_report_ = absl::InfinitePast();
  absl::Time next_look_ = absl::InfinitePast();
  absl::Time next_expiry_ = absl::InfinitePast();
  absl::Time next_customers_ = absl::InfinitePast();
  std::string customers_of_;             // the version of the policy of the last look at customers
  std::uint64_t set_aside_ = 0;          // at the last check
  std::optional<absl::Duration> ahead_;  // Clock::Now minus Clock::Steady at the last round
};

}  // namespace retainer::pipeline
