// Resync: reads from the forge's API what happened in a project without deliveries. Its open
// tickets, or those that changed since an instant, are listed and read one after another. Their
// content becomes facts, as with a delivery; known facts change nothing.
//
// It is limited in rate: one list call or one ticket per step, kSpacing apart for the first
// kQuickReads of an hour, then kSlowSpacing. Its progress is in the store, written after every
// page; a restart continues there. Nothing old is told: notices of what was due before a ticket was
// read are skipped, and faces are shown at the rate of the backlog.
//
// The forge's list is ordered by last update, the earliest first. A ticket that changes during the
// resync moves to the end of the list, so none can move from an unread page to one that was read.
//
// One thread calls RunOnce; Request, SetCovered and busy are thread-safe.
#pragma once

#include <atomic>
#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "src/pipeline/judge.h"

namespace retainer::pipeline {

class Resync {
 public:
  static constexpr absl::Duration kSpacing = absl::Milliseconds(400);
  static constexpr absl::Duration kSlowSpacing = absl::Seconds(4);
  static constexpr int kQuickReads = 500;
  static constexpr absl::Duration kJustNow = absl::Minutes(1);
  // The forge's clock and ours differ: also read what changed this much before an instant.
  static constexpr absl::Duration kSlack = absl::Minutes(10);

  // All arguments must outlive this object.
  Resync(Judge& judge, Store& store, Clock& clock, Log& log, Metrics& metrics,
         const TermsHolder& terms)
      : judge_(judge), store_(store), clock_(clock), log_(log), metrics_(metrics), terms_(terms) {}

  // Requests a resync of the project: of what changed at or after `since`, or of all open tickets
  // (nullopt). If one is in progress, both requests are satisfied.
  absl::Status Request(const ProjectKey& project, const std::string& cause,
                       std::optional<absl::Time> since);

  // Records whether the policy covers the project. A resync of a project that is no longer covered
  // ends.
  absl::Status SetCovered(const ProjectKey& project, bool covered);

  // Does one step. Returns when the next is due (Steady); InfiniteFuture if there is nothing to do.
  absl::StatusOr<absl::Time> RunOnce();

  // True if something is left to read, as of the last check.
  bool busy() const { return busy_; }

 private:
  struct Listed {
    TicketKey key;
    std::optional<absl::Time> updated_at;
  };
  // The first unfinished resync of a forge that answers.
  absl::StatusOr<std::optional<ResyncRecord>> Next(absl::Time* later);
  absl::StatusOr<absl::Time> List(ResyncRecord record, absl::Time now);
  absl::StatusOr<absl::Time> Read(const Listed& listed, absl::Time now);
  absl::StatusOr<absl::Time> Failed(ResyncRecord record, const absl::Status& status,
                                    absl::Time now);
  absl::Status Finish(ResyncRecord record, absl::Time now);
  absl::StatusOr<std::optional<ResyncRecord>> Find(const ProjectKey& project);
  // Saves the progress of a resync, unless another one was requested meanwhile.
  absl::Status Save(ResyncRecord record);
  absl::StatusOr<bool> IsKnown(const Listed& listed);
  absl::Time Pace();

  Judge& judge_;
  Store& store_;
  Clock& clock_;
  Log& log_;
  Metrics& metrics_;
  const TermsHolder& terms_;
  std::atomic<bool> busy_ = false;
  std::mutex mutex_;  // held while a record is read and written back

  // The following belong to the thread that calls RunOnce.
  std::deque<Listed> page_;                       // unread tickets of `reading_`
  std::optional<ResyncRecord> reading_;           // the state to save when the page is read
  std::map<std::string, absl::Time> not_before_;  // key: forge; Steady
  std::map<std::string, int> failures_;           // key: forge; consecutive failures
  absl::Time hour_began_ = absl::InfinitePast();  // (Steady)
  int reads_ = 0;                                 // reads since then
};

}  // namespace retainer::pipeline
