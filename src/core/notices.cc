#include <algorithm>
#include <set>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "claims.h"

namespace retainer::core {
namespace {

std::string Percent(double fraction) {
  return absl::StrCat(static_cast<int>(fraction * 100 + 0.5), "%");
}

// The same run of the same clock, however often it is computed.
std::string CycleName(const TicketKey& ticket, const std::string& customer, Metric metric,
                      const Cycle& cycle) {
  const std::string start = cycle.start_fact.empty()
                                ? absl::StrCat("@", absl::ToUnixSeconds(cycle.started))
                                : cycle.start_fact;
  return absl::StrCat(ToString(ticket), " ", customer, " ", View(MetricName(metric)), " ", start);
}

// Teams whose area the ticket's labels name; all where none does.
std::vector<std::string> Routed(const Timeline& timeline, const Policy& policy) {
  std::vector<std::string> routed;
  std::vector<std::string> all;
  for (const auto& [name, team] : policy.teams) {
    all.push_back(name);
    const bool area =
        std::any_of(team.labels.begin(), team.labels.end(),
                    [&](const std::string& label) { return timeline.labels.contains(label); });
    if (area) routed.push_back(name);
  }
  return routed.empty() ? all : routed;
}

// When a level of `fraction` is told: a warning at its instant, what says "late" a little later.
absl::Time TellAt(const CycleWork& work, double fraction) {
  return fraction < 1.0 ? InstantOf(work, fraction)
                        : std::max(InstantOf(work, fraction), work.cycle.due) + kBreachGrace;
}

}  // namespace

std::string BreachId(const TicketKey& ticket, const std::string& customer, Metric metric,
                     const Cycle& cycle) {
  return absl::StrCat("breach ", CycleName(ticket, customer, metric, cycle));
}

void AddNotices(const TicketKey& ticket, const Timeline& timeline, const ClaimWork& work,
                const Terms& terms, absl::Time now, std::vector<Notice>* notices) {
  if (work.plan == nullptr || work.stint == nullptr) return;
  const std::string& customer = work.standing.customer;
  const std::vector<std::string> routed = Routed(timeline, terms.policy);
  double first_level = 1.0;
  for (double fraction : work.plan->warn_at) first_level = std::min(first_level, fraction);
  for (const EscalationLevel& level : work.plan->escalation) {
    first_level = std::min(first_level, level.at);
  }
  for (const auto& [metric, cycles] : work.cycles) {
    for (const CycleWork& run : cycles) {
      const Cycle& cycle = run.cycle;
      const absl::Time silent =
          std::min(run.silent_from, cycle.stopped.value_or(absl::InfiniteFuture()));
      const auto is_time = [&](absl::Time at) {
        return at <= now && at < silent && at >= run.told_until;
      };
      // Rationale: most cycles end long before their first level, and the rest of this is slow.
      const absl::Time earliest = NoEarlierThan(run, first_level);
      if (earliest > now || earliest >= silent) continue;
      const std::string name = CycleName(ticket, customer, metric, cycle);
      const std::string what =
          absl::StrCat(customer, ": ", View(MetricName(metric)), " (", cycle.target_as_written.text,
                       ", ", cycle.priority, ")");
      const std::string due =
          absl::FormatTime("%Y-%m-%dT%H:%M:%SZ", cycle.due, absl::UTCTimeZone());
      const auto tell = [&](NoticeKind kind, absl::Time at, std::string id,
                            std::vector<std::string> teams, std::string text) {
        Notice notice;
        notice.id = std::move(id);
        notice.kind = kind;
        notice.ticket = ticket;
        notice.customer = customer;
        notice.metric = metric;
        notice.at = at;
        notice.due = cycle.due;
        notice.teams = std::move(teams);
        notice.text = std::move(text);
        notice.is_private = work.is_private;
        notices->push_back(std::move(notice));
      };
      for (double fraction : work.plan->warn_at) {
        const absl::Time at = fraction < 1.0 ? TellAt(run, fraction) : absl::InfiniteFuture();
        if (!is_time(at)) continue;
        tell(NoticeKind::kWarning, at, absl::StrCat("warning ", Percent(fraction), " ", name),
             routed, absl::StrCat(what, " has used ", Percent(fraction), ", due ", due));
      }
      if (const absl::Time at = cycle.due + kBreachGrace; is_time(at)) {
        tell(NoticeKind::kBreach, at, BreachId(ticket, customer, metric, cycle), routed,
             absl::StrCat(what, " was due ", due, " and is late"));
      }
      for (const EscalationLevel& level : work.plan->escalation) {
        if (level.metric && *level.metric != metric) continue;
        const absl::Time at = TellAt(run, level.at);
        if (!is_time(at)) continue;
        tell(NoticeKind::kEscalation, at, absl::StrCat("escalation ", Percent(level.at), " ", name),
             level.notify, absl::StrCat(what, " has used ", Percent(level.at), ", due ", due));
      }
    }
  }
  std::set<std::string> people;
  for (const EscalationLevel& level : work.plan->escalation) {
    people.insert(level.notify.begin(), level.notify.end());
  }
  for (const Escalation& escalation : timeline.escalations) {
    if (((escalation.slots >> work.stint->slot) & 1) == 0 || escalation.at < work.stint->since) {
      continue;
    }
    if (work.stint->ended && escalation.at >= *work.stint->ended) continue;
    Notice notice;
    notice.id = absl::StrCat(View(kEscalationByHand), ToString(ticket), " ", customer, " ",
                             escalation.fact->id);
    notice.kind = NoticeKind::kEscalation;
    notice.ticket = ticket;
    notice.customer = customer;
    notice.at = escalation.at;
    notice.due = escalation.at;
    notice.teams.assign(people.begin(), people.end());
    if (notice.teams.empty()) notice.teams = routed;
    notice.text = absl::StrCat(customer, ": escalated by hand");
    notice.is_private = work.is_private;
    notices->push_back(std::move(notice));
  }
}

absl::Time LookAhead(ClaimWork* work, absl::Time now) {
  absl::Time wake = absl::InfiniteFuture();
  const auto at = [&](absl::Time instant) {
    if (instant > now) wake = std::min(wake, instant);
  };
  for (PromiseClock& clock : work->standing.clocks) {
    const std::vector<CycleWork>& cycles = work->cycles[clock.metric];
    if (cycles.empty() || cycles.back().cycle.outcome != Outcome::kOpen) continue;
    const CycleWork& run = cycles.back();
    at(run.cycle.at_risk_at);
    at(run.cycle.due);
    if (work->plan == nullptr || work->stint == nullptr) continue;
    const auto tell = [&](NoticeKind kind, double fraction, absl::Time instant) {
      if (instant <= now) return;
      wake = std::min(wake, instant);
      if (instant < absl::InfiniteFuture()) clock.to_come.push_back({instant, kind, fraction});
    };
    for (double fraction : work->plan->warn_at) {
      if (fraction < 1.0) tell(NoticeKind::kWarning, fraction, TellAt(run, fraction));
    }
    tell(NoticeKind::kBreach, 1.0, run.cycle.due + kBreachGrace);
    for (const EscalationLevel& level : work->plan->escalation) {
      if (level.metric && *level.metric != clock.metric) continue;
      tell(NoticeKind::kEscalation, level.at, TellAt(run, level.at));
    }
    std::stable_sort(clock.to_come.begin(), clock.to_come.end(),
                     [](const Coming& a, const Coming& b) { return a.at < b.at; });
  }
  return wake;
}

}  // namespace retainer::core
