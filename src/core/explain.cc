// Explains a standing. Order: what the ticket is, whose it is and why, the role of each person,
// each clock with the calculation, then what is open, refused or not visible.
#include <algorithm>
#include <cmath>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "retainer/core.h"
#include "retainer/instant_text.h"
#include "retainer/promise_words.h"
#include "roles.h"

namespace retainer {
namespace {

using core::View;

// Of a longer list of intervals only the first ones and the sum are printed.
constexpr std::size_t kShownIntervals = 40;

std::string Utc(absl::Time at) {
  if (at == absl::InfiniteFuture()) return "never";
  if (at == absl::InfinitePast()) return "always";
  return UtcText(at);
}

// `Tue 3 Mar 2026 10:02:00 CET (2026-03-03 09:02:00 UTC)`.
std::string Both(absl::Time at, absl::TimeZone zone) {
  if (at == absl::InfiniteFuture() || at == absl::InfinitePast() ||
      zone.name() == absl::UTCTimeZone().name()) {
    return Utc(at);
  }
  return absl::StrCat(absl::FormatTime("%a %e %b %Y %H:%M:%S %Z", at, zone), " (", Utc(at), ")");
}

std::string Sum(absl::Duration d) { return absl::FormatDuration(d); }

std::string Who(const Actor& actor) {
  if (actor == Actor()) return "an operator";
  return actor.login.empty() ? absl::StrCat("id ", actor.id) : absl::StrCat("@", actor.login);
}

std::string Cause(const Fact* fact) {
  if (fact == nullptr) return "";
  std::string text = absl::StrCat(" [", fact->id);
  if (fact->actor != Actor()) absl::StrAppend(&text, " by ", Who(fact->actor));
  return absl::StrCat(text, "]");
}

std::string Cause(const FactSet& facts, const std::string& id) {
  const Fact* fact = facts.Find(id);
  return fact != nullptr || id.empty() ? Cause(fact) : absl::StrCat(" [", id, "]");
}

class Explainer {
 public:
  Explainer(const FactSet& facts, const std::vector<Standstill>& waits, const TermsHistory& terms,
            absl::Time now)
      : facts_(facts), waits_(waits), terms_(terms), now_(now) {}

  // `plan`: the plan with the warnings and escalations; nullptr if there are none.
  void Clock(const PromiseClock& clock, const Plan* plan, absl::TimeZone zone) {
    absl::StrAppend(&out_, "  ", View(MetricName(clock.metric)), " (",
                    clock.kind == PromiseKind::kCommitment ? "commitment" : "target",
                    "): ", View(ClockStateName(clock.state)), "\n");
    if (clock.cycles.empty()) {
      absl::StrAppend(&out_, "    ",
                      clock.before_adoption
                          ? absl::StrCat(View(kBeforeAdoptionWords), ": it is not counted")
                          : std::string("has not started"),
                      "\n");
    }
    int number = 0;
    for (const Cycle& cycle : clock.cycles) Run(++number, cycle, zone);
    for (const Coming& coming : clock.to_come) ToCome(coming, clock.metric, plan, zone);
  }

  std::string& out() { return out_; }

 private:
  void Run(int number, const Cycle& cycle, absl::TimeZone zone) {
    absl::StrAppend(&out_, "    cycle ", number, ": ", View(OutcomeName(cycle.outcome)),
                    cycle.note.empty() ? "" : absl::StrCat(": ", cycle.note),
                    cycle.counted ? "" : "; counted on the ticket from which it was transferred",
                    "\n");
    Line("started", Both(cycle.started, zone), Cause(cycle.start_fact));
    if (cycle.stopped) {
      Line("stopped", Both(*cycle.stopped, zone), Cause(cycle.stop_fact));
    }
    const absl::Time until = cycle.stopped.value_or(std::max(now_, cycle.started));
    Pauses(cycle, until, zone);
    if (cycle.stretches.empty()) {
      Line("target", Promised(*cycle.promise, until));
      Due(cycle, zone);
      const absl::Duration sum = Count(cycle, *cycle.promise, cycle.started, until, zone);
      Line("elapsed", Sum(cycle.elapsed),
           sum != cycle.elapsed ? Unexplained(cycle, sum) : WhyNone(cycle));
      return;
    }
    absl::Duration all;
    for (std::size_t i = 0; i < cycle.stretches.size(); ++i) {
      const Stretch& stretch = cycle.stretches[i];
      const bool last = i + 1 == cycle.stretches.size();
      const absl::Time end =
          std::max(stretch.from, last ? until : std::min(until, cycle.stretches[i + 1].from));
      Line("terms", absl::StrCat(i + 1, ", from ", Both(stretch.from, zone)),
           stretch.why.empty() ? "" : absl::StrCat(": ", stretch.why));
      Line("target", Promised(*stretch.promise, end));
      const absl::Duration sum = Count(cycle, *stretch.promise, stretch.from, end, zone);
      all = stretch.elapsed + sum;
      Line(last ? "elapsed" : "so far",
           i == 0 ? Sum(all)
                  : absl::StrCat(Sum(stretch.elapsed), " before + ", Sum(sum), " = ", Sum(all)));
    }
    if (all != cycle.elapsed) Line("elapsed", Sum(cycle.elapsed), Unexplained(cycle, all));
    Due(cycle, zone);
  }

