#include "src/pipeline/timers.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/str_cat.h"
#include "src/pipeline/ticket_names.h"

namespace retainer::pipeline {
namespace {

constexpr absl::Duration kTryAgain = absl::Minutes(1);
// If more tickets are unreadable than this, frequent retries do not matter.
constexpr std::size_t kMaxBroken = 10'000;

bool OfPublicCustomer(const TicketRecord& record, const TermsHistory& terms) {
  return std::any_of(record.customers.begin(), record.customers.end(), [&](const auto& id) {
    const Customer* customer = terms.back()->policy.FindCustomer(id);
    return customer != nullptr && customer->is_public;
  });
}

}  // namespace

Timers::Timers(Judge& judge, Store& store, Clock& clock, Log& log, Metrics& metrics,
               const TermsHolder& terms, TimersOptions options)
    : judge_(judge),
      store_(store),
      clock_(clock),
      log_(log),
      metrics_(metrics),
      terms_(terms),
      options_(options) {}

void Timers::SetNextBeat(std::optional<absl::Time> at) {
  std::lock_guard lock(mutex_);
  next_beat_ = at;
}

absl::StatusOr<Timers::Due> Timers::ReadDue(absl::Time now, std::size_t limit) {
  // Tickets whose judging failed stay due: read more to get past them.
  auto due = store_.DueWakeups(now, limit + broken_.size());
  if (!due.ok()) return due.status();
  std::erase_if(*due, [&](const auto& entry) {
    const auto it = broken_.find(entry.second);
    return it != broken_.end() && clock_.Steady() < it->second;
  });
  if (due->size() > limit) due->resize(limit);
  return due;
}

absl::StatusOr<std::size_t> Timers::RunDue() {
  if (terms_.Get().empty()) return 0;
  const absl::Time now = clock_.Now();
  trouble_ = absl::OkStatus();
  std::size_t judged = 0;
  if (!crowd_) {
    auto due = ReadDue(now, options_.at_once + 1);
    if (!due.ok()) return due.status();
    if (due->size() <= options_.at_once) {
      for (const auto& [at, key] : *due) {
        const auto done = JudgeOne(at, key, now);
        if (!done.ok()) return done.status();
        judged += *done;
      }
      if (!trouble_.ok()) return trouble_;
      return judged;
    }
    if (absl::Status status = Gather(now); !status.ok()) return status;
  }
  const auto beaten = Beat(now);
  if (!beaten.ok()) return beaten.status();
  if (!trouble_.ok()) return trouble_;
  return *beaten;
}

absl::Status Timers::Gather(absl::Time now) {
  auto due = ReadDue(now, options_.crowd + 1);
  if (!due.ok()) return due.status();
  Crowd crowd;
  crowd.until = clock_.Steady() + options_.spread;
  crowd.more = due->size() > options_.crowd;
  if (crowd.more) due->resize(options_.crowd);

  const TermsHistory terms = terms_.Get();
  std::vector<std::pair<absl::Time, std::size_t>> order;  // next due instant, index in `due`
  constexpr std::size_t kPage = 256;
  for (std::size_t from = 0; from < due->size(); from += kPage) {
    std::vector<TicketKey> keys;
    for (std::size_t i = from; i < std::min(from + kPage, due->size()); ++i) {
      keys.push_back((*due)[i].second);
    }
    const auto records = store_.LoadRecords(keys);
    if (absl::IsDataLoss(records.status())) continue;  // then keep the order of wake-ups
    if (!records.ok()) return records.status();
    for (std::size_t i = 0; i < records->size(); ++i) {
      const TicketRecord& record = (*records)[i];
      if (!OfPublicCustomer(record, terms)) continue;
      order.emplace_back(record.next_due.value_or(absl::InfiniteFuture()), from + i);
    }
  }
  std::sort(order.begin(), order.end());
  std::vector<bool> taken(due->size(), false);
  for (const auto& [next_due, i] : order) {
    crowd.order.push_back(std::move((*due)[i]));
    taken[i] = true;
  }
  for (std::size_t i = 0; i < due->size(); ++i) {
    if (!taken[i]) crowd.order.push_back(std::move((*due)[i]));
  }
  log_.Info("many tickets are due at once; they are judged one after another",
            {{"tickets", absl::StrCat(crowd.order.size(), crowd.more ? " and more" : "")}});
  crowd_ = std::move(crowd);
  SetNextBeat(clock_.Steady());
  return absl::OkStatus();
}

absl::StatusOr<std::size_t> Timers::Beat(absl::Time now) {
  const absl::Time steady = clock_.Steady();
  {
    std::lock_guard lock(mutex_);
    if (next_beat_ && steady < *next_beat_) return 0;
  }
  const std::size_t left = crowd_->order.size() - crowd_->done;
  const double beats =
      std::max(1.0, std::ceil(absl::FDivDuration(crowd_->until - steady, options_.beat)));
  const auto wanted = static_cast<std::size_t>(std::ceil(static_cast<double>(left) / beats));
  const bool behind = crowd_->more || wanted > options_.at_once;
  const std::size_t quota = std::min(behind ? options_.at_once : wanted, left);
  std::size_t judged = 0;
  for (std::size_t i = 0; i < quota; ++i) {
    const auto& [at, key] = crowd_->order[crowd_->done];
    const auto done = JudgeOne(at, key, now);
    if (!done.ok()) {
      SetNextBeat(steady + options_.beat);
      return done.status();
    }
    judged += *done;
    ++crowd_->done;
  }
  if (crowd_->done == crowd_->order.size()) {
    crowd_.reset();
    SetNextBeat(std::nullopt);
  } else {
    SetNextBeat(behind ? steady : steady + options_.beat);
  }
  return judged;
}

absl::StatusOr<bool> Timers::JudgeOne(absl::Time at, const TicketKey& key, absl::Time now) {
  const auto decided = judge_.Decide(key, {});
  if (decided.ok()) {
    broken_.erase(key);
    metrics_.Observe("retainer_wakeup_lag_seconds", absl::ToDoubleSeconds(now - at));
    return true;
  }
  if (!IsTicketsOwn(decided.status())) return decided.status();
  trouble_.Update(decided.status());
  if (broken_.size() >= kMaxBroken) broken_.clear();
  broken_[key] = clock_.Steady() + kTryAgain;
  log_.Error("ticket could not be judged",
             {{"ticket", NameOf(store_, key)}, {"error", StatusText(decided.status())}});
  return false;
}

absl::StatusOr<absl::Time> Timers::NextWake() {
  if (terms_.Get().empty()) return absl::InfiniteFuture();
  {
    std::lock_guard lock(mutex_);
    if (next_beat_) return clock_.Now() + (*next_beat_ - clock_.Steady());
  }
  return store_.NextWakeup();
}

}  // namespace retainer::pipeline
