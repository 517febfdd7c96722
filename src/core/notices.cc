#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/inlined_vector.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "claims.h"
#include "retainer/core.h"
#include "retainer/entitlement.h"
#include "retainer/instant_text.h"
#include "telling.h"

namespace retainer::core {
namespace {

// The step of a notice in its run. At the same fraction a breach is higher than a warning, and an
// escalation is higher than a breach.
std::uint32_t StepOf(NoticeKind kind, double fraction) {
  const auto percent = static_cast<std::uint32_t>(std::lround(fraction * 100));
  return percent * 10 + (kind == NoticeKind::kWarning ? 0 : kind == NoticeKind::kBreach ? 1 : 2);
}

std::string Percent(double fraction) { return absl::StrCat(std::lround(fraction * 100), "%"); }

// A stable name of a run of a clock.
std::string CycleName(const TicketKey& ticket, const std::string& customer, Metric metric,
                      const Cycle& cycle) {
  const std::string start = cycle.start_fact == nullptr
                                ? absl::StrCat("@", absl::ToUnixSeconds(cycle.started))
                                : cycle.start_fact->id;
  return absl::StrCat(ToString(ticket), " ", customer, " ", View(MetricName(metric)), " ", start);
}

// Computes when the notices of a claim are told.
class Telling {
 public:
  // REQUIRES: the claim has a plan.
  Telling(const TicketKey& ticket, const ClaimWork& work) : ticket_(ticket), plan_(*work.plan) {}

  // When the notice for a fraction of a run's target is told. `reached`: the instant at which the
  // fraction is used up. A warning is told then; a notice that says "late" is told a little later.
  absl::Time Level(const RunView& run, double fraction, absl::Time reached) const {
    return Held(*run.work.calendar,
                fraction < 1.0 ? reached : std::max(reached, run.cycle.due) + kBreachGrace);
  }

  absl::Time Breach(const RunView& run) const {
    return Held(*run.work.calendar, run.cycle.due + kBreachGrace);
  }

  absl::Time Held(const BusinessTime& calendar, absl::Time at) const {
    return HeldUntil(ticket_, plan_, calendar, at);
  }

