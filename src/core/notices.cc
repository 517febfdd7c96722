#include <algorithm>
#include <cstdint>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "claims.h"
#include "retainer/core.h"

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

// When the notices of a claim are told.
class Telling {
 public:
  // REQUIRES: the claim has a plan.
  Telling(const TicketKey& ticket, const ClaimWork& work) : ticket_(ticket), plan_(*work.plan) {}

  // What a share of a run's target calls for: a warning at its instant, what says "late" a little
  // later.
  absl::Time Level(const CycleWork& run, double fraction) const {
    const absl::Time at = InstantOf(run, fraction);
    return Held(*run.calendar, fraction < 1.0 ? at : std::max(at, run.cycle.due) + kBreachGrace);
  }

  absl::Time Breach(const CycleWork& run) const {
    return Held(*run.calendar, run.cycle.due + kBreachGrace);
  }

  // Rationale: what waited for an opening is told within its first minute, each ticket at a second
  // of its own, so that a night's notices do not all fall on one instant.
  absl::Time Held(const BusinessTime& calendar, absl::Time at) const {
    const absl::Time open = TellingTime(plan_, calendar, at);
    if (open == at) return at;
    return open + absl::Seconds(static_cast<std::int64_t>(Fingerprint(ToString(ticket_)) % 60));
  }

 private:
  const TicketKey& ticket_;
  const Plan& plan_;
};

// Told while a run waits, it would be told of a time that does not pass.
bool IsSilentWhilePaused(const CycleWork& run, double fraction) {
  return fraction < 1.0 && run.cycle.paused_now;
}

bool Concerns(const Escalation& escalation, const ClaimWork& work) {
  if (work.stint == nullptr || ((escalation.slots >> work.stint->slot) & 1) == 0) return false;
  return escalation.at >= work.stint->since &&
         (!work.stint->ended || escalation.at < *work.stint->ended);
}

// When an escalation by hand is told; never where somebody answered or closed while it waited for an
// opening.
absl::Time ToldByHand(const Telling& telling, const Escalation& escalation,
                      const Timeline& timeline, const ClaimWork& work, const Terms& terms) {
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

// The teams of `notice` that are mentioned get a notice of their own.
void AddMention(const Notice& notice, std::vector<std::string> teams,
                std::vector<Notice>* notices) {
  if (notice.is_private || teams.empty()) return;
  Notice mention = notice;
  mention.id = absl::StrCat("mention ", notice.id);
  mention.kind = NoticeKind::kMention;
  mention.teams = std::move(teams);
  notices->push_back(std::move(mention));
}

std::string At(absl::Time at) {
  return absl::FormatTime("%Y-%m-%dT%H:%M:%SZ", at, absl::UTCTimeZone());
}

}  // namespace

