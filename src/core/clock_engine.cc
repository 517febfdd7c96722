#include "clock_engine.h"

#include <algorithm>

#include "absl/strings/str_cat.h"

namespace retainer::core {
namespace {

// Sorted, disjoint, within [from, until).
std::vector<Interval> Clip(const std::vector<Interval>& a, const std::vector<Interval>& b,
                           absl::Time from, absl::Time until) {
  if (a.empty() && b.empty()) return {};
  std::vector<Interval> all;
  const auto take = [&](const std::vector<Interval>& list) {
    // The list is ordered and disjoint: visit only the overlapping part.
    auto it = std::partition_point(list.begin(), list.end(),
                                   [&](const Interval& i) { return i.until <= from; });
    for (; it != list.end() && it->from < until; ++it) {
      const Interval clipped{std::max(it->from, from), std::min(it->until, until)};
      if (clipped.from < clipped.until) all.push_back(clipped);
    }
  };
  take(a);
  take(b);
  if (a.empty() || b.empty() || all.size() < 2) return all;
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

// The instant at which all of the target but `shift` (negative) is used up.
absl::Time InstantAfter(const Cycle& cycle, const CycleWork& work, absl::Duration shift) {
  if (work.fixed_due && work.legs.empty()) return *work.fixed_due;
  if (work.course != nullptr) return work.course->After(work.legs.front().open + shift);
  absl::Time at = absl::InfiniteFuture();
  for (const Leg& leg : work.legs) {
    const absl::Duration open = leg.open + shift;
    at = std::min(at, open <= absl::ZeroDuration()
                          ? leg.from
                          : leg.calendar->Deadline(leg.from, open, cycle.pauses));
  }
  return at;
}

class Run {
 public:
  Run(const Need& need, const std::vector<Interval>& waits, absl::Time now, Runs* done)
      : need_(need), waits_(waits), now_(now), done_(*done) {}

  void Enter(const Regime& regime, absl::Time from) {
    const std::shared_ptr<const Promise>* promise = regime.Find(need_.metric);
    if (promise == nullptr) {
      if (cycle_ != nullptr) {
        Finish(from, nullptr, /*cancelled=*/true, absl::StrCat("no longer promised: ", regime.why));
      }
      return;
    }
    if (cycle_ == nullptr) {
      Start(*promise, from);
    } else if ((*promise)->target != target_ || (*promise)->calendar.get() != calendar_) {
      Change(*promise, from, regime.why);
    }
    promise_ = promise;
  }

  // Rule 8. The two clocks ran at the same time: the longer time counts, not the sum, and an
  // earlier due instant stays.
  void Arrive(const Carry& carry) {
    if (cycle_ != nullptr) {
      Absorb(carry, carry.at);
    } else {
      held_.push_back(carry);
    }
  }

  void Done() {
    if (cycle_ == nullptr) return;
    if (need_.stop) {
      Finish(*need_.stop, need_.stop_fact, need_.cancelled, need_.note);
    } else {
      Leave();
    }
  }

 private:
  using Shared = std::shared_ptr<const Promise>;

  void Start(const Shared& promise, absl::Time from) {
    first_promise_ = promise_ = &promise;
    cycle_ = &done_.cycles.emplace_back();
    work_ = &done_.works.emplace_back();
    cycle_->started = from;
    if (from == need_.start) cycle_->start_fact = need_.start_fact;
    elapsed_ = absl::ZeroDuration();
    counted_from_ = from;
    target_ = promise->target;
    calendar_ = promise->calendar.get();
    work_->legs.push_back({from, target_, calendar_, 0});
    for (const Carry& carry : held_) Absorb(carry, from);
    held_.clear();
  }

  void Absorb(const Carry& carry, absl::Time at) {
    const std::vector<Interval> until_now = Clip(need_.pauses, waits_, cycle_->started, at);
    const absl::Duration own = elapsed_ + calendar_->Elapsed(counted_from_, at, until_now);
    const absl::Time old_due = Due(*work_, until_now);
    // Rationale: like a raised priority (rule 9), a move does not break a promise that was kept
    // until then.
    const bool too_long = !carry.breached_due && carry.elapsed >= target_;
    Part(*promise_, at, too_long ? own : std::max(own, carry.elapsed),
         absl::StrCat("a claim came from another ticket, where it had used ",
                      absl::FormatDuration(carry.elapsed), "; here ", absl::FormatDuration(own),
                      too_long ? " was used: the promise here counts from its own start"
                               : " was used: the longer time counts"));
    if (too_long) return;
    if (carry.breached_due) {
      if (old_due > at) work_->told_until = at;
      work_->fixed_due =
          old_due > at ? *carry.breached_due : std::min(old_due, *carry.breached_due);
    }
    if (carry.elapsed <= own) return;
    if (old_due > at) work_->told_until = at;
    elapsed_ = carry.elapsed;
    counted_from_ = at;
    work_->legs.push_back({at, target_ - carry.elapsed, calendar_, LastStretch()});
  }

  // Rule 9.
  void Change(const Shared& promise, absl::Time at, const std::string& why) {
    const std::vector<Interval> until_now = Clip(need_.pauses, waits_, cycle_->started, at);
    elapsed_ += calendar_->Elapsed(counted_from_, at, until_now);
    counted_from_ = at;
    target_ = promise->target;
    calendar_ = promise->calendar.get();
    Part(promise, at, elapsed_, why);
    const absl::Time old_due = Due(*work_, until_now);
    if (old_due <= at) {
      // Rationale: the promise in force at that time was broken. Later terms do not repair that.
      work_->fixed_due = old_due;
      return;
    }
    const absl::Duration left = target_ - elapsed_;
    const absl::Time carried_due =
        left <= absl::ZeroDuration() ? at : calendar_->Deadline(at, left, until_now);
    if (carried_due <= old_due) {
      work_->legs.push_back({at, target_, calendar_, LastStretch()});
    } else {
      work_->legs.clear();
      work_->legs.push_back({at, left, calendar_, LastStretch()});
    }
  }

  // From `at` on `promise` applies to the cycle.
  void Part(const Shared& promise, absl::Time at, absl::Duration elapsed, const std::string& why) {
    const auto stretch = [](const Shared& ruling, absl::Time from, absl::Duration used) {
      Stretch s;
      s.from = from;
      s.promise = ruling;
      s.elapsed = used;
      return s;
    };
    std::vector<Stretch>& stretches = cycle_->stretches;
    if (stretches.empty()) {
      stretches.push_back(stretch(*first_promise_, cycle_->started, absl::ZeroDuration()));
    }
    stretches.push_back(stretch(promise, at, elapsed));
    stretches.back().why = why;
  }

  std::size_t LastStretch() { return cycle_->stretches.size() - 1; }

  void Fill(absl::Time until, absl::Time counted_until) {
    Cycle& cycle = *cycle_;
    cycle.promise = *promise_;
    work_->calendar = calendar_;
    cycle.pauses = Clip(need_.pauses, waits_, cycle.started, until);
    const bool simple = work_->legs.size() == 1 && !work_->fixed_due && cycle.stretches.empty() &&
                        work_->legs.front().open > absl::ZeroDuration();
    if (simple && !cycle.stopped) {
      const Leg& leg = work_->legs.front();
      work_->course = std::make_shared<const Course>(leg, cycle.pauses);
      cycle.due = work_->course->After(leg.open);
      cycle.elapsed = work_->course->Until(counted_until);
    } else if (simple) {
      const Leg& leg = work_->legs.front();
      const BusinessTime::Reckoning both =
          leg.calendar->Reckon(leg.from, leg.open, counted_until, cycle.pauses);
      cycle.due = both.due;
      cycle.elapsed = both.elapsed;
    } else {
      cycle.due = Due(*work_, cycle.pauses);
      cycle.elapsed = elapsed_ + calendar_->Elapsed(counted_from_, counted_until, cycle.pauses);
    }
    cycle.due_stands = work_->fixed_due.has_value();
    if (!cycle.stretches.empty()) {
      for (const Leg& leg : work_->legs) {
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
      cycle.resumed.push_back({pause, std::string(IdOf(stopped)), std::string(IdOf(resumed))});
    }
  }

  void Leave() {
    Fill(absl::InfiniteFuture(), std::max(now_, cycle_->started));
    Cycle& cycle = *cycle_;
    cycle.at_risk_at =
        std::min(cycle.due, InstantAfter(cycle, *work_, cycle.promise->at_risk_shift));
    for (const Interval& pause : cycle.pauses) {
      cycle.paused_now |= pause.from <= now_ && now_ < pause.until;
    }
    cycle_ = nullptr;
  }

  void Finish(absl::Time stop, const Fact* fact, bool cancelled, std::string_view note) {
    Cycle& cycle = *cycle_;
    cycle.stopped = stop;
    cycle.stop_fact = fact;
    cycle.counted = !need_.elsewhere;
    // The stop ends every pause. A pause counts up to the stop.
    Fill(stop, stop);
    if (!note.empty()) cycle.note = note;
    if (cancelled && (cycle.due >= stop || need_.moves)) {
      cycle.outcome = Outcome::kCancelled;
    } else {
      // Rationale: a cycle that was broken before it was cancelled stays broken.
      cycle.outcome = stop <= cycle.due ? Outcome::kMet : Outcome::kMissed;
    }
    cycle_ = nullptr;
  }

  const Need& need_;
  const std::vector<Interval>& waits_;
  const absl::Time now_;
  Runs& done_;
  std::vector<Carry> held_;  // kept until something is promised
  Cycle* cycle_ = nullptr;   // the open cycle; nullptr: none
  CycleWork* work_ = nullptr;
  const Shared* promise_ = nullptr;        // last one in force
  const Shared* first_promise_ = nullptr;  // the one in force when the cycle began
  absl::Duration elapsed_;
  absl::Time counted_from_;
  absl::Duration target_;
  const BusinessTime* calendar_ = nullptr;
};

}  // namespace

Course::Course(const Leg& leg, const std::vector<Interval>& pauses) : calendar_(leg.calendar) {
  parts_.push_back({leg.from, absl::ZeroDuration()});
  for (const Interval& pause : pauses) {
    const Part& last = parts_.back();
    if (pause.until <= last.from) continue;
    const absl::Duration between =
        last.from < pause.from ? calendar_->Elapsed(last.from, pause.from) : absl::ZeroDuration();
    parts_.push_back({pause.until, last.before + between});
  }
}

absl::Time Course::After(absl::Duration open) const {
  if (open <= absl::ZeroDuration()) return parts_.front().from;
  const auto next = std::partition_point(parts_.begin() + 1, parts_.end(),
                                         [&](const Part& part) { return part.before < open; });
  const Part& part = *(next - 1);
  if (part.from == absl::InfiniteFuture()) return part.from;
  return calendar_->Deadline(part.from, open - part.before);
}

absl::Duration Course::Until(absl::Time at) const {
  const auto next = std::partition_point(parts_.begin() + 1, parts_.end(),
                                         [&](const Part& part) { return part.from <= at; });
  const Part& part = *(next - 1);
  const absl::Duration open = part.before + calendar_->Elapsed(part.from, at);
  return next == parts_.end() ? open : std::min(open, next->before);
}

absl::Time InstantOf(const RunView& run, double fraction) {
  return InstantAfter(run.cycle, run.work, Shift(run.cycle.promise->target, fraction));
}

bool EndedBefore::operator()(const RunView& run) {
  const Cycle& cycle = run.cycle;
  if (cycle.outcome == Outcome::kOpen || run.work.fixed_due || !cycle.stretches.empty())
    return false;
  if (cycle.promise.get() != promise_) {
    promise_ = cycle.promise.get();
    share_ = promise_->target + Shift(promise_->target, fraction_);
  }
  return cycle.elapsed < share_;
}

void RunClock(const Need& need, const std::vector<Regime>& regimes,
              const std::vector<Interval>& waits, absl::Time now, Runs* runs) {
  Run run(need, waits, now, runs);
  const absl::Time end = need.stop.value_or(absl::InfiniteFuture());
  auto first = regimes.begin();
  while (first + 1 != regimes.end() && (first + 1)->at <= need.start) ++first;
  auto carry = need.carries.begin();
  for (auto regime = first; regime != regimes.end(); ++regime) {
    const absl::Time from = std::max(need.start, regime->at);
    if (regime != first && from >= end) break;
    while (carry != need.carries.end() && carry->at < from) run.Arrive(*carry++);
    run.Enter(*regime, from);
  }
  while (carry != need.carries.end()) run.Arrive(*carry++);
  run.Done();
}

ClockState StateOf(const std::vector<Cycle>& cycles, absl::Time now) {
  if (cycles.empty()) return ClockState::kPending;
  const Cycle& cycle = cycles.back();
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
