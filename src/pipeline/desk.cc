#include "src/pipeline/desk.h"

#include <algorithm>
#include <chrono>
#include <random>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "src/pipeline/ticket_names.h"

namespace retainer::pipeline {
namespace {

using Steady = std::chrono::steady_clock;

std::vector<std::string> Names(const std::vector<ForgeSlot>& forges) {
  std::vector<std::string> names;
  for (const ForgeSlot& slot : forges) names.push_back(slot.name);
  return names;
}

IntakeAnswer Stopping() {
  return {503, "stopping", "The service is stopping; send it again.", absl::Seconds(10)};
}

}  // namespace

Desk::Desk(DeskPorts ports, DeskOptions options)
    : outside_acts_(ports.store),
      ports_(Guarded(std::move(ports), &outside_acts_)),
      options_(std::move(options)),
      tries_(ports_.clock, ports_.forges),
      traces_(ports_.tracer, ports_.clock),
      ask_queue_([this](const std::string& forge, Sake sake) { WakeAskers(forge, sake); }),
      judge_(ports_.store, ports_.clock, ports_.log, ports_.metrics, terms_, ports_.forges,
             Asking{tries_, ask_queue_}, options_.forgotten),
      inquiries_(ports_.store, ports_.clock, ports_.log, ports_.metrics, ports_.forges, tries_),
      asker_(judge_, inquiries_, ask_queue_, ports_.store, ports_.clock, &traces_),
      containment_(judge_, ports_.store, ports_.clock, ports_.log),
      intake_(
          ports_.receivers, ports_.store, ports_.clock, ports_.log, ports_.metrics,
          [this](const std::string& forge) {
            for (const auto& mine : forges_) {
              if (mine->slot.name == forge && mine->worker_thread != nullptr) {
                mine->worker_thread->wakeable.Wake();
              }
            }
          },
          options_.arrives, ports_.tracer),
      timers_(judge_, ports_.store, ports_.clock, ports_.log, ports_.metrics, terms_),
      restore_hold_(ports_.store, options_.restored),
      mentions_(judge_, ports_.store, ports_.renderer, ports_.clock, ports_.log, ports_.metrics,
                terms_, right_of_way_, options_.observe, &restore_hold_, options_.rate_url),
      notifier_(ports_.store, ports_.clock, ports_.log, ports_.metrics, terms_, judge_,
                options_.observe ? std::vector<NoticeSink*>() : ports_.sinks, &mentions_,
                &restore_hold_),
      reconciler_(judge_, ports_.store, ports_.clock, ports_.log, ports_.metrics, terms_,
                  Names(ports_.forges), options_.reconciler),
      scrubber_(ports_.store, ports_.clock, ports_.log, ports_.metrics),
      purchases_(ports_.store, ports_.clock, ports_.log, terms_, ports_.forges,
                 [this](const CustomerFact& fact) { return ChangeSubscriber(fact); }),
      resync_(judge_, ports_.store, ports_.clock, ports_.log, ports_.metrics, terms_),
      projects_(
          judge_, ports_.store, ports_.clock, ports_.log, ports_.metrics, terms_, resync_,
          [this](const std::string& forge) {
            for (const auto& mine : forges_) {
              if (mine->slot.name == forge && mine->worker_thread != nullptr) {
                mine->worker_thread->wakeable.Wake();
              }
            }
          },
          [this](const ProjectKey& project) { ProjectChanged(project); }) {
  for (const ForgeSlot& slot : ports_.forges) {
    auto mine = std::make_unique<ForgeThreads>();
    mine->slot = slot;
    for (const WebhookReceiver* receiver : ports_.receivers) {
      if (receiver->forge() != slot.name) continue;
      mine->worker = std::make_unique<Worker>(
          *receiver, judge_, ports_.store, ports_.clock, ports_.log, ports_.metrics, terms_,
          [this](const ProjectKey& project) { ProjectChanged(project); }, options_.observer,
          [this](const ProjectKey&) { ProjectCovered(); },
          WorkerOptions{[this] { return Lanes(); }, [this] { intake_.load().GiveWay(); },
                        [this](const Event& event, const Delivery& delivery) {
                          return TakeSubscription(event, delivery);
                        },
                        &traces_});
    }
    DispatcherOptions dispatch;
    dispatch.observe = options_.observe;
    dispatch.right_of_way = &right_of_way_;
    dispatch.restore_hold = &restore_hold_;
    dispatch.self = [this, name = slot.name] { return inquiries_.Self(name); };
    dispatch.random = options_.random;
    dispatch.rate_url = options_.rate_url;
    dispatch.traces = &traces_;
    if (!dispatch.random) {
      dispatch.random = [engine = std::minstd_rand(std::random_device()())]() mutable {
        return std::uniform_real_distribution<double>(0, 1)(engine);
      };
    }
    mine->dispatcher =
        std::make_unique<Dispatcher>(slot, judge_, ports_.store, ports_.renderer, ports_.clock,
                                     ports_.log, ports_.metrics, std::move(dispatch));
    if (slot.client != nullptr && !options_.observe) {
      mine->recovery = MakeRecovery(mine.get());
      restore_hold_.AwaitDeliveries(slot.name);
    }
    forges_.push_back(std::move(mine));
  }
}

Desk::~Desk() {
  (void)Stop(absl::ZeroDuration());
  for (const auto& thread : threads_) {
    if (thread->thread.joinable()) thread->thread.join();
  }
}

Desk::Thread* Desk::Spawn(std::string name, RoundFunction round) {
  threads_.push_back(std::make_unique<Thread>());
  Thread* thread = threads_.back().get();
  thread->name = std::move(name);
  thread->round = std::move(round);
  return thread;
}

void Desk::Start() {
  // Create all threads before the first one runs, because rounds wake one another.
  intake_.Start();
  for (const auto& mine : forges_) {
    ForgeThreads* forge = mine.get();
    if (forge->worker) {
      forge->worker_thread = Spawn(absl::StrCat("worker ", forge->slot.name),
                                   [this, forge] { return WorkerRound(forge); });
    }
    forge->dispatcher_thread = Spawn(absl::StrCat("dispatcher ", forge->slot.name),
                                     [this, forge] { return DispatcherRound(forge); });
    if (forge->slot.client != nullptr) {
      for (int i = 0; i < kAskers; ++i) {
        forge->asker_threads.push_back(
            Spawn(absl::StrCat("asker ", forge->slot.name),
                  [this, forge] { return AskerRound(forge, Sake::kEverybody); }));
      }
      forge->hidden_asker_thread =
          Spawn(absl::StrCat("hidden asker ", forge->slot.name),
                [this, forge] { return AskerRound(forge, Sake::kHidden); });
    }
    if (forge->recovery) {
      Recovery* recovery = forge->recovery.get();
      Spawn(absl::StrCat("recovery ", forge->slot.name),
            [recovery, next = absl::InfinitePast(), &clock = ports_.clock]() mutable {
              // News for other threads wake this one too: wait until it is due.
              if (clock.Steady() >= next) next = recovery->RunOnce();
              return next;
            });
    }
  }
  timers_thread_ = Spawn("timers", [this] { return TimersRound(); });
  notifier_thread_ = Spawn("notifier", [this] { return NotifierRound(); });
  reconciler_thread_ = Spawn("reconciler", [this] { return ReconcilerRound(); });
  projects_thread_ = Spawn("projects", [this] { return ProjectsRound(); });
  Spawn("scrubber", [this] { return ScrubberRound(); });
  purchases_thread_ = Spawn("purchases", [this] { return PurchasesRound(); });
  for (const auto& mine : forges_) {
    // What is not found now, the tickets' wake-ups find.
    const absl::Status refilled = asker_.Refill(mine->slot.name);
    if (!refilled.ok()) LogTrouble("open questions could not be read", mine->slot.name, refilled);
  }

  for (const auto& each : threads_) {
    Thread* thread = each.get();
    thread->thread = std::thread([this, thread] {
      const bool works_off = thread->name.starts_with("worker ");
      while (!stopping_ || (works_off && Draining())) {
        const absl::Time next = thread->round();
        Progressed();
        if (stopping_ && next > ports_.clock.Steady()) break;
        if (!stopping_) thread->wakeable.WaitUntil(next, ports_.clock);
      }
      {
        std::lock_guard lock(mutex_);
        thread->done = true;
      }
      changed_.notify_all();
    });
  }
}

bool Desk::Draining() const {
  std::lock_guard lock(mutex_);
  return Steady::now() < drain_until_;
}

std::size_t Desk::Lanes() {
  // An observer needs the order of arrival.
  if (options_.observer) return 1;
  // During a flood intake needs the processor: use only one lane.
  if (intake_.load().is_flood()) return 1;
  const std::size_t cores =
      options_.lanes > 0 ? options_.lanes : std::thread::hardware_concurrency();
  return std::clamp<std::size_t>(cores, 1, 8);
}

absl::Status Desk::Stop(absl::Duration deadline) {
  const Steady::time_point until = Steady::now() + absl::ToChronoNanoseconds(deadline);
  {
    std::lock_guard lock(mutex_);
    // Half of the time for the inbox, half for calls in progress.
    drain_until_ = Steady::now() + absl::ToChronoNanoseconds(deadline / 2);
    stopping_ = true;
  }
  // Deliveries that were received completely are stored and answered.
  intake_.Stop();
  WakeAll();
  {
    std::unique_lock lock(mutex_);
    const auto all_done = [this] {
      return std::all_of(threads_.begin(), threads_.end(),
                         [](const auto& thread) { return thread->done; });
    };
    if (!changed_.wait_until(lock, until, all_done)) {
      std::vector<std::string> names;
      for (const auto& thread : threads_) {
        if (!thread->done) names.push_back(thread->name);
      }
      return absl::DeadlineExceededError(
          absl::StrCat("still in a call: ", absl::StrJoin(names, ", ")));
    }
  }
  for (const auto& thread : threads_) {
    if (thread->thread.joinable()) thread->thread.join();
  }
  return absl::OkStatus();
}

void Desk::SetPolicyTrouble(std::string trouble) {
  ports_.metrics.Set("retainer_policy_refused", trouble.empty() ? 0 : 1);
  std::lock_guard lock(mutex_);
  policy_trouble_ = std::move(trouble);
}

void Desk::WakeAll() {
  for (const auto& thread : threads_) thread->wakeable.Wake();
}

void Desk::Nudge() { WakeAll(); }

void Desk::Progressed() {
  // The lock ensures that no thread between its check and its wait misses the notification.
  { std::lock_guard lock(mutex_); }
  changed_.notify_all();
}

absl::Time Desk::WorkerRound(ForgeThreads* forge) {
  const auto done = forge->worker->RunOnce();
  {
    std::lock_guard lock(mutex_);
    forge->worker_error = done.ok() ? "" : StatusText(done.status());
  }
  if (!done.ok()) {
    LogTrouble("worker stopped for a moment", forge->slot.name, done.status());
    return ports_.clock.Steady() + kStorePause;
  }
  if (*done == 0) return absl::InfiniteFuture();
  for (const auto& mine : forges_) mine->dispatcher_thread->wakeable.Wake();
  timers_thread_->wakeable.Wake();
  notifier_thread_->wakeable.Wake();
  return absl::InfinitePast();
}

absl::Time Desk::DispatcherRound(ForgeThreads* forge) {
  const auto round = forge->dispatcher->RunOnce();
  {
    std::lock_guard lock(mutex_);
    forge->dispatcher_error = round.ok() ? "" : StatusText(round.status());
  }
  if (!round.ok()) {
    LogTrouble("dispatcher stopped for a moment", forge->slot.name, round.status());
    return ports_.clock.Steady() + kStorePause;
  }
  if (round->finished > 0) return absl::InfinitePast();
  return round->next;
}

absl::Time Desk::TimersRound() {
  const auto judged = timers_.RunDue();
  if (!judged.ok()) {
    LogTrouble("timers had trouble", "", judged.status());
    return ports_.clock.Steady() + kStorePause;
  }
  if (*judged > 0) {
    for (const auto& mine : forges_) mine->dispatcher_thread->wakeable.Wake();
    notifier_thread_->wakeable.Wake();
  }
  const auto next = timers_.NextWake();
  if (!next.ok()) return ports_.clock.Steady() + kStorePause;
  if (*judged == 0 && *next <= ports_.clock.Now()) return ports_.clock.Steady() + kStorePause;
  return ports_.clock.Steady() + (*next - ports_.clock.Now());
}

absl::Time Desk::NotifierRound() {
  {
    std::lock_guard lock(mutex_);
    ++notifier_begun_;
  }
  const auto round = notifier_.RunOnce();
  if (!round.ok()) {
    LogTrouble("notifier had trouble", "", round.status());
    return ports_.clock.Steady() + kStorePause;
  }
  std::lock_guard lock(mutex_);
  notifier_ended_ = notifier_begun_;
  notices_next_ = round->next;
  return round->next;
}

absl::Time Desk::ScrubberRound() {
  const auto next = scrubber_.RunOnce();
  if (next.ok()) return *next;
  LogTrouble("the store could not be looked through", "", next.status());
  return ports_.clock.Steady() + Scrubber::kStepPause;
}

absl::Time Desk::ReconcilerRound() {
  const auto round = reconciler_.RunOnce();
  if (!round.ok()) {
    LogTrouble("reconciler had trouble", "", round.status());
    return ports_.clock.Steady() + kStorePause;
  }
  if (round->judged > 0) {
    for (const auto& mine : forges_) mine->dispatcher_thread->wakeable.Wake();
    timers_thread_->wakeable.Wake();
    notifier_thread_->wakeable.Wake();
  }
  return round->more ? absl::InfinitePast() : round->next;
}

absl::StatusOr<std::string> Desk::Unsettled() {
  const bool has_terms = !terms_.Get().empty();
  if (has_terms && reconciler_.busy()) return "tickets are judged again";
  const absl::Time now = ports_.clock.Now();
  for (const auto& mine : forges_) {
    if (!has_terms || !mine->worker) continue;
    auto entries = ports_.store.ReadInbox(mine->slot.name, 0, 1);
    if (!entries.ok()) return entries.status();
    if (!entries->empty()) return absl::StrCat("the inbox of ", mine->slot.name);
    // On record, not in the queue alone: a decision is committed before its questions are queued.
    auto asks = ports_.store.FindAsks(mine->slot.name, std::nullopt, 1);
    if (!asks.ok()) return asks.status();
    if (!asks->empty()) return absl::StrCat("questions to ", mine->slot.name);
  }
  if (has_terms && ask_queue_.busy()) return "questions to a forge";
  if (purchases_thread_ != nullptr && HasLoginsToPin()) return "logins of subscribers";
  auto wake = timers_.NextWake();
  if (!wake.ok()) return wake.status();
  if (*wake <= now) return "a wake-up that is due";
  for (const auto& mine : forges_) {
    auto faces = ports_.store.ReadDirtyFaces(mine->slot.name, now, 1);
    if (!faces.ok()) return faces.status();
    if (!faces->empty())
      return absl::StrCat("the face of ", NameOf(ports_.store, (*faces)[0].ticket));
  }
  return "";
}

absl::StatusOr<std::string> Desk::UntoldNotices(std::optional<std::uint64_t>* begun) {
  if (terms_.Get().empty()) return "";
  auto notices = ports_.store.ReadNotices(1);
  if (!notices.ok()) return notices.status();
  if (notices->empty()) return "";
  {
    std::lock_guard lock(mutex_);
    if (!*begun) *begun = notifier_begun_;
    const bool looked = notifier_ended_ > **begun;
    const bool later =
        notices_next_ > ports_.clock.Steady() && notices_next_ < absl::InfiniteFuture();
    if (looked && later) return "";
  }
  notifier_thread_->wakeable.Wake();
  return absl::StrCat("notice ", (*notices)[0].id);
}

absl::Status Desk::Settle(absl::Duration timeout) {
  const Steady::time_point until = Steady::now() + absl::ToChronoNanoseconds(timeout);
  WakeAll();
  std::optional<std::uint64_t> begun;
  for (;;) {
    auto left = Unsettled();
    if (left.ok() && !left->empty()) begun.reset();
    if (left.ok() && left->empty()) left = UntoldNotices(&begun);
    if (!left.ok()) return left.status();
    if (left->empty()) return absl::OkStatus();
    std::unique_lock lock(mutex_);
    if (Steady::now() >= until) {
      return absl::DeadlineExceededError(absl::StrCat("not settled: ", *left));
    }
    // Limited, because a round may have ended between the check and the wait.
    changed_.wait_until(lock, std::min(until, Steady::now() + std::chrono::milliseconds(50)));
  }
}

IntakeAnswer Desk::Accept(std::string_view forge, const Headers& headers, std::string_view body,
                          const std::string& client) {
  if (stopping_) return Stopping();
  return intake_.Accept(forge, headers, body, ports_.clock.Now(), client);
}

void Desk::AcceptLater(std::string_view forge, const Headers& headers, std::string_view body,
                       const std::string& client, Intake::Done done) {
  if (stopping_) {
    done(Stopping());
    return;
  }
  intake_.AcceptLater(forge, headers, body, ports_.clock.Now(), client, std::move(done));
}

absl::StatusOr<TicketKey> Desk::Resolve(const TicketRef& ref) {
  auto project = ports_.store.FindProjectByPath({ref.forge, ref.path});
  if (!project.ok()) return project.status();
  if (!*project) return Unknown({ref.forge, ref.path});
  return TicketKey{ref.forge, (*project)->key.id, ref.kind, ref.number};
}

absl::StatusOr<Judged> Desk::Operate(const TicketKey& key, Fact fact) {
  if (absl::Status there = inquiries_.Confirm(key); !there.ok()) return there;
  News news;
  news.facts.push_back(std::move(fact));
  auto judged = asker_.DecideAndAsk(key, news);
  WakeAll();
  if (!judged.ok()) return judged;
  // Unlike a delivery, an operator's fact is stored nowhere else.
  if (absl::Status durable = ports_.store.MakeDurable(); !durable.ok()) return durable;
  return judged;
}

absl::StatusOr<Judged> Desk::Operate(const TicketRef& ref, Fact fact) {
  auto key = Resolve(ref);
  if (!key.ok()) return key.status();
  return Operate(*key, std::move(fact));
}

absl::StatusOr<Inspection> Desk::Inspect(const TicketRef& ref, const std::string& customer) {
  auto key = Resolve(ref);
  if (!key.ok()) return key.status();
  Inspection inspection;
  inspection.terms = terms_.Get();
  if (inspection.terms.empty()) {
    return absl::FailedPreconditionError(
        "no valid policy is in force yet: `retainer check` says what is wrong with it");
  }
  auto stored = ports_.store.LoadTicket(*key);
  if (!stored.ok()) return stored.status();
  if (stored->facts.empty()) {
    auto project = ports_.store.FindProject({key->forge, key->project});
    if (!project.ok()) return project.status();
    if (*project && !Covers(inspection.terms, NamesOf(**project)))
      return Unknown({ref.forge, (*project)->path});
    return absl::NotFoundError(absl::StrCat("nothing is known of ", ToString(ref)));
  }
  (void)inquiries_.Self(key->forge);
  auto context = judge_.Context(*key, stored->record, inspection.terms);
  if (!context.ok()) return context.status();
  auto pins = ports_.store.LoadPins();
  if (!pins.ok()) return pins.status();
  auto shown = ports_.store.LoadShown(*key);
  if (!shown.ok()) return shown.status();
  inspection.context = *std::move(context);
  inspection.record = std::move(stored->record);
  inspection.facts = std::move(stored->facts);
  inspection.pins = *std::move(pins);
  inspection.shown = *std::move(shown);
  inspection.at = ports_.clock.Now();
  if (customer.empty()) {
    inspection.standing = Evaluate(inspection.context, inspection.facts, inspection.terms,
                                   inspection.pins, inspection.at);
  } else {
    const Customer* known = inspection.terms.back()->policy.FindCustomer(customer);
    if (known == nullptr) {
      return absl::InvalidArgumentError(
          absl::StrCat("the policy has no customer \"", customer, "\": give an id or an alias"));
    }
    const std::string id = known->id;
    auto theirs = StandingFor(inspection.context, inspection.facts, inspection.terms,
                              inspection.pins, inspection.at, id);
    if (!theirs) {
      return absl::NotFoundError(absl::StrCat(id, " has no claim on ", ToString(ref)));
    }
    inspection.standing = *std::move(theirs);
    inspection.terms = TermsFor(inspection.terms, inspection.at, id);
  }
  inspection.explanation = Explain(inspection.context, inspection.facts, inspection.standing,
                                   inspection.terms, inspection.at);
  return inspection;
}

void Desk::LogTrouble(std::string_view event, const std::string& forge,
                      const absl::Status& status) {
  const auto kept_back =
      trouble_.Allow(absl::StrCat(std::string(event), forge), ports_.clock.Steady());
  if (!kept_back) return;
  ports_.log.Error(event, {{"forge", forge},
                           {"error", StatusText(status)},
                           {"more_like_it", absl::StrCat(*kept_back)}});
}

void Desk::TellFigures() {
  const absl::Status told = reconciler_.TellFigures();
  if (!told.ok()) LogTrouble("figures could not be read", "", told);
}

absl::Status Desk::Writable() {
  std::lock_guard lock(probe_mutex_);
  const Steady::time_point now = Steady::now();
  if (!probed_at_ || now - *probed_at_ >= absl::ToChronoNanoseconds(options_.probe_every)) {
    writable_ = ports_.store.CheckWritable();
    probed_at_ = now;
  }
  return writable_;
}

Health Desk::CheckHealth() {
  Health health;
  const TermsHistory terms = terms_.Get();
  health.policy = !terms.empty();
  if (health.policy) health.terms_id = terms.back()->id;
  auto stats = ports_.store.Stats();
  if (stats.ok()) {
    health.stats = *stats;
    if (stats->oldest_inbox) health.inbox_age = ports_.clock.Now() - *stats->oldest_inbox;
  }
  health.store_error = stats.ok() ? "" : StatusText(stats.status());
  if (const absl::Status writable = Writable(); health.store_error.empty() && !writable.ok()) {
    health.store_error = StatusText(writable);
  }
  health.reevaluating = reconciler_.busy();
  health.damaged = scrubber_.damaged();
  health.stopping = stopping_;
  {
    std::lock_guard lock(mutex_);
    health.policy_trouble = policy_trouble_;
    for (const auto& mine : forges_) {
      health.forges.push_back({mine->slot.name, mine->slot.client != nullptr, mine->worker_error,
                               mine->dispatcher_error});
      // Workers and dispatchers return only errors of the store; errors of forges are handled
      // inside.
      if (health.store_error.empty()) health.store_error = mine->worker_error;
      if (health.store_error.empty()) health.store_error = mine->dispatcher_error;
    }
  }
  health.store = health.store_error.empty();
  health.ready = health.policy && health.store && !health.stopping;
  return health;
}

Fact MakeOperatorFact(const Command& command, std::string_view operator_and_reason,
                      absl::Time now) {
  Fact fact;
  fact.kind = FactKind::kOperator;
  fact.provenance = Provenance::kOperator;
  fact.at = now;
  fact.value = operator_and_reason;
  fact.text.commands.push_back(command);
  fact.id = MakeFactId(fact.kind, absl::StrCat(ToString(command), " by ", fact.value),
                       absl::StrCat(absl::ToUnixMicros(now)));
  return fact;
}

Fact MakeUndoFact(Fact act) {
  act.labels = {std::string(kUndone)};
  act.id = MakeFactId(act.kind, absl::StrCat("undo ", act.id), "");
  return act;
}

Fact MakePageFact(Fact act, const std::string& contact_of) {
  act.provenance = Provenance::kPage;
  if (!contact_of.empty()) act.labels = {std::string(kContactOf) + contact_of};
  act.id = MakeFactId(act.kind, absl::StrCat("page ", act.id), "");
  return act;
}

Fact MakeExcuseFact(Metric metric, std::string_view customer, std::string_view reason,
                    absl::Time now) {
  Fact fact;
  fact.kind = FactKind::kOperator;
  fact.provenance = Provenance::kOperator;
  fact.at = now;
  const std::string_view name = MetricName(metric);
  fact.subject = std::string(name) + " " + std::string(customer);
  fact.value = reason;
  fact.id = MakeFactId(fact.kind, fact.subject, absl::StrCat(absl::ToUnixMicros(now)));
  return fact;
}

}  // namespace retainer::pipeline
