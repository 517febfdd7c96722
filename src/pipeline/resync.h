// Resync: reads back what happened in a project while nobody told us of it. Its open tickets, or
// those that changed since an instant, are listed by the forge's API and read one after another;
// what they hold becomes facts, as a delivery's would, and what was known already changes nothing.
//
// It is bounded and paced: one call of a list or one ticket a step, kSpacing apart for the first
// kQuickReads of an hour, then kSlowSpacing. How far it has come is in the store, written after
// every page: a restart goes on from there. Nothing old is told: notices of what was due before a
// ticket was read are passed over, and what its issue should show comes at the pace of the backlog.
//
// The forge's list goes by when a ticket was last updated, the earliest first: what is touched
// while it is read moves to its end, so that nothing slips from a page that was not read yet to one
// that was.
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

namespace retainer {

class Resync {
 public:
  static constexpr absl::Duration kSpacing = absl::Milliseconds(400);
  static constexpr absl::Duration kSlowSpacing = absl::Seconds(4);
  static constexpr int kQuickReads = 500;
  static constexpr absl::Duration kJustNow = absl::Minutes(1);
  // The forge's clock and ours differ: what changed shortly before an instant is read too.
  static constexpr absl::Duration kSlack = absl::Minutes(10);

  // Everything outlives this object.
  Resync(Judge& judge, Store& store, Clock& clock, Log& log, Metrics& metrics,
         const TermsHolder& terms)
      : judge_(judge), store_(store), clock_(clock), log_(log), metrics_(metrics), terms_(terms) {}

  // Has the project read back: what changed at or after `since`, nullopt for all that is open.
  // Where it is being read already, what is wanted of both is read.
  absl::Status Request(const ProjectKey& project, const std::string& cause,
                       std::optional<absl::Time> since);

  // Whether the policy covers the project, for whoever asks later what has changed. What it covers
  // no more is not read on.
  absl::Status SetCovered(const ProjectKey& project, bool covered);

  // One step. When the next is due (Steady); InfiniteFuture where there is none to do.
  absl::StatusOr<absl::Time> RunOnce();

  // Is there something left to read, as far as was looked?
  bool busy() const { return busy_; }

 private:
  struct Listed {
    TicketKey key;
    std::optional<absl::Time> updated_at;
  };
  // The first that is not finished, of a forge that answers.
  absl::StatusOr<std::optional<ResyncRecord>> Next(absl::Time* later);
  absl::StatusOr<absl::Time> List(ResyncRecord record, absl::Time now);
  absl::StatusOr<absl::Time> Read(const Listed& listed, absl::Time now);
  absl::StatusOr<absl::Time> Failed(ResyncRecord record, const absl::Status& status,
                                    absl::Time now);
  absl::Status Finish(ResyncRecord record, absl::Time now);
  absl::StatusOr<std::optional<ResyncRecord>> Find(const ProjectKey& project);
  // Writes down how far a reading has come, unless another is wanted meanwhile.
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

  // Of the thread that calls RunOnce.
  std::deque<Listed> page_;                       // of `reading_`, still to be read
  std::optional<ResyncRecord> reading_;           // as it is to be written once the page is read
  std::map<std::string, absl::Time> not_before_;  // by forge (Steady)
  std::map<std::string, int> failures_;           // by forge, in a row
  absl::Time hour_began_ = absl::InfinitePast();  // (Steady)
  int reads_ = 0;                                 // since then
};

}  // namespace retainer
