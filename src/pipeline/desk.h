// Desk: the whole service behind the doors. Owns the threads.
//
// Threads, started by Start and ended by Stop:
//   one worker a forge       inbox -> decisions, with helpers while there is a page to do
//   one dispatcher a forge   dirty faces -> the forge
//   one inquirer a forge     what is asked of it for the sake of private customers, after the faces
//   timers                   wake-ups that are due
//   notifier                 notices -> sinks, mentions -> the forge
//   reconciler               re-evaluation after a policy change, the look for trouble
//   scrubber                 the look at all that is stored
//   projects                 which ones the policy covers; reading them back from their forges
//   delivery writer          deliveries that wait -> the store, many in one sync
//   one recovery a forge     what the forge could not deliver is asked for again; not in observe
// Each waits on a condition variable until the next instant it knows of, at most a second. They
// share nothing but the store, the judge and the terms, all thread-safe. Accept, Operate, Inspect
// and Health run on the caller's thread. Everything in DeskPorts outlives the desk.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "retainer/clock.h"
#include "retainer/core.h"
#include "retainer/face.h"
#include "retainer/forge.h"
#include "retainer/log.h"
#include "retainer/metrics.h"
#include "retainer/notice_sink.h"
#include "retainer/store.h"
#include "retainer/webhook.h"
#include "src/pipeline/containment.h"
#include "src/pipeline/dispatcher.h"
#include "src/pipeline/follow_ups.h"
#include "src/pipeline/intake.h"
#include "src/pipeline/judge.h"
#include "src/pipeline/mentions.h"
#include "src/pipeline/notices.h"
#include "src/pipeline/outside_acts.h"
#include "src/pipeline/project_watch.h"
#include "src/pipeline/reconciler.h"
#include "src/pipeline/recovery.h"
#include "src/pipeline/resync.h"
#include "src/pipeline/scrubber.h"
#include "src/pipeline/terms_holder.h"
#include "src/pipeline/throttle.h"
#include "src/pipeline/timers.h"
#include "src/pipeline/wakeable.h"
#include "src/pipeline/worker.h"

namespace retainer {

struct DeskPorts {
  Store& store;
  Clock& clock;
  Log& log;
  Metrics& metrics;
  const Renderer& renderer;
  std::vector<const WebhookReceiver*> receivers;
  std::vector<ForgeSlot> forges;  // a slot without a client is never written to
  std::vector<NoticeSink*> sinks;
};

struct DeskOptions {
  bool observe = false;
  ReconcilerOptions reconciler;
  // For jitter; a seeded generator where empty.
  std::function<double()> random;
  Worker::Observer observer;
  // Tickets of a forge that are decided side by side; 0: as many as there are cores, at most 8.
  std::size_t lanes = 0;
  // Whether the store can be written is tried at most so often, whoever asks for our health.
  absl::Duration probe_every = absl::Seconds(2);
};

// A ticket's standing and what it comes from, computed now.
struct Inspection {
  TicketContext context;
  TicketRecord record;
  FactSet facts;
  Standing standing;
  TermsHistory terms;
  Pins pins;
  ShownFace shown;
  absl::Time at;
  // Explain() of it.
  std::string explanation;
};

struct ForgeState {
  std::string name;
  bool has_client = false;
  // The last round's trouble; empty when it went well.
  std::string worker_error;
  std::string dispatcher_error;
};

struct Health {
  bool ready = false;  // a policy is in force and the store can be read and written
  bool policy = false;
  std::string terms_id;
  std::string policy_trouble;  // as SetPolicyTrouble
  bool store = false;
  std::string store_error;
  std::vector<std::string> damaged;  // places of the store that cannot be read
  StoreStats stats;
  std::optional<absl::Duration> inbox_age;  // of the oldest entry
  bool reevaluating = false;
  bool stopping = false;
  std::vector<ForgeState> forges;
};

class Desk {
 public:
  Desk(DeskPorts ports, DeskOptions options);
  // Stops, waiting as long as it takes.
  ~Desk();
  Desk(const Desk&) = delete;
  Desk& operator=(const Desk&) = delete;

