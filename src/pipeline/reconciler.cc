#include "src/pipeline/reconciler.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "src/pipeline/ticket_names.h"

namespace retainer::pipeline {

Reconciler::Reconciler(Judge& judge, Store& store, Clock& clock, Log& log, Metrics& metrics,
                       const TermsHolder& terms, std::vector<std::string> forges,
                       ReconcilerOptions options)
    : judge_(judge),
      store_(store),
      clock_(clock),
      log_(log),
      metrics_(metrics),
      terms_(terms),
      options_(std::move(options)),
      forges_(std::move(forges)) {}

void Reconciler::TermsChanged() {
  const TermsHistory terms = terms_.Get();
  if (terms.empty()) return;
  // Include the number of versions, because terms that are restored have the same id as before.
  const std::string cause =
      absl::StrCat(options_.program, " ", terms.size(), " ", terms.back()->id);
  std::lock_guard lock(mutex_);
  if (state_.cause == cause) return;
  // Judge everything again if the progress cannot be read.
  auto stored = store_.LoadReevaluation();
  ++epoch_;
  if (stored.ok() && stored->cause == cause) {
    state_ = *std::move(stored);
    if (!state_.sweeps.empty()) {
      log_.Info("tickets are judged again, continued after a restart",
                {{"judged", absl::StrCat(state_.judged)}});
    }
    return;
  }
  state_ = {};
  state_.cause = cause;
  for (const std::string& forge : forges_) state_.sweeps.push_back({forge, "", std::nullopt});
  log_.Info("tickets are judged again", {{"terms", terms.back()->id}});
}

void Reconciler::ProjectChanged(const ProjectKey& project) {
  Add({project.forge, project.id, std::nullopt});
}

void Reconciler::AccountChanged(const std::string& forge, const std::string& account) {
  Add({forge, "", std::nullopt, account});
}

void Reconciler::Add(Sweep sweep) {
  {
    std::lock_guard lock(mutex_);
    ++epoch_;
    const auto same =
        std::find_if(state_.sweeps.begin(), state_.sweeps.end(), [&](const Sweep& there) {
          return there.forge == sweep.forge && there.project == sweep.project &&
                 there.account == sweep.account;
        });
    if (same != state_.sweeps.end()) {
      same->after.reset();
    } else {
      state_.sweeps.push_back(std::move(sweep));
    }
  }
  if (const absl::Status saved = Save(); !saved.ok()) {
    log_.Warning("which tickets are to be judged again is not saved yet",
                 {{"error", StatusText(saved)}});
  }
}

bool Reconciler::busy() const {
  std::lock_guard lock(mutex_);
  return !state_.sweeps.empty();
}

absl::Status Reconciler::Save() {
  std::lock_guard saving(save_mutex_);
  Reevaluation state;
  {
    std::lock_guard lock(mutex_);
    state = state_;
  }
  return store_.SaveReevaluation(state);
}

void Reconciler::Report(bool done) {
  metrics_.Set("retainer_reevaluating", done ? 0 : 1);
  const absl::Time steady = clock_.Steady();
  if (!done && steady < next_report_) return;
  next_report_ = done ? absl::InfinitePast() : steady + options_.look_every;
  std::lock_guard lock(mutex_);
  log_.Info(done ? "tickets were judged again" : "tickets are being judged again",
            {{"judged", absl::StrCat(state_.judged)}});
}

absl::StatusOr<bool> Reconciler::JudgeAgain(const TicketKey& key) {
  const auto records = store_.LoadRecords({key});
  if (!records.ok()) return records.status();
  const TicketRecord& record = records->front();
  // A closed ticket without a wake-up has nothing that new terms could change for readers.
  if (!record.open && !record.wake_at) {
    const auto project = store_.FindProject({key.forge, key.project});
    if (!project.ok()) return project.status();
    // Lists show the ticket with its project's present name.
    if (!*project || (*project)->path == record.project_path) return false;
  }
  const auto judged = judge_.Decide(key, {});
  if (!judged.ok()) return judged.status();
  return true;
}

void Reconciler::LookAtTheClock() {
  constexpr absl::Duration kSlewed = absl::Seconds(2);
  const absl::Duration ahead = clock_.Now() - clock_.Steady();
  const absl::Duration before = ahead_.value_or(ahead);
  ahead_ = ahead;
  if (before - ahead < kSlewed) return;
  log_.Warning("the clock was set back; tickets are judged again",
               {{"by", absl::FormatDuration(absl::Trunc(before - ahead, absl::Seconds(1)))}});
  std::lock_guard lock(mutex_);
  ++epoch_;
  state_.sweeps.clear();
  for (const std::string& forge : forges_) state_.sweeps.push_back({forge, "", std::nullopt});
}

absl::StatusOr<Reconciler::Round> Reconciler::RunOnce() {
  Round round;
  LookAtTheClock();
  const absl::Time now = clock_.Now();
  if (clock_.Steady() >= next_look_) {
    const absl::Status looked = Look(now);
    if (!looked.ok()) return looked;
    next_look_ = clock_.Steady() + options_.look_every;
  }
  round.next = next_look_;
  if (terms_.Get().empty()) {
    // Nothing can be judged now. A later policy starts a new sweep.
    std::lock_guard lock(mutex_);
    state_ = {};
    return round;
  }

  std::optional<Sweep> sweep;
  std::uint64_t epoch = 0;
  {
    std::lock_guard lock(mutex_);
    if (!state_.sweeps.empty()) sweep = state_.sweeps.front();
    epoch = epoch_;
  }
  if (!sweep) return round;
  const auto page =
      sweep->account.empty()
          ? store_.ListTicketKeys(sweep->forge, sweep->project, sweep->after, options_.page)
          : store_.ListTicketKeysOf(sweep->forge, sweep->account, sweep->after, options_.page);
  if (!page.ok()) return page.status();
  for (const TicketKey& key : *page) {
    const auto judged = JudgeAgain(key);
    if (judged.ok()) {
      round.judged += *judged ? 1 : 0;
    } else if (IsTicketsOwn(judged.status())) {
      log_.Error("ticket could not be judged",
                 {{"ticket", NameOf(store_, key)}, {"error", StatusText(judged.status())}});
    } else {
      return judged.status();
    }
  }
  metrics_.Count("retainer_reevaluated_tickets_total", {}, static_cast<double>(round.judged));
  {
    std::lock_guard lock(mutex_);
    state_.judged += round.judged;
    if (epoch == epoch_) {
      if (page->size() < options_.page) {
        state_.sweeps.erase(state_.sweeps.begin());
      } else {
        state_.sweeps.front().after = page->back();
      }
    }
    round.more = !state_.sweeps.empty();
  }
  if (const absl::Status saved = Save(); !saved.ok()) return saved;
  Report(!round.more);
  return round;
}

absl::Status Reconciler::TellFigures() {
  const auto stats = store_.Stats();
  if (!stats.ok()) return stats.status();
  return TellFigures(*stats, clock_.Now());
}

absl::Status Reconciler::TellFigures(const StoreStats& stats, absl::Time now) {
  metrics_.Set("retainer_inbox_entries", static_cast<double>(stats.inbox));
  const auto tell_age = [&](const char* name, const std::optional<absl::Time>& oldest) {
    metrics_.Set(name, oldest ? std::max(absl::ToDoubleSeconds(now - *oldest), 0.0) : 0);
  };
  tell_age("retainer_inbox_age_seconds", stats.oldest_inbox);
  metrics_.Set("retainer_set_aside_entries", static_cast<double>(stats.set_aside));
  tell_age("retainer_set_aside_age_seconds", stats.oldest_set_aside);
  metrics_.Set("retainer_dirty_faces", static_cast<double>(stats.dirty_faces));
  tell_age("retainer_dirty_face_age_seconds", stats.oldest_dirty);
  metrics_.Set("retainer_backlog_faces", static_cast<double>(stats.backlog_faces));
  metrics_.Set("retainer_dead_faces", static_cast<double>(stats.dead_faces));
  tell_age("retainer_dead_face_age_seconds", stats.oldest_dead_face);
  metrics_.Set("retainer_dead_notices", static_cast<double>(stats.dead_notices));
  tell_age("retainer_dead_notice_age_seconds", stats.oldest_dead_notice);
  metrics_.Set("retainer_pending_notices", static_cast<double>(stats.pending_notices));
  tell_age("retainer_pending_notice_age_seconds", stats.oldest_notice);
  const auto open = store_.CountOpenByState();
  if (!open.ok()) return open.status();
  std::map<Metrics::Labels, double> open_by;
  for (const OpenCount& kind : *open) {
    open_by[{{"plan", kind.plan.empty() ? "none" : kind.plan},
             {"priority", kind.priority.empty() ? "none" : kind.priority},
             {"state", kind.state ? std::string(ClockStateName(*kind.state)) : "none"}}] +=
        static_cast<double>(kind.count);
  }
  for (const auto& [labels, count] : open_by) {
    metrics_.Set("retainer_open_tickets", count, labels);
  }
  const auto noise = store_.ReadNoise(MonthOf(now), 1);
  if (!noise.ok()) return noise.status();
  metrics_.Set("retainer_noisiest_ticket_notifications",
               noise->noisiest.empty() ? 0 : static_cast<double>(noise->noisiest.front().second));
  for (const NoiseKind kind : {NoiseKind::kStatus, NoiseKind::kMention, NoiseKind::kAssignment}) {
    const auto count = noise->kinds.find(kind);
    metrics_.Set("retainer_notifications_of_month",
                 count == noise->kinds.end() ? 0 : static_cast<double>(count->second),
                 {{"kind", std::string(NoiseKindName(kind))}});
  }
  const auto ledger = store_.ReadLedgerHead();
  if (!ledger.ok()) return ledger.status();
  metrics_.Set("retainer_ledger_records", static_cast<double>(ledger->length));
  return absl::OkStatus();
}

absl::Status Reconciler::Look(absl::Time now) {
  const auto stats = store_.Stats();
  if (!stats.ok()) return stats.status();
  if (absl::Status told = TellFigures(*stats, now); !told.ok()) return told;
  if (stats->oldest_inbox && now - *stats->oldest_inbox > options_.stuck_after) {
    log_.Warning("deliveries wait in the inbox",
                 {{"entries", absl::StrCat(stats->inbox)},
                  {"oldest", absl::FormatDuration(now - *stats->oldest_inbox)},
                  {"why", terms_.Get().empty() ? "no valid policy" : "see the errors above"}});
  }
  if (stats->set_aside > set_aside_) {
    log_.Warning("deliveries are set aside", {{"entries", absl::StrCat(stats->set_aside)},
                                              {"mend", "see `retainer inbox list`"}});
  }
  set_aside_ = stats->set_aside;
  if (clock_.Steady() >= next_expiry_) {
    const auto expired = store_.Expire(now - options_.keep_deliveries);
    if (!expired.ok()) return expired.status();
    // If something expired, there may be more.
    next_expiry_ = clock_.Steady() + (*expired > 0 ? absl::Minutes(1) : absl::Hours(1));
  }
  return LookAtCustomers();
}

absl::Status Reconciler::LookAtCustomers() {
  const TermsHistory terms = terms_.Get();
  if (terms.empty()) return absl::OkStatus();
  if (clock_.Steady() < next_customers_ && terms.back()->id == customers_of_) {
    return absl::OkStatus();
  }
  if (absl::Status told = judge_.TellOfCustomers(); !told.ok()) return told;
  customers_of_ = terms.back()->id;
  next_customers_ = clock_.Steady() + absl::Hours(1);
  return absl::OkStatus();
}

}  // namespace retainer::pipeline
