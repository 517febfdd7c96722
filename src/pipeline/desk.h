// Desk: the whole service without its HTTP server. Owns the threads.
//
// Threads, started by Start and ended by Stop:
//   one worker per forge      inbox -> decisions, with helpers while there is a page to process
//   one dispatcher per forge  dirty faces -> the forge
//   askers of each forge      open questions of decisions -> the forge; one more asker for
//                             questions for the sake of private customers
//   timers                    wake-ups that are due
//   notifier                  notices -> sinks, mentions -> the forge
//   reconciler                re-evaluation after a policy change; checks for trouble
//   scrubber                  reads and verifies all stored data
//   purchases                 what the forges' marketplaces list, once a day
//   projects                  which projects the policy covers; resync from their forges
//   delivery writer           waiting deliveries -> the store, many in one sync
//   one recovery per forge    asks for redelivery of failed deliveries; not in observe mode
// Each thread waits on a condition variable until the next instant that it knows of, at most a
// second. They share only the store, the judge and the terms, which are thread-safe. Accept,
// Operate, Inspect and Health run on the caller's thread. Everything in DeskPorts must outlive the
// desk.
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
#include "retainer/hours.h"
#include "retainer/log.h"
#include "retainer/metrics.h"
#include "retainer/notice_sink.h"
#include "retainer/store.h"
#include "retainer/subscriber.h"
#include "retainer/webhook.h"
#include "src/pipeline/ask_queue.h"
#include "src/pipeline/asker.h"
#include "src/pipeline/containment.h"
#include "src/pipeline/dispatcher.h"
#include "src/pipeline/inquiries.h"
#include "src/pipeline/intake.h"
#include "src/pipeline/judge.h"
#include "src/pipeline/mentions.h"
#include "src/pipeline/notices.h"
#include "src/pipeline/outside_acts.h"
#include "src/pipeline/project_watch.h"
#include "src/pipeline/purchases.h"
#include "src/pipeline/reconciler.h"
#include "src/pipeline/recovery.h"
#include "src/pipeline/restore_hold.h"
#include "src/pipeline/resync.h"
#include "src/pipeline/scrubber.h"
#include "src/pipeline/terms_holder.h"
#include "src/pipeline/throttle.h"
#include "src/pipeline/timers.h"
#include "src/pipeline/trace_book.h"
#include "src/pipeline/tries.h"
#include "src/pipeline/wakeable.h"
#include "src/pipeline/worker.h"

namespace retainer::pipeline {

struct DeskPorts {
  Store& store;
  Clock& clock;
  Log& log;
  Metrics& metrics;
  const Renderer& renderer;
  std::vector<const WebhookReceiver*> receivers;
  std::vector<ForgeSlot> forges;  // a forge without a client is never written to
  std::vector<NoticeSink*> sinks;
  base::Tracer* tracer = nullptr;  // null: nothing is traced
};

struct DeskOptions {
  bool observe = false;
  ReconcilerOptions reconciler;
  // For jitter. Empty: a seeded generator is used.
  std::function<double()> random;
  Worker::Observer observer;
  // See Intake::Arrives.
  Intake::Arrives arrives;
  // How many tickets of a forge are decided in parallel. 0: as many as there are cores, at most 8.
  std::size_t lanes = 0;
  // The shortest time between two tests whether the store can be written, whoever asks for the
  // health.
  absl::Duration probe_every = absl::Seconds(2);
  // The people whose data was erased (`retainer forget`). Nullptr: nobody's can be.
  Judge::WhoIsForgotten forgotten = nullptr;
  // The store's last restore from a backup (restore_hold.h).
  std::optional<Restored> restored = std::nullopt;
  // The address at which a ticket's customer can say how it was. Nullptr: there are no pages.
  std::function<std::string(const TicketKey& ticket)> rate_url = nullptr;
};

// A ticket's standing and the data behind it, computed now.
struct Inspection {
  TicketContext context;
  TicketRecord record;
  FactSet facts;
  Standing standing;
  TermsHistory terms;
  Pins pins;
  ShownFace shown;
  absl::Time at;
  // the result of Explain()
  std::string explanation;
};

struct ForgeState {
  std::string name;
  bool has_client = false;
  // Errors of the last round; empty if there was none.
  std::string worker_error;
  std::string dispatcher_error;
};

struct Health {
  bool ready = false;  // a policy is in force and the store can be read and written
  bool policy = false;
  std::string terms_id;
  std::string policy_trouble;  // see SetPolicyTrouble
  bool store = false;
  std::string store_error;
  std::vector<std::string> damaged;  // places in the store that cannot be read
  StoreStats stats;
  std::optional<absl::Duration> inbox_age;  // age of the oldest entry
  bool reevaluating = false;
  bool stopping = false;
  std::vector<ForgeState> forges;
};

class Desk {
 public:
  // So many tickets of a forge are asked about at once.
  static constexpr int kAskers = 4;