  // REQUIRES: not started.
  void Start();
  // No new deliveries are taken (503); what is in the inbox is worked off as far as `deadline`
  // (real time from now) allows, then the threads end. DeadlineExceeded when one is still in a call
  // of a forge then; the destructor waits for it. The inbox is on disk: what was not reached is not
  // lost.
  absl::Status Stop(absl::Duration deadline);

  // Swaps the terms in force; empty: none yet. Every ticket is judged again in the background.
  void SetTerms(TermsHistory terms);
  // What was wrong with the policy when it was last read, so that an older one stays in force;
  // empty: nothing.
  void SetPolicyTrouble(std::string trouble);
  TermsHistory terms() const { return terms_.Get(); }

  // Time has jumped or something changed from outside: everybody looks again now.
  void Nudge();

  // Until there is nothing left to do at the clock's present instant: inbox empty (where terms are
  // in force), no wake-up due, no face that could be brought to a forge, no notice to tell, no
  // re-evaluation under way. DeadlineExceeded, naming what is left, after `timeout` of real time.
  // REQUIRES: started.
  absl::Status Settle(absl::Duration timeout);

  // `client`: the address that the request comes from.
  IntakeAnswer Accept(std::string_view forge, const Headers& headers, std::string_view body,
                      const std::string& client = "");
  // As Accept, without waiting for the disk (Intake::AcceptLater).
  void AcceptLater(std::string_view forge, const Headers& headers, std::string_view body,
                   const std::string& client, Intake::Done done);
  // Whose deliveries were refused as not genuine of late.
  std::vector<RefusedSender> Refused() const { return intake_.Refused(ports_.clock.Now()); }

  // NotFound with the mend where the project was never seen, or the policy does not cover it.
  absl::StatusOr<TicketKey> Resolve(const TicketRef& ref);
  // Joins a fact to a ticket and decides, on disk when it returns. A ticket never seen before is
  // completed from its forge. FailedPrecondition while there are no terms; NotFound where the forge
  // has no such ticket, and the forge's error where it does not say.
  absl::StatusOr<Judged> Operate(const TicketKey& key, Fact fact);
  absl::StatusOr<Judged> Operate(const TicketRef& ref, Fact fact);
  // NotFound for a ticket without facts; FailedPrecondition while there are no terms. `customer`:
  // what that one may know of it (StandingFor), by id or alias; NotFound too where it has no claim,
  // InvalidArgument where the policy has no such customer. Empty: everything.
  absl::StatusOr<Inspection> Inspect(const TicketRef& ref, const std::string& customer = "");
  // What is known around a ticket of the store.
  absl::StatusOr<TicketContext> ContextOf(const TicketKey& key, const TicketRecord& record) {
    return judge_.Context(key, record, std::nullopt);
  }

  // Which of the tickets a ref of the project fixes; asks the forge.
  absl::StatusOr<RefFixes> FixedIn(const ProjectRecord& project, const std::string& ref,
                                   const std::vector<TicketKey>& tickets) {
    return containment_.FixedIn(project, ref, tickets);
  }

  // Has a project (all that the policy covers, where none is named) read back from its forge;
  // which. NotFound, with the mend, for one that is not known, FailedPrecondition for one that is
  // not covered.
  absl::StatusOr<std::vector<ProjectKey>> ReadBack(const std::optional<ProjectRef>& project);
  // One step of reading back; when the next is due, InfiniteFuture where nothing is left.
  // REQUIRES: not started; a service that runs does it by itself.
  absl::StatusOr<absl::Time> ReadBackStep();

  Health CheckHealth();

  // Sets the gauges that tell what the store holds, so that a scrape finds them true.
  void TellFigures();

 private:
  // After trouble of the store: not at once, not much later.
  static constexpr absl::Duration kStorePause = absl::Seconds(1);

