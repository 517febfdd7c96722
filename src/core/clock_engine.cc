#include "clock_engine.h"

#include <algorithm>
#include <cmath>
#include <cstdint>

#include "absl/strings/str_cat.h"

namespace retainer::core {
namespace {

// Sorted, disjoint, within [from, until).
std::vector<Interval> Clip(const std::vector<Interval>& a, const std::vector<Interval>& b,
                           absl::Time from, absl::Time until) {
  if (a.empty() && b.empty()) return {};
  std::vector<Interval> all;
  for (const std::vector<Interval>* list : {&a, &b}) {
    // Each list is in order and disjoint: only its overlapping part is looked at.
    auto it = std::partition_point(list->begin(), list->end(),
                                   [&](const Interval& i) { return i.until <= from; });
    for (; it != list->end() && it->from < until; ++it) {
      const Interval& interval = *it;
      const Interval clipped{std::max(interval.from, from), std::min(interval.until, until)};
      if (clipped.from < clipped.until) all.push_back(clipped);
    }
  }
  std::sort(all.begin(), all.end(), [](const Interval& x, const Interval& y) {
    return x.from != y.from ? x.from < y.from : x.until < y.until;
  });
  std::vector<Interval> merged;
  for (const Interval& interval : all) {
    if (!merged.empty() && interval.from <= merged.back().until) {
      merged.back().until = std::max(merged.back().until, interval.until);
    } else {
      merged.push_back(interval);
    }
  }
  return merged;
}

absl::Time Due(const CycleWork& work, const std::vector<Interval>& pauses) {
  if (work.fixed_due) return *work.fixed_due;
  absl::Time due = absl::InfiniteFuture();
  for (const Leg& leg : work.legs) {
    due = std::min(due, leg.calendar->Deadline(leg.from, leg.open, pauses));
  }
  return due;
}

// The instant at which all but `shift` (below zero) of the target is used up.
absl::Time InstantAfter(const CycleWork& work, absl::Duration shift) {
  if (work.fixed_due && work.legs.empty()) return *work.fixed_due;
  absl::Time at = absl::InfiniteFuture();
  for (const Leg& leg : work.legs) {
    const absl::Duration open = leg.open + shift;
    at = std::min(at, open <= absl::ZeroDuration()
                          ? leg.from
                          : leg.calendar->Deadline(leg.from, open, work.cycle.pauses));
  }
  return at;
}

class Run {
 public:
  Run(const Need& need, const std::vector<Interval>& waits, absl::Time now,
      std::vector<CycleWork>* done)
      : need_(need), waits_(waits), now_(now), done_(*done) {}

  void Enter(const Regime& regime, absl::Time from) {
    const std::shared_ptr<const Promise>* promise = regime.Find(need_.metric);
    if (promise == nullptr) {
      if (open_) Finish(from, nullptr, /*cancelled=*/true, "no longer promised: " + regime.why);
      return;
    }
    if (!open_) {
      Start(*promise, from);
    } else if ((*promise)->target != target_ || (*promise)->calendar.get() != calendar_) {
      Change(*promise, from, regime.why);
    }
    promise_ = promise;
  }

  // Rule 8. The two have run side by side: the longer of the times counts, not their sum, and what
  // was due earlier stays due then.
  void Arrive(const Carry& carry) {
    if (open_) {
      Absorb(carry, carry.at);
    } else {
      held_.push_back(carry);
    }
  }

  void Done() {
    if (open_) {
      if (need_.stop) {
        Finish(*need_.stop, need_.stop_fact, need_.cancelled, need_.note);
      } else {
        Leave();
      }
    }
  }

 private:
  using Shared = std::shared_ptr<const Promise>;

  void Start(const Shared& promise, absl::Time from) {
    open_ = true;
    first_promise_ = promise_ = &promise;
    CycleWork& work = done_.emplace_back();
    work.cycle.started = from;
    if (from == need_.start) work.cycle.start_fact = need_.start_fact;
    elapsed_ = absl::ZeroDuration();
    counted_from_ = from;
    target_ = promise->target;
    calendar_ = promise->calendar.get();
    work.legs.push_back({from, target_, calendar_, 0});
    for (const Carry& carry : held_) Absorb(carry, from);
    held_.clear();
  }