  void Line(absl::string_view what, absl::string_view text, absl::string_view more = "") {
    absl::StrAppend(&out_, "      ", what,
                    std::string(9 - std::min<std::size_t>(what.size(), 8), ' '), text, more, "\n");
  }

  // The version of the policy with this id that was in force at `at`.
  const Terms* FindTerms(const std::string& id, absl::Time at) const {
    const Terms* found = nullptr;
    for (const auto& version : terms_) {
      if (version->id == id && (found == nullptr || version->effective <= at)) {
        found = version.get();
      }
    }
    return found;
  }

  // ` (commit 3f2a91c)`; nothing for a policy of a plain folder.
  static std::string Commit(const Terms& terms) {
    return terms.commit.empty() ? ""
                                : absl::StrCat(" (commit ", core::ShortCommit(terms.commit), ")");
  }

  // `4h = 4h open time for P1 by paris (Europe/Paris), policy 3f2a in force since …`.
  std::string Promised(const Promise& promise, absl::Time at) const {
    const Terms* terms = FindTerms(promise.terms_id, at);
    const auto name = [&](std::string* out, const std::string& calendar) {
      absl::StrAppend(out, calendar);
      if (terms == nullptr) return;
      const auto spec = terms->policy.calendars.find(calendar);
      if (spec == terms->policy.calendars.end()) return;
      absl::StrAppend(out, " (", spec->second.always ? "always open" : spec->second.time_zone, ")");
    };
    return absl::StrCat(
        promise.as_written.text, " = ", Sum(promise.target), " open time",
        promise.priority.empty() ? "" : absl::StrCat(" for ", promise.priority), " by ",
        absl::StrJoin(promise.calendars, " + ", name), ", policy ", core::ShortId(promise.terms_id),
        terms == nullptr ? ""
                         : absl::StrCat(Commit(*terms), " in force since ", Utc(terms->effective)));
  }

  void Due(const Cycle& cycle, absl::TimeZone zone) {
    int legs = 0;
    for (std::size_t i = 0; i < cycle.stretches.size(); ++i) {
      const Stretch& stretch = cycle.stretches[i];
      if (!stretch.has_leg) continue;
      ++legs;
      const absl::Duration used = stretch.promise->target - stretch.open;
      Line("leg", absl::StrCat("terms ", i + 1, ": ",
                               used == absl::ZeroDuration()
                                   ? Sum(stretch.open)
                                   : absl::StrCat(Sum(stretch.promise->target), " less the ",
                                                  Sum(used), " used = ", Sum(stretch.open)),
                               " open time after ", Both(stretch.from, zone), " = ",
                               Both(stretch.due, zone)));
    }
    if (cycle.due_stands) {
      Line("due", Both(cycle.due, zone),
           ": it was broken then, and later changes do not repair that");
    } else if (cycle.due == absl::InfiniteFuture()) {
      Line("due", "not while it is paused");
    } else if (legs > 1) {
      Line("due", Both(cycle.due, zone), ": the earliest of the legs");
    } else if (cycle.stretches.empty()) {
      Line("due", Both(cycle.due, zone),
           cycle.pauses.empty() ? ": the target after the start"
                                : ": the target after the start, the pauses not counted");
    } else {
      Line("due", Both(cycle.due, zone));
    }
  }

  void Pauses(const Cycle& cycle, absl::Time until, absl::TimeZone zone) {
    for (const Interval& pause : cycle.pauses) {
      const absl::Time end = std::min(pause.until, std::max(until, pause.from));
      Line("paused", absl::StrCat(Both(pause.from, zone), " to ",
                                  pause.until == absl::InfiniteFuture() ? std::string("now")
                                                                        : Both(pause.until, zone),
                                  " = ", Sum(end - pause.from)));
      for (const Standstill& wait : waits_) Why("waiting for the customer", wait, pause);
      for (const Standstill& still : cycle.resumed) Why("stopped", still, pause);
    }
  }