 private:
  const TicketKey& ticket_;
  const Plan& plan_;
};

// True if the notice is held back during a pause, because the time that it speaks of does not pass.
bool IsSilentWhilePaused(const RunView& run, double fraction) {
  return fraction < 1.0 && run.cycle.paused_now;
}

bool Concerns(const Escalation& escalation, const ClaimWork& work) {
  if (work.stint == nullptr || ((escalation.slots >> work.stint->slot) & 1) == 0) return false;
  return escalation.at >= work.stint->since &&
         (!work.stint->ended || escalation.at < *work.stint->ended);
}

// When an escalation by hand is told. Never, if somebody answered or closed the ticket while it
// waited for an opening.
absl::Time ToldByHand(const Telling& telling, const Escalation& escalation,
                      const Replayed& timeline, const ClaimWork& work, const Terms& terms) {
  const Customer* customer = terms.policy.FindCustomer(work.standing.customer);
  const std::vector<std::string>& names =
      CalendarsInForce(*work.plan, customer, work.standing.priority);
  if (names.empty()) return escalation.at;
  const absl::Time told = telling.Held(terms.Calendar(names), escalation.at);
  if (told == escalation.at) return told;
  if (work.stint->ended && *work.stint->ended <= told) return absl::InfiniteFuture();
  const bool is_over = std::any_of(timeline.happenings.begin(), timeline.happenings.end(),
                                   [&](const Happening& happening) {
                                     return happening.at > escalation.at && happening.at <= told &&
                                            (happening.kind == HappeningKind::kAnswer ||
                                             happening.kind == HappeningKind::kClose ||
                                             happening.kind == HappeningKind::kDeleted);
                                   });
  return is_over ? absl::InfiniteFuture() : told;
}

// Adds the separate notice that mentions the teams of `notice`.
void AddMention(const Notice& notice, std::vector<std::string> teams,
                std::vector<Notice>* notices) {
  if (notice.is_private || teams.empty()) return;
  Notice mention = notice;
  mention.id = absl::StrCat("mention ", notice.id);
  mention.kind = NoticeKind::kMention;
  mention.teams = std::move(teams);
  notices->push_back(std::move(mention));
}

// A notice level of one run, and when it is told.
struct Level {
  NoticeKind kind = NoticeKind::kWarning;
  double fraction = 1.0;                        // fraction of the target
  absl::Time reached;                           // the instant at which the fraction is used up
  absl::Time at;                                // when it is told
  const EscalationLevel* escalation = nullptr;  // set for an escalation
};

absl::InlinedVector<Level, 8> LevelsOf(const Telling& telling, const Plan& plan, Metric metric,
                                       const RunView& run) {
  absl::InlinedVector<Level, 8> levels;
  for (double fraction : plan.warn_at) {
    if (fraction >= 1.0) continue;
    const absl::Time reached = InstantOf(run, fraction);
    const absl::Time at = telling.Level(run, fraction, reached);
    // A warning that would be told when the promise is already late is left out.
    if (at < run.cycle.due) {
      levels.push_back({NoticeKind::kWarning, fraction, reached, at, nullptr});
    }
  }
  levels.push_back({NoticeKind::kBreach, 1.0, run.cycle.due, telling.Breach(run), nullptr});
  for (const EscalationLevel& level : plan.escalation) {
    if (level.metric && *level.metric != metric) continue;
    const absl::Time reached = InstantOf(run, level.at);
    levels.push_back({NoticeKind::kEscalation, level.at, reached,
                      telling.Level(run, level.at, reached), &level});
  }
  return levels;
}

// True if the ticket from which the claim came was responsible for this notice.
bool IsOfOtherTicket(const Telling& telling, const RunView& run, const Level& level) {
  const absl::Time until = run.work.told_until;
  // Of the time used at the other ticket, only the instant of a breach is known here.
  return level.fraction == 1.0 ? telling.Breach(run) < until : level.reached <= until;
}

// Makes the notices of a claim, run by run.
class Announcer {
 public:
  Announcer(const TicketKey& ticket, const Replayed& timeline, const ClaimWork& work,
            const TermsHistory& terms, absl::Time now, std::vector<Notice>* notices)
      : work_(work),
        timeline_(timeline),
        terms_(terms),
        policy_(terms.back()->policy),
        telling_(ticket, work),
        now_(now),
        notices_(*notices) {
    model_.ticket = ticket;
    model_.customer = work.standing.customer;
    model_.is_private = work.is_private;
  }

  // Adds the notices of a run whose time has come.
  void Add(Metric metric, const RunView& run, const absl::InlinedVector<Level, 8>& levels) {
    const Cycle& cycle = run.cycle;
    const absl::Time silent =
        std::min(run.work.silent_from, cycle.stopped.value_or(absl::InfiniteFuture()));
    std::string name;
    for (const Level& level : levels) {
      if (level.at > now_ || level.at >= silent) continue;
      if (IsOfOtherTicket(telling_, run, level)) continue;
      if (level.kind != NoticeKind::kBreach && IsSilentWhilePaused(run, level.fraction)) continue;
      if (!WasAskedFor(metric, level)) continue;
      if (name.empty()) {
        name = CycleName(model_.ticket, model_.customer, metric, cycle);
        model_.metric = metric;
        model_.due = cycle.due;
      }
      Add(level, run, name);
    }
  }

  void AddByHand(const Escalation& escalation, absl::Time at) {
    std::set<std::string> people;
    std::set<std::string> mentioned;
    for (const EscalationLevel& level : work_.plan->escalation) {
      people.insert(level.notify.begin(), level.notify.end());
      if (level.mention) mentioned.insert(level.notify.begin(), level.notify.end());
    }
    Notice& notice = notices_.emplace_back(model_);
    notice.at = at;
    notice.id = absl::StrCat(View(kEscalationByHand), ToString(notice.ticket), " ", notice.customer,
                             " ", escalation.fact->id);
    notice.kind = NoticeKind::kEscalation;
    notice.metric = Metric::kFirstResponse;
    notice.due = escalation.at;
    notice.teams.assign(people.begin(), people.end());
    if (notice.teams.empty()) notice.teams = TeamsOfArea();
    notice.text = absl::StrCat(notice.customer, ": escalated by hand");
    AddMention(notice, {mentioned.begin(), mentioned.end()}, &notices_);
  }

