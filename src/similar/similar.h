// Solved tickets that are like another one, for the project's people. Nothing of it is ever posted.
//
// A thread of its own keeps the index as the store is: it looks at the closed tickets with the
// latest activity, and goes through all tickets again and again. No delivery and no decision waits
// for it, and no search waits for the thread. What it finds is compared by the
// ticket's version, so an empty index fills by itself. Thread-safe.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "retainer/clock.h"
#include "retainer/log.h"
#include "retainer/store.h"
#include "src/pipeline/may_read.h"
#include "src/similar/evaluation.h"
#include "src/similar/index.h"
#include "src/similar/solved.h"

namespace retainer::similar {

struct SimilarTicket {
  TicketRecord record;
  Solved solved = Solved::kNo;
  double score = 0;
};

// Who asks.
struct Asking {
  // For those who may read everything the whole shelf is searched, else the open one.
  pipeline::Reader reader;
  std::size_t limit = 5;
  absl::Duration patience = absl::Seconds(5);
};

class Similar {
 public:
  // `forges`: the configured names. `path`: of the index; empty: in memory. `terms`: those in
  // force; without them no project ceases to be covered.
  Similar(Store& store, Clock& clock, Log& log, std::vector<std::string> forges, std::string path,
          std::function<TermsHistory()> terms = nullptr);
  ~Similar();

  void Start();
  void Stop();
  bool is_running() const { return thread_.joinable(); }

  // One step: looks at some tickets. True if a walk over all tickets ended with it.
  absl::StatusOr<bool> Step();
  // Steps until the index has every ticket of the store.
  absl::Status CatchUp();
  // Catches up, and drops from the file what is no longer in the store (`retainer forget`).
  absl::Status DropRemoved();

  // Those above the threshold, the most alike first. NotFound: no such ticket. Errors: the store's
  // and the index's.
  absl::StatusOr<std::vector<SimilarTicket>> FindFor(const TicketKey& ticket, const Asking& asking);

  // Measures the search on the store's own duplicates, among all its tickets, and keeps the
  // threshold that it finds. They are read page by page. Cancelled when the service stops.
  absl::StatusOr<Evaluation> Evaluate();
  absl::StatusOr<double> Threshold();

 private:
  void Run();
  // The projects that were read, by key. Nullopt: it is not known.
  using Projects = std::map<std::string, std::optional<ProjectRecord>>;
  absl::Status Look(const std::vector<TicketRecord>& records);
  // Whether nothing of the ticket's words is kept any more.
  bool IsOld(const TicketRecord& record, const std::optional<ProjectRecord>& project,
             const TermsHistory& terms) const;
  // Adds all tickets. Returns the duplicates among them.
  absl::StatusOr<std::vector<TicketKey>> AddAll(Measurement* measurement, Projects* projects);
  absl::StatusOr<Judged> ReadJudged(const TicketRecord& record, Projects* projects);
  bool stopping();
  absl::StatusOr<std::optional<ProjectRecord>> ProjectOf(const TicketKey& ticket, Projects* known);

  Store& store_;
  Clock& clock_;
  Log& log_;
  const std::vector<std::string> forges_;
  const std::string path_;
  const std::function<TermsHistory()> terms_;
  Index index_;

  std::mutex evaluating_mutex_;
  std::mutex step_mutex_;
  std::size_t forge_ = 0;           // guarded by step_mutex_: where the walk is
  std::optional<TicketKey> after_;  // guarded by step_mutex_

  std::mutex mutex_;
  std::condition_variable ended_;
  bool stopping_ = false;  // guarded by mutex_
  std::thread thread_;
};

}  // namespace retainer::similar