  void Absorb(const Carry& carry, absl::Time at) {
    const std::vector<Interval> until_now = Clip(need_.pauses, waits_, work().cycle.started, at);
    const absl::Duration own = elapsed_ + calendar_->Elapsed(counted_from_, at, until_now);
    const absl::Time old_due = Due(work(), until_now);
    Part(*promise_, at, std::max(own, carry.elapsed),
         absl::StrCat("a claim came that had used ", absl::FormatDuration(carry.elapsed),
                      " on another ticket, of its time here ", absl::FormatDuration(own),
                      " was used: the longer counts"));
    if (carry.breached_due) {
      if (old_due > at) work().told_until = at;
      work().fixed_due =
          old_due > at ? *carry.breached_due : std::min(old_due, *carry.breached_due);
    }
    if (carry.elapsed <= own) return;
    if (old_due > at) work().told_until = at;
    elapsed_ = carry.elapsed;
    counted_from_ = at;
    work().legs.push_back({at, target_ - carry.elapsed, calendar_, LastStretch()});
  }

  // Rule 9.
  void Change(const Shared& promise, absl::Time at, const std::string& why) {
    const std::vector<Interval> until_now = Clip(need_.pauses, waits_, work().cycle.started, at);
    elapsed_ += calendar_->Elapsed(counted_from_, at, until_now);
    counted_from_ = at;
    target_ = promise->target;
    calendar_ = promise->calendar.get();
    Part(promise, at, elapsed_, why);
    const absl::Time old_due = Due(work(), until_now);
    if (old_due <= at) {
      // Rationale: the promise then in force was broken; other terms afterwards do not mend that.
      work().fixed_due = old_due;
      return;
    }
    const absl::Duration left = target_ - elapsed_;
    const absl::Time carried_due =
        left <= absl::ZeroDuration() ? at : calendar_->Deadline(at, left, until_now);
    if (carried_due <= old_due) {
      work().legs.push_back({at, target_, calendar_, LastStretch()});
    } else {
      work().legs.clear();
      work().legs.push_back({at, left, calendar_, LastStretch()});
    }
  }

  // From `at` on the cycle is under `promise`.
  void Part(const Shared& promise, absl::Time at, absl::Duration elapsed, const std::string& why) {
    const auto stretch = [](const Shared& ruling, absl::Time from, absl::Duration used) {
      Stretch s;
      s.from = from;
      s.promise = ruling;
      s.elapsed = used;
      return s;
    };
    std::vector<Stretch>& stretches = work().cycle.stretches;
    if (stretches.empty()) {
      stretches.push_back(stretch(*first_promise_, work().cycle.started, absl::ZeroDuration()));
    }
    stretches.push_back(stretch(promise, at, elapsed));
    stretches.back().why = why;
  }

  std::size_t LastStretch() { return work().cycle.stretches.size() - 1; }

  void Fill(absl::Time until, absl::Time counted_until) {
    Cycle& cycle = work().cycle;
    cycle.promise = *promise_;
    work().calendar = calendar_;
    cycle.pauses = Clip(need_.pauses, waits_, cycle.started, until);
    const bool simple = work().legs.size() == 1 && !work().fixed_due && cycle.stretches.empty();
    if (simple) {
      const Leg& leg = work().legs.front();
      const BusinessTime::Reckoning both =
          leg.calendar->Reckon(leg.from, leg.open, counted_until, cycle.pauses);
      cycle.due = both.due;
      cycle.elapsed = both.elapsed;
    } else {
      cycle.due = Due(work(), cycle.pauses);
      cycle.elapsed = elapsed_ + calendar_->Elapsed(counted_from_, counted_until, cycle.pauses);
    }
    cycle.due_stands = work().fixed_due.has_value();
    if (!cycle.stretches.empty()) {
      for (const Leg& leg : work().legs) {
        Stretch& stretch = cycle.stretches[leg.stretch];
        stretch.has_leg = true;
        stretch.open = leg.open;
        stretch.due = leg.calendar->Deadline(leg.from, leg.open, cycle.pauses);
      }
    }
    for (std::size_t i = 0; i < need_.pauses.size(); ++i) {
      const Interval& pause = need_.pauses[i];
      if (pause.until <= cycle.started || pause.from >= until) continue;
      const auto& [stopped, resumed] = need_.pause_facts[i];
      cycle.resumed.push_back(
          {pause, stopped == nullptr ? "" : stopped->id, resumed == nullptr ? "" : resumed->id});
    }
  }

