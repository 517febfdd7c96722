// A standing as text: its complete content, in a fixed order.
#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "retainer/core.h"
#include "roles.h"

namespace retainer {
namespace {

using core::View;

std::string At(absl::Time at) {
  return absl::FormatTime(absl::RFC3339_full, at, absl::UTCTimeZone());
}

std::string NameOf(const Actor& actor) {
  return absl::StrCat(actor.id, "@", actor.login, actor.machine ? " (machine)" : "");
}

void Append(std::string* out, absl::string_view what, const Standstill& still) {
  absl::StrAppend(out, what, At(still.span.from), " ", still.begin_fact, " -> ",
                  At(still.span.until), " ", still.end_fact, "\n");
}

void Append(std::string* out, const PromiseClock& clock) {
  absl::StrAppend(out, "  clock ", View(MetricName(clock.metric)), " ",
                  clock.kind == PromiseKind::kCommitment ? "commitment" : "target", " ",
                  View(ClockStateName(clock.state)),
                  clock.before_adoption ? " before the adoption" : "", "\n");
  for (const Cycle& cycle : clock.cycles) {
    const Promise& promise = *cycle.promise;
    absl::StrAppend(out, "    cycle ", At(cycle.started), " ", View(IdOf(cycle.start_fact)), " -> ",
                    cycle.stopped ? At(*cycle.stopped) : std::string("open"), " ",
                    View(IdOf(cycle.stop_fact)), " outcome ", static_cast<int>(cycle.outcome),
                    " target ", promise.as_written.text, "=", absl::FormatDuration(promise.target),
                    " due ", At(cycle.due), " at_risk ", At(cycle.at_risk_at));
    absl::StrAppend(out, " elapsed ", absl::FormatDuration(cycle.elapsed),
                    cycle.paused_now ? " paused" : "", " note [", cycle.note, "] terms ",
                    promise.terms_id, " calendars ", absl::StrJoin(promise.calendars, ","),
                    " priority ", promise.priority, " plan ", promise.plan,
                    cycle.due_stands ? " due stands" : "",
                    cycle.counted ? "" : " counted elsewhere", "\n");
    for (const Interval& pause : cycle.pauses) {
      absl::StrAppend(out, "      pause ", At(pause.from), " ", At(pause.until), "\n");
    }
    for (const Standstill& still : cycle.resumed) Append(out, "      resumed ", still);
    for (const Stretch& stretch : cycle.stretches) {
      absl::StrAppend(out, "      stretch ", At(stretch.from), " [", stretch.why, "] target ",
                      stretch.promise->as_written.text, "=",
                      absl::FormatDuration(stretch.promise->target), " calendars ",
                      absl::StrJoin(stretch.promise->calendars, ","), " priority ",
                      stretch.promise->priority, " terms ", stretch.promise->terms_id, " elapsed ",
                      absl::FormatDuration(stretch.elapsed));
      if (stretch.has_leg) {
        absl::StrAppend(out, " leg ", absl::FormatDuration(stretch.open), " due ", At(stretch.due));
      }
      absl::StrAppend(out, "\n");
    }
  }
  for (const Coming& coming : clock.to_come) {
    absl::StrAppend(out, "    to come ", At(coming.at), " ", View(NoticeKindName(coming.kind)), " ",
                    coming.fraction, "\n");
  }
}

}  // namespace

std::string DebugString(const Standing& s) {
  std::string out =
      absl::StrCat("ticket ", ToString(s.ticket), " opened ", s.opened, " open ", s.open, " gone ",
                   s.gone, " confidential ", s.confidential, " successor ", s.successor, " ",
                   s.successor_key, " carried [", s.carried, "] moved ", At(s.moved_at), " author ",
                   NameOf(s.author), " opened_at ", At(s.opened_at), "\n");
  for (const ClaimStanding& claim : s.claims) {
    absl::StrAppend(&out, "claim ", claim.customer, " since ", At(claim.since), " [", claim.reason,
                    "] plan ", claim.plan, claim.trial ? " on trial" : "",
                    claim.request.empty() ? "" : absl::StrCat(" request ", claim.request),
                    " priority ", claim.priority, " [", claim.priority_reason, "]",
                    claim.released ? " released" : "", claim.escalated_by_hand ? " escalated" : "",
                    "\n");
    for (const PromiseClock& clock : claim.clocks) Append(&out, clock);
  }
  for (const OverAllowance& over : s.over) {
    absl::StrAppend(&out, "over ", over.customer, " plan ", over.plan, " [", over.reason, "] ",
                    At(over.since), "\n");
  }
  if (!s.objectives.empty()) absl::StrAppend(&out, "objectives\n");
  for (const PromiseClock& clock : s.objectives) Append(&out, clock);
  for (const RoleStanding& role : s.roles) {
    absl::StrAppend(&out, "role ", NameOf(role.actor), " ", View(RoleName(role.role)), " [",
                    role.reason, "] of ", absl::StrJoin(role.contact_of, "|"), "\n");
  }
  if (!s.other_customers.empty()) {
    absl::StrAppend(&out, "others ", absl::StrJoin(s.other_customers, "|"), "\n");
  }
  absl::StrAppend(&out, "waiting ", s.waiting.now, " ", At(s.waiting.since), " ",
                  s.waiting.question, " stale ", s.waiting.label_is_stale, " by_author ",
                  s.waiting.ended_by_author, "\n");
  for (const Standstill& wait : s.waits) Append(&out, "wait ", wait);
  absl::StrAppend(&out, "labels ", absl::StrJoin(s.labels, "|"), "\nassignees ",
                  absl::StrJoin(s.assignees, "|"), "\nrequests ",
                  absl::StrJoin(s.assign_requests, "|"), "\nanswered by ", s.answered_by,
                  "\nasked since ", s.asked_since ? At(*s.asked_since) : "nobody", "\n");
  for (const Refusal& r : s.refusals) {
    absl::StrAppend(&out, "refusal ", NameOf(r.actor), " ", r.fact_id, " ", r.what, " [", r.reason,
                    "] label ", r.label, " customer ", r.customer, " ", At(r.at));
    if (r.until != absl::InfiniteFuture()) {
      absl::StrAppend(&out, " until ", At(r.until), " responder ", r.by_responder);
    }
    absl::StrAppend(&out, "\n");
  }
  for (const Acknowledgement& a : s.acknowledged) {
    absl::StrAppend(&out, "acknowledged ", a.object, a.refused ? " refused" : " done", " customer ",
                    a.customer, " responder ", a.by_responder, "\n");
  }
  for (const WorkCommand& w : s.work) {
    absl::StrAppend(&out, "work ", w.subject, " for ", w.customer, " by ", NameOf(w.by), " ",
                    At(w.at), " ", w.minutes, "m [", w.text, "] readable ", w.readable, "\n");
  }
  for (const Rating& r : s.ratings) {
    absl::StrAppend(&out, "rating ", r.customer, " ", r.mark, "/", r.scale, " by ", r.by, " ",
                    At(r.at), " ", r.fact, r.verified ? "" : " by the link", " [", r.text, "] ",
                    absl::StrJoin(r.kinds, "|"),
                    r.done ? absl::StrCat(" done ", At(*r.done), " ", r.done_by) : "", "\n");
  }
  for (const LabelWish& wish : s.label_wishes) absl::StrAppend(&out, "wish ", wish.name, "\n");
  absl::StrAppend(&out, "stale ", absl::StrJoin(s.stale_labels, "|"), "\n");
  for (const Notice& n : s.notices) {
    absl::StrAppend(&out, "notice ", n.id, " ", View(NoticeKindName(n.kind)), " ", n.customer, " ",
                    View(MetricName(n.metric)), " at ", At(n.at), " due ", At(n.due), " teams ",
                    absl::StrJoin(n.teams, ","), " private ", n.is_private, " [", n.text, "] ",
                    absl::StrJoin(n.withdraws, "|"), "\n");
  }
  for (const Question& q : s.questions) {
    absl::StrAppend(&out, "question ", static_cast<int>(q.kind), " ", NameOf(q.actor), " ",
                    q.organization, " ", q.reference, "\n");
  }
  absl::StrAppend(&out, "comment deleted ", s.comment_deleted_by_hand, s.comment_deleted_for_all,
                  " own ", absl::StrJoin(s.own_comments, "|"), "\n");
  for (const auto& [label, times] : s.removed_by_hand) {
    absl::StrAppend(&out, "removed ", label, " ", times, "\n");
  }
  absl::StrAppend(&out, "stage ", View(StageName(s.stage)), " ", At(s.stage_since), "\n");
  for (const Interval& span : s.closed) {
    absl::StrAppend(&out, "closed ", At(span.from), " ", At(span.until), "\n");
  }
  absl::StrAppend(&out, "worst ", s.worst ? View(ClockStateName(*s.worst)) : "none", " next_due ",
                  s.next_due ? At(*s.next_due) : std::string("none"), " next_wake ",
                  At(s.next_wake), " terms ", s.terms_id, "\n");
  for (const std::string& flag : s.flags) absl::StrAppend(&out, "flag ", flag, "\n");
  return out;
}

}  // namespace retainer