  void Why(absl::string_view what, const Standstill& still, const Interval& pause) {
    if (still.span.until <= pause.from || still.span.from >= pause.until) return;
    Line("", absl::StrCat(what, " by", Cause(facts_, still.begin_fact)),
         still.end_fact.empty() ? "" : absl::StrCat(", until", Cause(facts_, still.end_fact)));
  }

  // Prints the open intervals without the pauses, one by one, so that a reader can add them up.
  // Returns their sum.
  absl::Duration Count(const Cycle& cycle, const Promise& promise, absl::Time begin,
                       absl::Time until, absl::TimeZone zone) {
    absl::Duration sum;
    std::size_t shown = 0;
    absl::Time from = begin;
    const auto piece = [&](absl::Time piece_from, absl::Time piece_until) {
      if (piece_until <= piece_from) return;
      for (const Interval& open :
           promise.calendar->OpenIntervals(piece_from, piece_until, kShownIntervals)) {
        if (shown == kShownIntervals) return;
        ++shown;
        sum += open.until - open.from;
        Line("counted", absl::StrCat(Both(open.from, zone), " to ", Both(open.until, zone), " = ",
                                     Sum(open.until - open.from)));
      }
    };
    for (const Interval& pause : cycle.pauses) {
      piece(from, std::min(pause.from, until));
      from = std::max(from, std::min(pause.until, until));
    }
    piece(from, until);
    const absl::Duration all = promise.calendar->Elapsed(begin, until, cycle.pauses);
    if (all != sum) Line("counted", absl::StrCat("… and more: ", Sum(all - sum)));
    Line("sum", Sum(all));
    return all;
  }

  static std::string WhyNone(const Cycle& cycle) {
    const bool ended = cycle.outcome == Outcome::kMet || cycle.outcome == Outcome::kMissed;
    if (!ended || cycle.elapsed > absl::ZeroDuration()) return "";
    return absl::StrCat(": ", View(WithoutTimeWords(cycle)));
  }

  static std::string Unexplained(const Cycle& cycle, absl::Duration sum) {
    return absl::StrCat(": ", Sum(cycle.elapsed - sum), " of it under terms not on record");
  }

  void ToCome(const Coming& coming, Metric metric, const Plan* plan, absl::TimeZone zone) {
    std::string text = absl::StrCat(Both(coming.at, zone), ": ", View(NoticeKindName(coming.kind)));
    if (coming.kind != NoticeKind::kBreach) {
      absl::StrAppend(&text, " at ", std::lround(coming.fraction * 100), "%");
    }
    if (coming.kind == NoticeKind::kEscalation && plan != nullptr) {
      for (const EscalationLevel& level : plan->escalation) {
        if (level.at != coming.fraction || (level.metric && *level.metric != metric)) continue;
        absl::StrAppend(&text, " to ", absl::StrJoin(level.notify, ", "));
        break;
      }
    }
    absl::StrAppend(&out_, "    to come  ", text, "\n");
  }