  void Leave() {
    Fill(absl::InfiniteFuture(), std::max(now_, work().cycle.started));
    Cycle& cycle = work().cycle;
    cycle.at_risk_at = std::min(cycle.due, InstantAfter(work(), cycle.promise->at_risk_shift));
    for (const Interval& pause : cycle.pauses) {
      cycle.paused_now |= pause.from <= now_ && now_ < pause.until;
    }
    open_ = false;
  }

  void Finish(absl::Time stop, const Fact* fact, bool cancelled, const std::string& note) {
    Cycle& cycle = work().cycle;
    cycle.stopped = stop;
    cycle.stop_fact = fact;
    // The stop ends every pause; how long one lasted until then is what it was worth.
    Fill(stop, stop);
    cycle.note = note;
    if (cancelled && (cycle.due >= stop || need_.moves)) {
      cycle.outcome = Outcome::kCancelled;
    } else {
      // Rationale: what was broken before it was cancelled stays broken.
      cycle.outcome = stop <= cycle.due ? Outcome::kMet : Outcome::kMissed;
    }
    open_ = false;
  }

  CycleWork& work() { return done_.back(); }  // of the open cycle

  const Need& need_;
  const std::vector<Interval>& waits_;
  const absl::Time now_;
  std::vector<CycleWork>& done_;
  std::vector<Carry> held_;  // until something is promised
  bool open_ = false;
  const Shared* promise_ = nullptr;        // in force last
  const Shared* first_promise_ = nullptr;  // … when the cycle began
  absl::Duration elapsed_;
  absl::Time counted_from_;
  absl::Duration target_;
  const BusinessTime* calendar_ = nullptr;
};

}  // namespace

absl::Time InstantOf(const CycleWork& work, double fraction) {
  return InstantAfter(work, Shift(work.cycle.promise->target, fraction));
}

absl::Time NoEarlierThan(const CycleWork& work, double fraction) {
  // Whole seconds: this is asked of every cycle, and a Duration's product with a fraction is slow.
  const double seconds = (fraction - 1.0) * absl::ToDoubleSeconds(work.cycle.promise->target);
  const absl::Duration shift = absl::Seconds(static_cast<std::int64_t>(std::floor(seconds)) - 1);
  absl::Time at = work.fixed_due.value_or(absl::InfiniteFuture());
  for (const Leg& leg : work.legs) {
    at = std::min(at, leg.from + std::max(leg.open + shift, absl::ZeroDuration()));
  }
  return at;
}

void RunClock(const Need& need, const std::vector<Regime>& regimes,
              const std::vector<Interval>& waits, absl::Time now, std::vector<CycleWork>* cycles) {
  Run run(need, waits, now, cycles);
  const absl::Time end = need.stop.value_or(absl::InfiniteFuture());
  std::size_t first = 0;
  while (first + 1 < regimes.size() && regimes[first + 1].at <= need.start) ++first;
  std::size_t carry = 0;
  for (std::size_t i = first; i < regimes.size(); ++i) {
    const absl::Time from = std::max(need.start, regimes[i].at);
    if (i != first && from >= end) break;
    while (carry < need.carries.size() && need.carries[carry].at < from) {
      run.Arrive(need.carries[carry++]);
    }
    run.Enter(regimes[i], from);
  }
  while (carry < need.carries.size()) run.Arrive(need.carries[carry++]);
  run.Done();
}

ClockState StateOf(const std::vector<CycleWork>& cycles, absl::Time now) {
  if (cycles.empty()) return ClockState::kPending;
  const Cycle& cycle = cycles.back().cycle;
  switch (cycle.outcome) {
    case Outcome::kMet:
      return ClockState::kMet;
    case Outcome::kMissed:
      return ClockState::kMissed;
    case Outcome::kCancelled:
      return ClockState::kCancelled;
    case Outcome::kExcused:
      return ClockState::kExcused;
    case Outcome::kOpen:
      break;
  }
  if (cycle.due <= now) return ClockState::kBreached;
  if (cycle.paused_now) return ClockState::kPaused;
  return cycle.at_risk_at <= now ? ClockState::kAtRisk : ClockState::kRunning;
}

}  // namespace retainer::core