  Desk(DeskPorts ports, DeskOptions options);
  // Stops, and waits without a time limit.
  ~Desk();
  Desk(const Desk&) = delete;
  Desk& operator=(const Desk&) = delete;

  // REQUIRES: it was not started before.
  void Start();
  // Accepts no new deliveries (503), processes the inbox until `deadline` (real time from now),
  // then ends the threads. DeadlineExceeded if a thread is still in a call of a forge then; the
  // destructor waits for it. The inbox is on disk, so unprocessed entries are not lost.
  absl::Status Stop(absl::Duration deadline);

  // Replaces the terms in force by these, as they were written, with what subscribers hold by them
  // (subscriber.h). Empty: none yet. All tickets are judged again in the background.
  void SetTerms(TermsHistory terms);
  // The terms as they were written.
  TermsHistory written_terms() const;
  // A version that is not in force, with what subscribers hold by it.
  absl::StatusOr<std::shared_ptr<const Terms>> WithSubscribers(const Terms& terms);
  // What was wrong with the policy when it was last read, so that an older one stays in force.
  // Empty: nothing was wrong.
  void SetPolicyTrouble(std::string trouble);
  TermsHistory terms() const { return terms_.Get(); }

  // Replaces the sinks (Notifier::SetSinks). Nothing in observe mode.
  void SetSinks(std::vector<std::shared_ptr<NoticeSink>> sinks);

  // Time has jumped or something changed from outside: wakes all threads.
  void Nudge();

  // Waits until there is nothing left to do at the clock's present instant: the inbox is empty (if
  // terms are in force), no wake-up is due, no face can be shown, no notice is to be told, no
  // question waits for an asker, and no re-evaluation runs. DeadlineExceeded after `timeout` of
  // real time; the message says what is left. REQUIRES: started.
  absl::Status Settle(absl::Duration timeout);

  // `client`: the IP address of the request.
  IntakeAnswer Accept(std::string_view forge, const Headers& headers, std::string_view body,
                      const std::string& client = "");
  // Like Accept, without waiting for the disk (Intake::AcceptLater).
  void AcceptLater(std::string_view forge, const Headers& headers, std::string_view body,
                   const std::string& client, Intake::Done done);
  // Senders whose deliveries were refused recently as not genuine.
  std::vector<RefusedSender> Refused() const { return intake_.Refused(ports_.clock.Now()); }

  // NotFound, with what to do, if the project was never seen or the policy does not cover it.
  absl::StatusOr<TicketKey> Resolve(const TicketRef& ref);
  // Adds a fact to a ticket and decides. The decision is on disk when it returns. A ticket that was
  // never seen is read from its forge. FailedPrecondition while there are no terms. NotFound if the
  // forge has no such ticket; the forge's error if it does not answer.
  absl::StatusOr<Judged> Operate(const TicketKey& key, Fact fact);
  absl::StatusOr<Judged> Operate(const TicketRef& ref, Fact fact);
  // NotFound for a ticket without facts. FailedPrecondition while there are no terms. `customer`:
  // show only what this customer (id or alias) may know (StandingFor). Then also NotFound if it has
  // no claim, and InvalidArgument if the policy has no such customer. Empty: show everything.
  absl::StatusOr<Inspection> Inspect(const TicketRef& ref, const std::string& customer = "");
  // The context of a ticket in the store.
  absl::StatusOr<TicketContext> ContextOf(const TicketKey& key, const TicketRecord& record) {
    return judge_.Context(key, record);
  }

  // Which of the tickets are fixed in a ref of the project. Asks the forge.
  absl::StatusOr<RefFixes> FixedIn(const ProjectRecord& project, const std::string& ref,
                                   const std::vector<TicketKey>& tickets) {
    return containment_.FixedIn(project, ref, tickets);
  }