  const FactSet& facts_;
  const std::vector<Standstill>& waits_;
  const TermsHistory& terms_;
  const absl::Time now_;
  std::string out_;
};

}  // namespace

std::string Explain(const TicketContext& context, const FactSet& facts, const Standing& standing,
                    const TermsHistory& terms, absl::Time now) {
  Explainer explainer(facts, standing.waits, terms, now);
  std::string& out = explainer.out();
  const Terms* current = terms.front().get();
  for (const auto& version : terms) {
    if (version->effective <= now) current = version.get();
  }
  absl::StrAppend(&out, context.key.forge, ":", context.path,
                  context.key.kind == TicketKind::kIssue ? "#" : "!", context.key.number, " at ",
                  Utc(now), "\n");
  if (!standing.opened) {
    absl::StrAppend(&out,
                    "its opening is not known yet: the forge is asked, and nothing is decided ",
                    "before it answers\n");
  } else {
    absl::StrAppend(&out, "opened ", Utc(standing.opened_at), " by ", Who(standing.author), "; ",
                    standing.gone   ? "gone"
                    : standing.open ? "open"
                                    : "closed",
                    standing.confidential ? ", confidential" : "", "\n");
    const absl::Time adopted = current->policy.since.value_or(context.adopted);
    if (adopted > standing.opened_at) {
      absl::StrAppend(&out, "clocks start no earlier than ", Utc(adopted),
                      ", the project's adoption\n");
    }
  }
  absl::StrAppend(&out, "policy ", core::ShortId(standing.terms_id),
                  current->commit.empty()
                      ? ""
                      : absl::StrCat(" (commit ", core::ShortCommit(current->commit), ")"),
                  ", in force since ", Utc(current->effective), "\n");
  if (!standing.successor.empty()) {
    absl::StrAppend(&out, "goes on as ", standing.successor, " since ", Utc(standing.moved_at),
                    "\n");
  }
  if (standing.opened) {
    absl::StrAppend(&out, "stage ", View(StageName(standing.stage)), " since ",
                    Utc(standing.stage_since), "\n");
  }
  if (standing.waiting.now) {
    absl::StrAppend(&out, "waiting for the customer since ", Utc(standing.waiting.since),
                    standing.waiting.question.empty()
                        ? ""
                        : absl::StrCat(", asked in ", standing.waiting.question),
                    "\n");
  }
  bool claimed = false;
  for (const ClaimStanding& claim : standing.claims) {
    claimed |= !claim.released;
    const Customer* customer = current->policy.FindCustomer(claim.customer);
    absl::TimeZone zone = absl::UTCTimeZone();
    if (customer != nullptr && !absl::LoadTimeZone(customer->time_zone, &zone)) {
      zone = absl::UTCTimeZone();
    }
    absl::StrAppend(&out, "\nclaim of ", claim.customer, claim.released ? " (ended)" : "",
                    " since ", Both(claim.since, zone), ": ", claim.reason, "\n");
    absl::StrAppend(&out, "  plan ", claim.plan, claim.trial ? " (trial)" : "",
                    claim.request.empty() ? "" : absl::StrCat(", request ", claim.request),
                    ", priority ", claim.priority, ": ", claim.priority_reason, "\n");
    const auto plan = current->policy.plans.find(claim.plan);
    for (const PromiseClock& clock : claim.clocks) {
      explainer.Clock(clock, plan == current->policy.plans.end() ? nullptr : &plan->second, zone);
    }
  }
  for (const OverAllowance& over : standing.over) {
    absl::StrAppend(&out, "\nnot a ticket of ", over.customer, ": over the allowance of plan ",
                    over.plan, ": ", over.reason,
                    "; `retainer ticket grant` makes it one all the same\n");
  }
  if (standing.opened && !claimed) {
    absl::StrAppend(&out, "\nno claim is in force: a community ticket\n");
    for (const PromiseClock& clock : standing.objectives) {
      explainer.Clock(clock, nullptr, absl::UTCTimeZone());
    }
  }
  if (!standing.roles.empty()) absl::StrAppend(&out, "\nroles\n");
  for (const RoleStanding& role : standing.roles) {
    absl::StrAppend(&out, "  ", Who(role.actor), ": ", View(RoleName(role.role)), ": ", role.reason,
                    "\n");
  }
  if (!standing.refusals.empty()) absl::StrAppend(&out, "\nrefused\n");
  for (const Refusal& refusal : standing.refusals) {
    absl::StrAppend(&out, "  ", Utc(refusal.at), " ", Who(refusal.actor), ": ", refusal.what, ": ",
                    refusal.reason, "\n");
  }
  if (!standing.questions.empty()) {
    absl::StrAppend(&out, "\nopen questions: what depends on their answers waits for them\n");
  }
  for (const Question& question : standing.questions) {
    switch (question.kind) {
      case Question::Kind::kOpening:
        absl::StrAppend(&out, "  the opening not yet read from the forge\n");
        break;
      case Question::Kind::kPermission:
        absl::StrAppend(&out, "  permission of ", Who(question.actor),
                        " not yet answered by the forge\n");
        break;
      case Question::Kind::kMembership:
        absl::StrAppend(&out, "  membership of ", Who(question.actor), " in ",
                        question.organization, " not yet answered by the forge\n");
        break;
      case Question::Kind::kProfile:
        absl::StrAppend(&out, "  profile of ", Who(question.actor),
                        " not yet answered by the forge\n");
        break;
      case Question::Kind::kReference:
        absl::StrAppend(&out, "  which ticket \"", question.reference,
                        "\" is, not yet answered by the forge\n");
        break;
      case Question::Kind::kOwner:
        absl::StrAppend(&out, "  account of ", Who(question.actor),
                        " not yet answered by the forge\n");
        break;
    }
  }
  if (!standing.flags.empty()) absl::StrAppend(&out, "\nto know\n");
  for (const std::string& flag : standing.flags) absl::StrAppend(&out, "  ", flag, "\n");
  if (standing.next_due) {
    absl::StrAppend(&out, "\nnext due ", Utc(*standing.next_due), "\n");
  }
  if (standing.next_wake != absl::InfiniteFuture()) {
    absl::StrAppend(&out, "changes by time alone at ", Utc(standing.next_wake), "\n");
  }
  return out;
}

}  // namespace retainer