 private:
  std::vector<std::string> TeamsOfArea() const {
    std::vector<std::string> labels;
    labels.reserve(timeline_.labels.size());
    for (const auto& [name, state] : timeline_.labels) labels.push_back(name);
    return TeamsFor(labels, policy_);
  }

  // True if the version in force at the level's instant has such a level. A later version does not
  // create notices for a time before it.
  bool WasAskedFor(Metric metric, const Level& level) const {
    if (level.kind == NoticeKind::kBreach) return true;
    const std::size_t then = TermsIndexAt(terms_, level.reached);
    if (then + 1 == terms_.size()) return true;
    const Policy& policy = terms_[then]->policy;
    const Customer* customer = policy.FindCustomer(model_.customer);
    if (customer == nullptr) return false;
    const Plan* plan = PlanFor(policy, *customer, work_.stint->accepted);
    if (plan == nullptr) return false;
    if (level.kind == NoticeKind::kWarning) {
      const std::vector<double>& shares = plan->warn_at;
      return std::find(shares.begin(), shares.end(), level.fraction) != shares.end();
    }
    const std::vector<EscalationLevel>& levels = plan->escalation;
    return std::any_of(levels.begin(), levels.end(), [&](const EscalationLevel& one) {
      return one.at == level.fraction && (!one.metric || *one.metric == metric);
    });
  }

  void Add(const Level& level, const RunView& run, const std::string& name) {
    const Promise& promise = *run.cycle.promise;
    const std::string what =
        absl::StrCat(model_.customer, ": ", View(MetricName(model_.metric)), " (",
                     promise.as_written.text, ", ", promise.priority, ")");
    const std::string share = Percent(level.fraction);
    Notice& notice = notices_.emplace_back(model_);
    notice.at = level.at;
    notice.kind = level.kind;
    notice.run = name;
    notice.step = StepOf(level.kind, level.fraction);
    notice.teams = level.escalation == nullptr ? TeamsOfArea() : level.escalation->notify;
    if (level.kind == NoticeKind::kBreach) {
      notice.id = absl::StrCat("breach ", name);
      notice.text = absl::StrCat(what, " was due ", Rfc3339(run.cycle.due), " and is late");
    } else {
      notice.id = absl::StrCat(level.kind == NoticeKind::kWarning ? "warning " : "escalation ",
                               share, " ", name);
      notice.text = absl::StrCat(what, " has used ", share, ", due ", Rfc3339(run.cycle.due));
    }
    if (level.escalation != nullptr && level.escalation->mention) {
      AddMention(notice, level.escalation->notify, &notices_);
    }
  }

