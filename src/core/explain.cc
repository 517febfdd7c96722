// Why a standing is what it is. Order: what the ticket is, whose and why, who is who, each clock
// with the sums to check, then what is open, refused or not to be seen.
#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "retainer/core.h"
#include "roles.h"

namespace retainer {
namespace {

using core::View;

// An interval list longer than this is told by its head and its sum.
constexpr std::size_t kShownIntervals = 40;

std::string Utc(absl::Time at) {
  if (at == absl::InfiniteFuture()) return "never";
  if (at == absl::InfinitePast()) return "always";
  return absl::FormatTime("%Y-%m-%d %H:%M:%S UTC", at, absl::UTCTimeZone());
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
  return actor.login.empty() ? absl::StrCat("id ", actor.id) : absl::StrCat("@", actor.login);
}

std::string Cause(const FactSet& facts, const std::string& id) {
  if (id.empty()) return "";
  const Fact* fact = facts.Find(id);
  if (fact == nullptr) return absl::StrCat(" [", id, "]");
  std::string text = absl::StrCat(" [", id);
  if (fact->actor != Actor()) absl::StrAppend(&text, " by ", Who(fact->actor));
  return absl::StrCat(text, "]");
}

class Explainer {
 public:
  Explainer(const FactSet& facts, const TermsHistory& terms, absl::Time now)
      : facts_(facts), terms_(terms), now_(now) {}

  void Clock(const PromiseClock& clock, absl::TimeZone zone) {
    absl::StrAppend(&out_, "  ", View(MetricName(clock.metric)), " (",
                    clock.kind == PromiseKind::kCommitment ? "commitment" : "target",
                    "): ", View(ClockStateName(clock.state)), "\n");
    if (clock.cycles.empty()) absl::StrAppend(&out_, "    has not started\n");
    int number = 0;
    for (const Cycle& cycle : clock.cycles) Run(++number, cycle, zone);
  }

  void Run(int number, const Cycle& cycle, absl::TimeZone zone) {
    absl::StrAppend(&out_, "    cycle ", number, ": ", View(OutcomeName(cycle.outcome)),
                    cycle.note.empty() ? "" : absl::StrCat(": ", cycle.note), "\n");
    absl::StrAppend(&out_, "      started  ", Both(cycle.started, zone),
                    Cause(facts_, cycle.start_fact), "\n");
    if (cycle.stopped) {
      absl::StrAppend(&out_, "      stopped  ", Both(*cycle.stopped, zone),
                      Cause(facts_, cycle.stop_fact), "\n");
    }
    absl::StrAppend(&out_, "      target   ", cycle.target_as_written.text, " = ",
                    Sum(cycle.target), " open time",
                    cycle.priority.empty() ? "" : absl::StrCat(" for ", cycle.priority), " by ",
                    absl::StrJoin(cycle.calendars, " + "), ", policy ", cycle.terms_id, "\n");
    if (cycle.due == absl::InfiniteFuture()) {
      absl::StrAppend(&out_, "      due      not while it is paused\n");
    } else {
      absl::StrAppend(&out_, "      due      ", Both(cycle.due, zone), "\n");
    }
    for (const Interval& pause : cycle.pauses) {
      absl::StrAppend(&out_, "      paused   ", Both(pause.from, zone), " to ",
                      pause.until == absl::InfiniteFuture() ? "now" : Both(pause.until, zone),
                      "\n");
    }
    Intervals(cycle, zone);
    absl::StrAppend(&out_, "      elapsed  ", Sum(cycle.elapsed), "\n");
  }

  void Intervals(const Cycle& cycle, absl::TimeZone zone) {
    const Terms* terms = nullptr;
    for (const auto& version : terms_) {
      if (version->id == cycle.terms_id) terms = version.get();
    }
    if (terms == nullptr || cycle.calendars.empty()) return;
    const absl::Time until = cycle.stopped.value_or(std::max(now_, cycle.started));
    const BusinessTime& calendar = terms->Calendar(cycle.calendars);
    // The open intervals with the pauses cut out, piece by piece, so that they add up.
    absl::Duration sum;
    std::size_t shown = 0;
    absl::Time from = cycle.started;
    const auto piece = [&](absl::Time begin, absl::Time end) {
      if (end <= begin) return;
      for (const Interval& open : calendar.OpenIntervals(begin, end, kShownIntervals)) {
        if (shown == kShownIntervals) return;
        ++shown;
        sum += open.until - open.from;
        absl::StrAppend(&out_, "      counted  ", Both(open.from, zone), " to ",
                        Both(open.until, zone), " = ", Sum(open.until - open.from), "\n");
      }
    };
    for (const Interval& pause : cycle.pauses) {
      piece(from, std::min(pause.from, until));
      from = std::min(pause.until, until);
    }
    piece(from, until);
    const absl::Duration all = calendar.Elapsed(cycle.started, until, cycle.pauses);
    if (all != sum) {
      absl::StrAppend(&out_, "      counted  … and more: ", Sum(all - sum), "\n");
    }
    absl::StrAppend(&out_, "      sum      ", Sum(all), "\n");
    if (all != cycle.elapsed) {
      absl::StrAppend(&out_, "      besides  ", Sum(cycle.elapsed - all),
                      " under other calendars before, or on another ticket\n");
    }
  }

  std::string& out() { return out_; }

 private:
  const FactSet& facts_;
  const TermsHistory& terms_;
  const absl::Time now_;
  std::string out_;
};

}  // namespace

std::string Explain(const TicketContext& context, const FactSet& facts, const Standing& standing,
                    const TermsHistory& terms, absl::Time now) {
  Explainer explainer(facts, terms, now);
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
                    "its opening is not known yet: asked of the forge, and nothing is judged ",
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
  absl::StrAppend(&out, "policy ", standing.terms_id, ", in force since ", Utc(current->effective),
                  "\n");
  if (!standing.successor.empty()) {
    absl::StrAppend(&out, "goes on as ", standing.successor, " since ", Utc(standing.moved_at),
                    "\n");
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
    absl::StrAppend(&out, "  plan ", claim.plan, ", priority ", claim.priority, ": ",
                    claim.priority_reason, "\n");
    for (const PromiseClock& clock : claim.clocks) explainer.Clock(clock, zone);
  }
  if (standing.opened && !claimed) {
    absl::StrAppend(&out, "\nno claim is in force: a community ticket\n");
    for (const PromiseClock& clock : standing.objectives) {
      explainer.Clock(clock, absl::UTCTimeZone());
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
    absl::StrAppend(&out, "\nopen questions: nothing is announced before they are answered\n");
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
