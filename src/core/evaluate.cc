#include <algorithm>
#include <optional>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "asked_to_rate.h"
#include "claims.h"
#include "prospects.h"
#include "replay.h"
#include "retainer/core.h"
#include "roles.h"
#include "stage.h"

namespace retainer {
namespace {

using core::ClaimWork;
using core::Replayed;
using core::Roster;

// The versions whose instant has come. Later ones have no effect yet.
TermsHistory InForce(const TermsHistory& terms, absl::Time now, absl::Time* next) {
  TermsHistory in_force;
  for (const auto& version : terms) {
    if (in_force.empty() || version->effective <= now) {
      in_force.push_back(version);
    } else {
      *next = std::min(*next, version->effective);
    }
  }
  return in_force;
}

// Adds a refusal for each excuse that applies to no cycle.
void RefuseIdleExcuses(const Replayed& timeline, const std::vector<ClaimWork>& works,
                       std::vector<Refusal>* refusals) {
  for (const core::Excuse& excuse : timeline.excuses) {
    const bool used = std::any_of(works.begin(), works.end(), [&](const ClaimWork& work) {
      return work.excused.contains(excuse.fact);
    });
    if (used) continue;
    Refusal refusal;
    refusal.actor = excuse.fact->actor;
    refusal.fact_id = excuse.fact->id;
    refusal.what = absl::StrCat("excuse ", core::View(MetricName(excuse.metric)));
    refusal.reason = absl::StrCat("no ", core::View(MetricName(excuse.metric)),
                                  " was late by then: excuse it when it is late");
    refusal.at = excuse.at;
    const auto later = [](const Refusal& a, const Refusal& b) { return a.at < b.at; };
    refusals->insert(std::upper_bound(refusals->begin(), refusals->end(), refusal, later),
                     std::move(refusal));
  }
}

// True when only the author and machines have written.
bool IsUnanswered(const Replayed& timeline, const FactSet& facts) {
  return std::none_of(facts.begin(), facts.end(), [&](const auto& entry) {
    const Fact& fact = entry.second;
    return fact.kind == FactKind::kComment && !fact.actor.machine && !fact.internal &&
           fact.actor != timeline.author && !timeline.own_comments.contains(fact.subject);
  });
}

// See Standing::asked_since.
std::optional<absl::Time> AskedSince(const Replayed& timeline, const FactSet& facts) {
  const bool claimed = std::any_of(timeline.stints.begin(), timeline.stints.end(),
                                   [](const core::Stint& stint) { return !stint.ended; });
  if (!claimed) {
    return IsUnanswered(timeline, facts) ? std::optional(timeline.opened_at) : std::nullopt;
  }
  std::optional<absl::Time> since;
  if (!timeline.opened_by_responder) since = timeline.opened_at;
  for (const core::Happening& happening : timeline.happenings) {
    const bool theirs = happening.role == Role::kCustomer || happening.by_author;
    switch (happening.kind) {
      case core::HappeningKind::kAnswer:
      case core::HappeningKind::kClose:
        since.reset();
        break;
      case core::HappeningKind::kSpeech:
        if (!since) since = happening.at;
        break;
      case core::HappeningKind::kReopen:
        if (!since && theirs) since = happening.at;
        break;
      case core::HappeningKind::kAct:
      case core::HappeningKind::kWorkaround:
      case core::HappeningKind::kWorkaroundLabel:
      case core::HappeningKind::kWorkaroundUnlabelled:
      case core::HappeningKind::kTakenBack:
      case core::HappeningKind::kArrived:
      case core::HappeningKind::kDeleted:
        break;
    }
  }
  // A request to do something also asks.
  return timeline.waiting.now ? std::nullopt : since;
}

}  // namespace

Standing core::EvaluateAsKnown(const TicketContext& context, const FactSet& facts,
                               const TermsHistory& terms, const Pins& pins, absl::Time now) {
  Standing s;
  s.ticket = context.key;
  const TermsHistory history = InForce(terms, now, &s.next_wake);
  const Terms& current = *history.back();
  s.terms_id = current.id;

  const std::vector<const Fact*> order = facts.InOrder();
  bool judge_all =
      std::any_of(history.begin(), history.end(), [](const std::shared_ptr<const Terms>& t) {
        return !t->policy.community.objectives.empty();
      });
  const bool objectives = judge_all;
  core::Undone undone;
  std::optional<Roster> roster(std::in_place, context, history, pins, order);
  Replayed timeline = core::Replay(context, history, *roster, order, undone, judge_all);
  while (timeline.unjudged || !timeline.undone.empty()) {
    // Handle undone acts first, because the roles may have been needed only for one of them.
    if (timeline.undone.empty()) judge_all = true;
    undone.acts.merge(timeline.undone.acts);
    undone.undos.merge(timeline.undone.undos);
    roster.emplace(context, history, pins, order);
    timeline = core::Replay(context, history, *roster, order, undone, judge_all);
  }

  s.facts = facts;
  s.inferred = std::move(timeline.inferred);
  s.opened = timeline.opened;
  s.open = timeline.open;
  s.gone = timeline.gone;
  s.confidential = timeline.confidential;
  s.successor = timeline.successor;
  s.successor_key = std::move(timeline.successor_key);
  s.moved_at = timeline.moved_at;
  s.author = timeline.author;
  s.opened_at = timeline.opened_at;
  s.roles = roster->Roles();
  s.other_customers.assign(roster->others().begin(), roster->others().end());
  s.waiting = std::move(timeline.waiting);
  s.waits.reserve(timeline.waits.size());
  for (std::size_t i = 0; i < timeline.waits.size(); ++i) {
    const auto& [began, ended] = timeline.wait_facts[i];
    s.waits.push_back({timeline.waits[i], began->id, std::string(IdOf(ended))});
  }
  s.labels.reserve(timeline.labels.size());
  for (const auto& [name, state] : timeline.labels) s.labels.push_back(name);
  s.assignees.assign(timeline.assignees.begin(), timeline.assignees.end());
  s.assign_requests.assign(timeline.assign_requests.begin(), timeline.assign_requests.end());
  const auto answer =
      std::find_if(timeline.happenings.rbegin(), timeline.happenings.rend(),
                   [](const core::Happening& h) { return h.kind == core::HappeningKind::kAnswer; });
  if (answer != timeline.happenings.rend()) s.answered_by = answer->fact->actor.login;
  if (timeline.opened) s.asked_since = AskedSince(timeline, facts);
  for (const auto& [customer, over] : timeline.over) s.over.push_back(over);
  s.refusals = std::move(timeline.refusals);
  s.acknowledged = std::move(timeline.acknowledged);
  s.work = std::move(timeline.work);
  for (auto& [customer, rating] : timeline.ratings) s.ratings.push_back(std::move(rating));
  s.label_wishes = std::move(timeline.label_wishes);
  s.stale_labels = std::move(timeline.stale_labels);
  for (const Refusal& refusal : s.refusals) {
    if (refusal.until != absl::InfiniteFuture() && refusal.until > now) {
      s.next_wake = std::min(s.next_wake, refusal.until);
    }
  }
  s.comment_deleted_by_hand = timeline.comment_deleted_by_hand;
  s.comment_deleted_for_all = timeline.comment_deleted_for_all;
  s.own_comments.assign(timeline.own_comments.begin(), timeline.own_comments.end());
  s.removed_by_hand = std::move(timeline.removed_by_hand);
  std::set<std::string> flags = std::move(timeline.flags);
  flags.insert(roster->flags().begin(), roster->flags().end());
  s.flags.assign(flags.begin(), flags.end());
  core::WorkOutStage(timeline, now, &s);
  s.closed = std::move(timeline.closed);
  if (const absl::Time asked = core::AskedToRateAt(s, current.policy.feedback); asked > now) {
    s.next_wake = std::min(s.next_wake, asked);
  }
  if (!timeline.opened) {
    // Evaluate only a complete ticket. A ticket that is gone cannot be completed.
    if (!timeline.gone) {
      s.questions.assign(roster->questions().begin(), roster->questions().end());
      s.questions.insert(s.questions.begin(), Question());
    }
    return s;
  }
  std::set<Question> questions = std::move(timeline.questions);
  questions.insert(roster->questions().begin(), roster->questions().end());
  s.questions.assign(questions.begin(), questions.end());

  std::vector<ClaimWork> works = core::WorkOutClaims(timeline, history, context.adopted, now);
  std::vector<core::CarriedClaim> leaving;
  RefuseIdleExcuses(timeline, works, &s.refusals);
  s.claims.reserve(works.size());
  bool claimed = false;
  absl::Time community_since = timeline.opened_at;
  for (ClaimWork& work : works) {
    s.next_wake = std::min(s.next_wake,
                           core::Announce(context.key, timeline, history, now, &work, &s.notices));
    work.standing.escalated_by_hand = core::IsEscalatedByHand(timeline, work);
    if (work.leaving) leaving.push_back(*work.leaving);
    if (work.stint->ended) {
      community_since = std::max(community_since, *work.stint->ended);
    } else {
      claimed = true;
      for (const PromiseClock& clock : work.standing.clocks) {
        s.worst = std::max(s.worst.value_or(clock.state), clock.state);
      }
      for (const core::Runs& runs : work.runs) {
        for (const Cycle& cycle : runs.cycles) {
          if (cycle.outcome != Outcome::kOpen || cycle.due == absl::InfiniteFuture()) continue;
          s.next_due = std::min(s.next_due.value_or(cycle.due), cycle.due);
        }
      }
    }
    s.claims.push_back(core::Publish(std::move(work)));
  }
  if (!leaving.empty()) s.carried = core::Write(leaving);
  if (!claimed && objectives && timeline.successor.empty()) {
    ClaimWork work =
        core::WorkOutObjectives(timeline, history, community_since, context.adopted, now);
    s.next_wake = std::min(s.next_wake,
                           core::Announce(context.key, timeline, history, now, &work, &s.notices));
    s.objectives = core::Publish(std::move(work)).clocks;
  }
  std::sort(s.notices.begin(), s.notices.end(),
            [](const Notice& a, const Notice& b) { return a.id < b.id; });
  return s;
}

Standing Evaluate(const TicketContext& context, const FactSet& facts, const TermsHistory& terms,
                  const Pins& pins, absl::Time now) {
  Standing standing = core::EvaluateAsKnown(context, facts, terms, pins, now);
  // Decide finds out which notices do not depend on the questions.
  if (!standing.questions.empty()) standing.notices.clear();
  return standing;
}

std::map<std::string, std::string> ClockStates(const Standing& standing) {
  std::map<std::string, std::string> states;
  for (const ClaimStanding& claim : standing.claims) {
    for (const PromiseClock& clock : claim.clocks) {
      states[absl::StrCat(claim.customer, " ", core::View(MetricName(clock.metric)))] =
          std::string(ClockStateName(clock.state));
    }
  }
  return states;
}

}  // namespace retainer