void AddNotices(const TicketKey& ticket, const Timeline& timeline, const ClaimWork& work,
                const Terms& terms, absl::Time now, std::vector<Notice>* notices) {
  if (work.plan == nullptr || work.stint == nullptr) return;
  const Telling telling(ticket, work);
  const std::string& customer = work.standing.customer;
  const std::vector<std::string> routed = Routed(timeline, terms.policy);
  double first_level = 1.0;
  for (double fraction : work.plan->warn_at) first_level = std::min(first_level, fraction);
  for (const EscalationLevel& level : work.plan->escalation) {
    first_level = std::min(first_level, level.at);
  }
  Notice notice;
  notice.ticket = ticket;
  notice.customer = customer;
  notice.is_private = work.is_private;
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
      const std::string due = At(cycle.due);
      notice.metric = metric;
      notice.due = cycle.due;
      for (double fraction : work.plan->warn_at) {
        if (fraction >= 1.0 || IsSilentWhilePaused(run, fraction)) continue;
        notice.at = telling.Level(run, fraction);
        // One that waited for an opening until the promise was late has nothing to warn of.
        if (!is_time(notice.at) || notice.at >= cycle.due) continue;
        notice.kind = NoticeKind::kWarning;
        notice.id = absl::StrCat("warning ", Percent(fraction), " ", name);
        notice.teams = routed;
        notice.text = absl::StrCat(what, " has used ", Percent(fraction), ", due ", due);
        notices->push_back(notice);
      }
      notice.at = telling.Breach(run);
      if (is_time(notice.at)) {
        notice.kind = NoticeKind::kBreach;
        notice.id = absl::StrCat("breach ", name);
        notice.teams = routed;
        notice.text = absl::StrCat(what, " was due ", due, " and is late");
        notices->push_back(notice);
      }
      for (const EscalationLevel& level : work.plan->escalation) {
        if (level.metric && *level.metric != metric) continue;
        if (IsSilentWhilePaused(run, level.at)) continue;
        notice.at = telling.Level(run, level.at);
        if (!is_time(notice.at)) continue;
        notice.kind = NoticeKind::kEscalation;
        notice.id = absl::StrCat("escalation ", Percent(level.at), " ", name);
        notice.teams = level.notify;
        notice.text = absl::StrCat(what, " has used ", Percent(level.at), ", due ", due);
        notices->push_back(notice);
        if (level.mention) AddMention(notice, level.notify, notices);
      }
    }
  }
  std::set<std::string> people;
  std::set<std::string> mentioned;
  for (const EscalationLevel& level : work.plan->escalation) {
    people.insert(level.notify.begin(), level.notify.end());
    if (level.mention) mentioned.insert(level.notify.begin(), level.notify.end());
  }
  for (const Escalation& escalation : timeline.escalations) {
    if (!Concerns(escalation, work)) continue;
    notice.at = ToldByHand(telling, escalation, timeline, work, terms);
    if (notice.at > now) continue;
    notice.id = absl::StrCat(View(kEscalationByHand), ToString(ticket), " ", customer, " ",
                             escalation.fact->id);
    notice.kind = NoticeKind::kEscalation;
    notice.metric = Metric::kFirstResponse;
    notice.due = escalation.at;
    notice.teams.assign(people.begin(), people.end());
    if (notice.teams.empty()) notice.teams = routed;
    notice.text = absl::StrCat(customer, ": escalated by hand");
    notices->push_back(notice);
    AddMention(notice, {mentioned.begin(), mentioned.end()}, notices);
  }
}

bool IsEscalatedByHand(const Timeline& timeline, const ClaimWork& work) {
  return work.plan != nullptr &&
         std::any_of(timeline.escalations.begin(), timeline.escalations.end(),
                     [&](const Escalation& e) { return Concerns(e, work); });
}

absl::Time LookAhead(const TicketKey& ticket, const Timeline& timeline, const Terms& terms,
                     absl::Time now, ClaimWork* work) {
  absl::Time wake = absl::InfiniteFuture();
  const auto at = [&](absl::Time instant) {
    if (instant > now) wake = std::min(wake, instant);
  };
  const bool tells = work->plan != nullptr && work->stint != nullptr;
  for (PromiseClock& clock : work->standing.clocks) {
    const std::vector<CycleWork>& cycles = work->cycles[clock.metric];
    if (cycles.empty() || cycles.back().cycle.outcome != Outcome::kOpen) continue;
    const CycleWork& run = cycles.back();
    at(run.cycle.at_risk_at);
    at(run.cycle.due);
    if (!tells) continue;
    const Telling telling(ticket, *work);
    const auto tell = [&](NoticeKind kind, double fraction, absl::Time instant) {
      if (instant <= now) return;
      wake = std::min(wake, instant);
      if (instant < absl::InfiniteFuture()) clock.to_come.push_back({instant, kind, fraction});
    };
    for (double fraction : work->plan->warn_at) {
      if (fraction >= 1.0) continue;
      const absl::Time warned = telling.Level(run, fraction);
      if (warned < run.cycle.due) tell(NoticeKind::kWarning, fraction, warned);
    }
    at(run.cycle.due + kBreachGrace);  // the face waits for no opening
    tell(NoticeKind::kBreach, 1.0, telling.Breach(run));
    for (const EscalationLevel& level : work->plan->escalation) {
      if (level.metric && *level.metric != clock.metric) continue;
      tell(NoticeKind::kEscalation, level.at, telling.Level(run, level.at));
    }
    std::stable_sort(clock.to_come.begin(), clock.to_come.end(),
                     [](const Coming& a, const Coming& b) { return a.at < b.at; });
  }
  if (!tells) return wake;
  for (const Escalation& escalation : timeline.escalations) {
    if (!Concerns(escalation, *work)) continue;
    at(ToldByHand(Telling(ticket, *work), escalation, timeline, *work, terms));
  }
  return wake;
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
            notice.withdraws.push_back(one.id);
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