  struct Thread {
    std::string name;
    std::function<absl::Time()> round;
    Wakeable wakeable;
    std::thread thread;
    bool done = false;  // guarded by mutex_
  };
  struct ForgeThreads {
    ForgeSlot slot;
    std::unique_ptr<Worker> worker;
    std::unique_ptr<Dispatcher> dispatcher;
    std::unique_ptr<Recovery> recovery;
    Thread* worker_thread = nullptr;
    Thread* dispatcher_thread = nullptr;
    Thread* inquirer_thread = nullptr;
    std::string worker_error;      // guarded by mutex_
    std::string dispatcher_error;  // guarded by mutex_
  };
  // A round does one piece of work and says when the next may be due.
  using RoundFunction = std::function<absl::Time()>;

  // The same, with nothing told to forges and sinks before it is on disk.
  static DeskPorts Guarded(DeskPorts ports, OutsideActs* acts);
  Thread* Spawn(std::string name, RoundFunction round);
  void WakeAll();
  void Progressed();
  bool Draining() const;
  std::size_t Lanes();
  absl::Time WorkerRound(ForgeThreads* forge);
  absl::Time DispatcherRound(ForgeThreads* forge);
  absl::Time InquirerRound(ForgeThreads* forge);
  absl::Time TimersRound();
  absl::Time NotifierRound();
  absl::Time ReconcilerRound();
  absl::Time ScrubberRound();
  absl::Time ProjectsRound();
  void ProjectCovered();
  void ProjectChanged(const ProjectKey& project);
  // What is left but notices.
  absl::StatusOr<std::string> Unsettled();
  // Likewise of notices, as a round of the notifier found them that began when nothing else was
  // left. `begun`: how many had begun by then; set by the first look.
  absl::StatusOr<std::string> UntoldNotices(std::optional<std::uint64_t>* begun);
  // Why nothing is known of a project: NotFound.
  absl::Status Unknown(const ProjectRef& project) const;
  // The store's word on being written, at most probe_every old.
  absl::Status Writable();
  // One line a minute of trouble that comes back every second.
  void LogTrouble(std::string_view event, const std::string& forge, const absl::Status& status);

  OutsideActs outside_acts_;
  const DeskPorts ports_;
  const DeskOptions options_;
  TermsHolder terms_;
  FollowUps follow_ups_;
  Judge judge_;
  Containment containment_;
  Intake intake_;
  Timers timers_;
  RightOfWay right_of_way_;
  MentionSink mentions_;
  Notifier notifier_;
  Reconciler reconciler_;
  Scrubber scrubber_;
  Resync resync_;
  ProjectWatch projects_;
  std::vector<std::unique_ptr<ForgeThreads>> forges_;
  std::vector<std::unique_ptr<Thread>> threads_;
  Thread* timers_thread_ = nullptr;
  Thread* notifier_thread_ = nullptr;
  Thread* reconciler_thread_ = nullptr;
  Thread* projects_thread_ = nullptr;
  absl::Time next_read_back_ = absl::InfinitePast();  // of that thread

  std::atomic<bool> stopping_ = false;
  mutable std::mutex mutex_;
  std::condition_variable changed_;                      // a round ended, or a thread did
  std::chrono::steady_clock::time_point drain_until_{};  // guarded by mutex_
  // Of the notifier, guarded by mutex_: rounds that have begun, the last that ended, and when
  // (Steady) that one found that there would be more to tell.
  std::uint64_t notifier_begun_ = 0;
  std::uint64_t notifier_ended_ = 0;
  absl::Time notices_next_ = absl::InfinitePast();
  std::string policy_trouble_;  // guarded by mutex_
  Throttle trouble_{1};
  std::mutex probe_mutex_;
  absl::Status writable_;                                           // guarded by probe_mutex_
  std::optional<std::chrono::steady_clock::time_point> probed_at_;  // guarded by probe_mutex_
};

// A fact as an operator's command (`ParseCommand`) makes it: unique by operator, command and
// second.
Fact MakeOperatorFact(const Command& command, std::string_view operator_and_reason, absl::Time now);
// Takes back the last act of the operator's, or of people's, that such a fact stands for.
Fact MakeUndoFact(Fact act);
// An excuse: METRIC and CUSTOMER, with the reason.
Fact MakeExcuseFact(Metric metric, std::string_view customer, std::string_view reason,
                    absl::Time now);

}  // namespace retainer