  // Adds a fact to a customer. `decide` gets what the customer's facts say; it is called again if
  // they changed meanwhile. The open tickets in which the fact's account takes part are judged
  // again in the background. Removing an account ends its sessions. Errors: those of `decide` and
  // of the store.
  using DecideFact = std::function<absl::StatusOr<CustomerFact>(const CustomerBook& book)>;
  absl::StatusOr<CustomerFact> ChangeCustomer(const std::string& customer,
                                              const DecideFact& decide);

  // Logs work for a customer (id) of the policy and returns the entry. `work.entry` may be empty; a
  // caller that repeats its call gives it, and gets the entry that is there. Errors: those of
  // MakeWorkLogged; NotFound: the policy has no such customer; FailedPrecondition: no policy.
  absl::StatusOr<HoursEntry> LogWork(const std::string& customer, Work work);
  // Corrects an entry and returns it as it is then. Errors as MakeWorkCorrected and LogWork.
  absl::StatusOr<HoursEntry> CorrectWork(const std::string& customer, const std::string& entry,
                                         WorkTime time, const std::string& why,
                                         const std::string& by);

  // Has notices of no ticket told. Those that were told before are skipped.
  absl::Status Tell(const std::vector<Notice>& notices);

  // Adds a fact about what an account pays for on a forge, and makes it count. Open tickets that
  // it may change are judged again in the background.
  absl::Status ChangeSubscriber(const CustomerFact& fact);

  // Starts a resync of a project, or of all that the policy covers if none is named. Returns which.
  // NotFound, with what to do, if the project is unknown; FailedPrecondition if it is not covered.
  absl::StatusOr<std::vector<ProjectKey>> ReadBack(const std::optional<ProjectRef>& project);
  // One step of a resync. Returns when the next is due, InfiniteFuture if nothing is left.
  // REQUIRES: not started; a running service does it by itself.
  absl::StatusOr<absl::Time> ReadBackStep();

  Health CheckHealth();

  // Sets the gauges of what the store holds, so that a scrape gets present values.
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
    std::vector<Thread*> asker_threads;
    Thread* hidden_asker_thread = nullptr;
    std::string worker_error;      // guarded by mutex_
    std::string dispatcher_error;  // guarded by mutex_
  };
  // Does one piece of work and returns when the next may be due.
  using RoundFunction = std::function<absl::Time()>;

  // Wraps the ports, so that forges and sinks are told nothing before it is on disk.
  static DeskPorts Guarded(DeskPorts ports, OutsideActs* acts);
  Thread* Spawn(std::string name, RoundFunction round);
  void WakeAll();
  void Progressed();
  bool Draining() const;
  std::size_t Lanes();
  absl::Time WorkerRound(ForgeThreads* forge);
  absl::Time DispatcherRound(ForgeThreads* forge);
  absl::Time AskerRound(ForgeThreads* forge, Sake sake);
  void WakeAskers(const std::string& forge, Sake sake);
  // Asks what is to be asked on the caller's thread.
  absl::Status AskNow();
  absl::Time TimersRound();
  absl::Time NotifierRound();
  absl::Time ReconcilerRound();
  absl::Time ScrubberRound();
  absl::Time PurchasesRound();
  absl::Time ProjectsRound();
  // News of a sponsorship or a purchase.
  absl::Status TakeSubscription(const Event& event, const Delivery& delivery);
  absl::StatusOr<std::vector<Subscriber>> ReadSubscribers();
  // Puts `written_` with the subscribers into `terms_`; without them if they cannot be read.
  // REQUIRES: written_mutex_ is held.
  absl::Status AddSubscribers();
  // Asks the forges whose the logins are by which customers of the policy may have subscribers, and
  // pins them. Takes what was pinned since, by this or otherwise, into the terms.
  absl::Status PinSubscribers();
  // Logins were not asked for yet.
  bool HasLoginsToPin() const;
  // Has the open tickets judged again that the change may concern, in the background: those with a
  // claim of its customers, those opened since it gives a plan, and those in which `account` takes
  // part (it may be empty) if that plan covers earlier ones. Others count when they are next
  // judged.
  absl::Status JudgeForSubscriber(const SubscriberChange& change, const Account& account);
  std::unique_ptr<Recovery> MakeRecovery(ForgeThreads* forge);
  // Reads back what changed in a project of the forge (its id; empty: in all that are covered).
  absl::Status ReadBackLost(const std::string& forge, const std::string& project, absl::Time since);
  void ProjectCovered();
  void ProjectChanged(const ProjectKey& project);
  // What is left to do, except notices.
  absl::StatusOr<std::string> Unsettled();
  // The notices left to tell, according to a round of the notifier that began when nothing else was
  // left. `begun`: how many rounds had begun then; set by the first call.
  absl::StatusOr<std::string> UntoldNotices(std::optional<std::uint64_t>* begun);
  // NotFound, with the reason why the project is unknown.
  absl::Status Unknown(const ProjectRef& project) const;
  // The customer of the policy in force.
  absl::StatusOr<Customer> CustomerInForce(const std::string& customer) const;
  absl::StatusOr<HoursEntry> ReadEntry(const Customer& customer, const std::string& entry);
  // Whether the store can be written; the result is cached for probe_every.
  absl::Status Writable();
  // Logs trouble that recurs every second at most once a minute.
  void LogTrouble(std::string_view event, const std::string& forge, const absl::Status& status);