  const ClaimWork& work_;
  const Replayed& timeline_;
  const TermsHistory& terms_;
  const Policy& policy_;
  const Telling telling_;
  const absl::Time now_;
  std::vector<Notice>& notices_;
  Notice model_;  // the common fields of a run's notices
};

// The fraction of a target at which the first notice can be told.
double FirstLevel(const Plan& plan) {
  double first = 1.0;
  for (double fraction : plan.warn_at) first = std::min(first, fraction);
  for (const EscalationLevel& level : plan.escalation) first = std::min(first, level.at);
  return first;
}

}  // namespace

absl::Time Announce(const TicketKey& ticket, const Replayed& timeline, const TermsHistory& terms,
                    absl::Time now, ClaimWork* work, std::vector<Notice>* notices) {
  absl::Time wake = absl::InfiniteFuture();
  const auto at = [&](absl::Time instant) {
    if (instant > now) wake = std::min(wake, instant);
  };
  const bool tells = work->plan != nullptr && work->stint != nullptr;
  for (PromiseClock& clock : work->standing.clocks) {
    const std::vector<Cycle>& cycles = work->Of(clock.metric).cycles;
    if (cycles.empty() || cycles.back().outcome != Outcome::kOpen) continue;
    at(cycles.back().at_risk_at);
    at(cycles.back().due);
    if (tells) at(cycles.back().due + kBreachGrace);  // the face does not wait for an opening
  }
  if (!tells) return wake;

  const Plan& plan = *work->plan;
  const Telling telling(ticket, *work);
  EndedBefore ended_before_the_first(FirstLevel(plan));
  Announcer announcer(ticket, timeline, *work, terms, now, notices);
  for (PromiseClock& clock : work->standing.clocks) {
    const Runs& runs = work->Of(clock.metric);
    for (std::size_t i = 0; i < runs.cycles.size(); ++i) {
      const RunView run{runs.cycles[i], runs.works[i]};
      const bool open = run.cycle.outcome == Outcome::kOpen;
      // Rationale: most cycles end long before their first level, and the following code is slow.
      if (ended_before_the_first(run)) continue;
      const auto levels = LevelsOf(telling, plan, clock.metric, run);
      announcer.Add(clock.metric, run, levels);
      if (!open) continue;
      clock.to_come.reserve(levels.size());
      for (const Level& level : levels) {
        at(level.at);
        if (level.at > now && level.at < absl::InfiniteFuture()) {
          clock.to_come.push_back({level.at, level.kind, level.fraction});
        }
      }
    }
    const auto sooner = [](const Coming& a, const Coming& b) { return a.at < b.at; };
    if (!std::is_sorted(clock.to_come.begin(), clock.to_come.end(), sooner)) {
      std::stable_sort(clock.to_come.begin(), clock.to_come.end(), sooner);
    }
  }
  for (const Escalation& escalation : timeline.escalations) {
    if (!Concerns(escalation, *work)) continue;
    const absl::Time told = ToldByHand(telling, escalation, timeline, *work, *terms.back());
    at(told);
    if (told <= now) announcer.AddByHand(escalation, told);
    if (told > now && told < absl::InfiniteFuture()) work->standing.by_hand_told_at = told;
  }
  return wake;
}

bool IsEscalatedByHand(const Replayed& timeline, const ClaimWork& work) {
  return work.plan != nullptr &&
         std::any_of(timeline.escalations.begin(), timeline.escalations.end(),
                     [&](const Escalation& e) { return Concerns(e, work); });
}

}  // namespace retainer::core

namespace retainer {

std::vector<Notice> WithdrawnBreaches(const TicketContext& context, const Standing& standing,
                                      const std::vector<Notice>& told, const Terms& terms,
                                      absl::Time now) {
  std::vector<Notice> notices;
  if (told.empty() || !standing.questions.empty()) return notices;
  for (const ClaimStanding& claim : standing.claims) {
    const Customer* customer = terms.policy.FindCustomer(claim.customer);
    for (const PromiseClock& clock : claim.clocks) {
      for (const Cycle& cycle : clock.cycles) {
        const bool in_time =
            cycle.outcome == Outcome::kMet || (cycle.outcome == Outcome::kOpen && cycle.due > now);
        if (!in_time) continue;
        const std::string name = core::CycleName(context.key, claim.customer, clock.metric, cycle);
        const auto take_back = [&](NoticeKind kind, std::string_view id, bool mentions) {
          Notice notice;
          std::set<std::string> teams;
          for (const Notice& one : told) {
            if ((one.kind == NoticeKind::kMention) != mentions) continue;
            if (!one.id.ends_with(" " + name)) continue;
            notice.withdraws.push_back(TellingName(one));
            teams.insert(one.teams.begin(), one.teams.end());
          }
          if (notice.withdraws.empty()) return;
          notice.id = absl::StrCat(core::View(id), name);
          notice.kind = kind;
          notice.ticket = context.key;
          notice.customer = claim.customer;
          notice.metric = clock.metric;
          notice.at = now;
          notice.due = cycle.due;
          notice.text = absl::StrCat(claim.customer, ": ", core::View(MetricName(clock.metric)),
                                     cycle.outcome == Outcome::kMet ? " was in time after all"
                                                                    : " is not due yet after all",
                                     "; the breach is taken back");
          notice.is_private = customer == nullptr || !customer->is_public;
          notice.teams.assign(teams.begin(), teams.end());
          notices.push_back(std::move(notice));
        };
        take_back(NoticeKind::kBreachWithdrawn, "withdrawn breach ", /*mentions=*/false);
        take_back(NoticeKind::kMention, "withdrawn mention ", /*mentions=*/true);
      }
    }
  }
  return notices;
}

}  // namespace retainer