  OutsideActs outside_acts_;
  const DeskPorts ports_;
  const DeskOptions options_;
  mutable std::mutex written_mutex_;  // also held while `terms_` is replaced
  // The following are guarded by written_mutex_.
  TermsHistory written_;
  std::optional<Pins> pins_;  // as in `terms_`; nullopt: there were no subscribers
  std::vector<Login> to_pin_;
  // When the forge is asked about `to_pin_` again (Steady); InfinitePast: it was not asked yet.
  absl::Time pin_again_ = absl::InfinitePast();
  TermsHolder terms_;
  Tries tries_;
  TraceBook traces_;
  AskQueue ask_queue_;
  Judge judge_;
  Inquiries inquiries_;
  Asker asker_;
  Containment containment_;
  Intake intake_;
  Timers timers_;
  RightOfWay right_of_way_;
  RestoreHold restore_hold_;
  MentionSink mentions_;
  Notifier notifier_;
  Reconciler reconciler_;
  Scrubber scrubber_;
  Purchases purchases_;
  Resync resync_;
  ProjectWatch projects_;
  std::vector<std::unique_ptr<ForgeThreads>> forges_;
  std::vector<std::unique_ptr<Thread>> threads_;
  Thread* timers_thread_ = nullptr;
  Thread* notifier_thread_ = nullptr;
  Thread* reconciler_thread_ = nullptr;
  Thread* purchases_thread_ = nullptr;
  Thread* projects_thread_ = nullptr;
  absl::Time next_read_back_ = absl::InfinitePast();  // only for the projects thread

  std::atomic<bool> stopping_ = false;
  mutable std::mutex mutex_;
  std::condition_variable changed_;                      // a round or a thread ended
  std::chrono::steady_clock::time_point drain_until_{};  // guarded by mutex_
  // State of the notifier, guarded by mutex_: rounds that have begun, the last one that ended, and
  // when (Steady) there will be more to tell according to that round.
  std::uint64_t notifier_begun_ = 0;
  std::uint64_t notifier_ended_ = 0;
  absl::Time notices_next_ = absl::InfinitePast();
  std::string policy_trouble_;  // guarded by mutex_
  Throttle trouble_{1};
  std::mutex probe_mutex_;
  absl::Status writable_;                                           // guarded by probe_mutex_
  std::optional<std::chrono::steady_clock::time_point> probed_at_;  // guarded by probe_mutex_
};

// The fact of an operator's command (`ParseCommand`): unique by operator, command and second.
Fact MakeOperatorFact(const Command& command, std::string_view operator_and_reason, absl::Time now);
// The fact that undoes the last act, of an operator or of people, that is equal to `act`.
Fact MakeUndoFact(Fact act);
// The fact of an excuse: METRIC and CUSTOMER, with the reason.
Fact MakeExcuseFact(Metric metric, std::string_view customer, std::string_view reason,
                    absl::Time now);
// One of these acts, done on a page. `contact_of`: the customer as whose contact it was done;
// empty: as one of the project's people.
Fact MakePageFact(Fact act, const std::string& contact_of);

}  // namespace retainer::pipeline
