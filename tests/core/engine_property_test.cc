// Properties of the engine over random stories.
#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <map>
#include <random>
#include <set>

#include "story.h"

namespace retainer::core {
namespace {

Policy RandomPolicy() {
  Policy policy = StoryPolicy();
  Plan& gold = policy.plans["gold"];
  gold.warn_at = {0.5, 0.9};
  gold.escalation = {{1.5, std::nullopt, {"lead"}}};
  gold.calendars = {*rc::gen::element<std::string>("always", "office")};
  gold.allowance.tickets.per_month = 3;
  return policy;
}

// The policy with every target times `factor`.
Policy Scaled(Policy policy, double factor) {
  for (auto& [priority, promises] : policy.plans["gold"].promises) {
    for (auto& [metric, target] : promises.targets) target = OpenTarget(factor * target.fixed);
  }
  return policy;
}

// A story of random steps by random people. Some steps have the same second. Some facts come by
// backfill, and sometimes the policy changes or somebody joins a team. `in_parts`: closings come
// with a comment that is dated a few seconds away.
Story RandomStory(bool in_parts = false) {
  const Policy policy = RandomPolicy();
  Story story(policy);
  const auto people =
      rc::gen::element<std::string>("alice", "bob", "dave", "bert", "eve", "acme-ci");
  story.Permission("eve", "read", absl::Hours(10000))
      .Permission("bert", "write", absl::Hours(10000))
      .Opens(*rc::gen::element<std::string>("dave", "eve", "alice"));
  // Beside other tickets, so that this one is over the allowance or not.
  story.context().used["acme"].tickets.this_month = *rc::gen::element(0, 0, 3);
  const int steps = *rc::gen::inRange(0, 14);
  for (int i = 0; i < steps; ++i) {
    story.Wait(absl::Minutes(*rc::gen::element(0, 1, 7, 45, 200, 3000)));
    const std::string who = *people;
    story.Backfilled(*rc::gen::inRange(0, 5) == 0);
    switch (*rc::gen::inRange(0, 16)) {
      case 0:
      case 1:
        story.Says(who, *rc::gen::element<std::string>(
                            "Some words.", "Thanks!", "> quote\n", "Yes\n/support waiting\n",
                            "/support claim c-b", "/support priority P1", "/support priority P2",
                            "/support community", "/support duplicate #9", "/support waitng",
                            "/support priorty P1"));
        break;
      case 2:
        story.Closes(
            who, *rc::gen::element<std::string>("completed", "duplicate", "not_planned", "merged"));
        if (in_parts) story.Wait(absl::Seconds(*rc::gen::inRange(0, 7))).Says(who, "There.");
        break;
      case 3:
        story.Reopens(who);
        break;
      case 4:
        story.Labels(who, *rc::gen::element<std::string>("priority: P1", "priority: P2",
                                                         "waiting for customer",
                                                         "workaround available", "bug"));
        break;
      case 5:
        story.Unlabels(who, *rc::gen::element<std::string>("priority: P1", "waiting for customer"));
        break;
      case 6:
        story.Acts(who, "milestoned");
        break;
      case 7:
        story.Observes({"bug"});
        break;
      case 8:
        if (story.terms().back()->effective < story.now()) {
          Policy changed = Scaled(policy, *rc::gen::element(0.5, 1.0, 3.0));
          if (*rc::gen::arbitrary<bool>()) {
            changed.teams["core"].members.push_back({"github", "eve"});
          }
          story.NewTerms(absl::StrCat("v", story.terms().size() + 1), std::move(changed));
        }
        break;
      case 9:
        story.Finds("#9", *rc::gen::element<std::string>("", "github/77/issue/9"));
        break;
      case 13:
        story.Renames(who, *rc::gen::element<std::string>("bug", "priority: P2"),
                      *rc::gen::element<std::string>("priority: P1", "waiting for customer"));
        break;
      case 10:
        story.Excuses(*rc::gen::element<std::string>("first_response", "resolution"), "acme",
                      "by phone");
        break;
      case 11:
        story.UndoesExcuse("first_response", "acme");
        break;
      case 12:
        story.Undoes(*rc::gen::element(CommandName::kClaim, CommandName::kRelease),
                     *rc::gen::element<std::string>("acme", "beta"));
        break;
      case 14:
        story.Operates(CommandName::kGrant, *rc::gen::element<std::string>("acme", "beta"));
        break;
      default:
        story.Notes(who, "Internal.");
    }
  }
  return story.Wait(absl::Minutes(*rc::gen::element(0, 10, 100, 1000, 10000)));
}

RC_GTEST_PROP(Engine, OrderAndRepetitionOfFactsShowNowhere, ()) {
  const Story story = RandomStory(/*in_parts=*/true);
  std::vector<Fact> facts = story.list();
  facts.insert(facts.end(), story.list().begin(), story.list().end());
  const int turns = *rc::gen::inRange(0, 1000);
  std::rotate(facts.begin(), facts.begin() + turns % static_cast<int>(facts.size()), facts.end());
  if (turns % 2 == 0) std::reverse(facts.begin(), facts.end());
  Story other = story;
  FactSet set;
  for (const Fact& fact : facts) set.Add(fact);
  const Standing shuffled = Evaluate(other.context(), set, story.terms(), {}, story.now());
  RC_ASSERT(DebugString(shuffled) == DebugString(story.See()));
}

// True if the decision equals the result of judging the whole story once, at its end.
bool SameAsAtOnce(const Decision& decision, Story& story) {
  const Decision once =
      Decide(story.context(), story.facts(), {}, story.terms(), {}, {}, story.now());
  return decision.facts == once.facts &&
         DebugString(decision.standing) == DebugString(once.standing) &&
         decision.face == once.face && decision.wake_at == once.wake_at;
}

// Judges the ticket as the desk does: fact by fact in any order, some twice, with ticks in between
// and policy versions that become known at some time. Each step uses what has arrived so far.
RC_GTEST_PROP(Engine, NoOrderOfArrivalShowsWhateverWasDecidedOnTheWay, ()) {
  Story story = RandomStory(/*in_parts=*/true);
  std::vector<Fact> arrivals = story.list();
  std::shuffle(arrivals.begin(), arrivals.end(), std::minstd_rand(*rc::gen::inRange(1u, 100000u)));
  const std::vector<Fact> once = arrivals;
  const std::size_t again = *rc::gen::inRange<std::size_t>(0, once.size());
  arrivals.insert(arrivals.end(), once.begin(), once.begin() + static_cast<std::ptrdiff_t>(again));
  FactSet facts;
  std::map<std::string, std::string> before;
  TermsHistory known = {story.terms().front()};
  std::vector<std::shared_ptr<const Terms>> later(story.terms().begin() + 1, story.terms().end());
  const auto learn = [&] {
    known.push_back(later.back());
    later.pop_back();
    std::sort(known.begin(), known.end(),
              [](const auto& a, const auto& b) { return a->effective < b->effective; });
  };
  for (const Fact& fact : arrivals) {
    if (!later.empty() && *rc::gen::inRange(0, 4) == 0) learn();
    const Decision decision =
        Decide(story.context(), facts, {fact}, known, {}, before, story.now());
    facts = decision.facts;
    before = ClockStates(decision.standing);
  }
  while (!later.empty()) learn();
  const Decision last = Decide(story.context(), facts, {}, known, {}, before, story.now());
  RC_ASSERT(SameAsAtOnce(last, story));
  RC_ASSERT(last.new_facts.empty());
}

// A breach is told once per cycle. How a cycle ended depends only on its facts, whenever it was
// judged.
RC_GTEST_PROP(Engine, WhenTicksCameShowsNowhere, ()) {
  Story story = RandomStory(/*in_parts=*/true);
  std::vector<Fact> arrivals = story.list();
  std::stable_sort(arrivals.begin(), arrivals.end(),
                   [](const Fact& a, const Fact& b) { return a.at < b.at; });
  FactSet facts;
  std::map<std::string, std::string> before;
  std::map<std::string, Notice> told;  // as the store tells each id once
  std::map<std::string, std::set<absl::Time>> breaches;
  const auto judge = [&](std::vector<Fact> news, absl::Time now) {
    TermsHistory terms;
    for (const auto& version : story.terms()) {
      if (terms.empty() || version->effective <= now) terms.push_back(version);
    }
    const Decision decision = Decide(story.context(), facts, news, terms, {}, before, now);
    facts = decision.facts;
    before = ClockStates(decision.standing);
    for (const Notice& notice : decision.notices) {
      const auto [it, first] = told.emplace(notice.id, notice);
      RC_ASSERT(it->second.kind == notice.kind);
      RC_ASSERT(it->second.metric == notice.metric);
      RC_ASSERT(it->second.customer == notice.customer);
      if (!first || notice.kind != NoticeKind::kBreach) continue;
      RC_ASSERT(notice.at <= now);
      const std::string clock = absl::StrCat(notice.customer, " ", static_cast<int>(notice.metric));
      // Two breaches of one clock belong to two cycles, of which only one runs at any instant.
      RC_ASSERT(breaches[clock].insert(notice.due).second);
    }
    return decision;
  };
  absl::Time now = arrivals.front().at;
  for (const Fact& fact : arrivals) {
    const int ticks = *rc::gen::inRange(0, 3);
    for (int i = 0; i < ticks && now < fact.at; ++i) {
      now += (fact.at - now) * *rc::gen::element(0.1, 0.5, 1.0);
      now = absl::FromUnixSeconds(absl::ToUnixSeconds(now));
      judge({}, now);
    }
    now = std::max(now, fact.at);
    judge({fact}, now);
  }
  RC_ASSERT(SameAsAtOnce(judge({}, story.now()), story));
}

RC_GTEST_PROP(Engine, NothingChangesByTimeAloneBeforeTheNextWakeUp, ()) {
  const Story story = RandomStory();
  const Standing now = story.See();
  const absl::Time last =
      std::min(now.next_wake, story.now() + absl::Hours(100000)) - absl::Seconds(1);
  if (last <= story.now()) return;
  const Standing later = story.See(last);
  RC_ASSERT(ClockStates(later) == ClockStates(now));
  RC_ASSERT(later.worst == now.worst);
  RC_ASSERT(later.next_wake == now.next_wake);
  RC_ASSERT(later.notices.size() == now.notices.size());
}

RC_GTEST_PROP(Engine, RaisingThePriorityBreachesNothingAtThatInstant, ()) {
  Story story = RandomStory();
  const auto before = ClockStates(story.See());
  story.Operates(CommandName::kPriority, "P1");
  for (const auto& [name, state] : ClockStates(story.See())) {
    const auto it = before.find(name);
    const bool was = it != before.end() && it->second == "breached";
    RC_ASSERT(state != "breached" || was);
  }
}

RC_GTEST_PROP(Engine, AStricterPolicyBreachesNothingAtThatInstant, ()) {
  Story story = RandomStory();
  story.Wait(absl::Seconds(1));
  const auto before = ClockStates(story.See());
  story.NewTerms("stricter", Scaled(story.terms().back()->policy, *rc::gen::element(0.01, 0.5)));
  for (const auto& [name, state] : ClockStates(story.See())) {
    const auto it = before.find(name);
    const bool was = it != before.end() && it->second == "breached";
    RC_ASSERT(state != "breached" || was);
  }
}

// Stories advance by whole minutes: a cycle's time is the number of minutes in which its calendar
// was open and the cycle was not paused.
RC_GTEST_PROP(Engine, ACyclesTimeIsTheOpenMinutesOutsideItsPauses, ()) {
  const Story story = RandomStory();
  for (const ClaimStanding& claim : story.See().claims) {
    for (const PromiseClock& clock : claim.clocks) {
      for (const Cycle& cycle : clock.cycles) {
        const BusinessTime& calendar = *cycle.promise->calendar;
        const auto runs = [&](absl::Time minute) {
          return calendar.IsOpen(minute) &&
                 std::none_of(cycle.pauses.begin(), cycle.pauses.end(), [&](const Interval& p) {
                   return p.from <= minute && minute < p.until;
                 });
        };
        const auto minutes = [&](absl::Time until) {
          int count = 0;
          for (absl::Time at = cycle.started; at < until; at += absl::Minutes(1)) count += runs(at);
          return absl::Minutes(count);
        };
        RC_ASSERT(cycle.elapsed == minutes(cycle.stopped.value_or(story.now())));
        const bool one_promise = cycle.stretches.empty();
        if (one_promise && cycle.due < story.now())
          RC_ASSERT(minutes(cycle.due) == cycle.promise->target);
        if (one_promise && cycle.outcome == Outcome::kMet)
          RC_ASSERT(cycle.elapsed <= cycle.promise->target);
        if (one_promise && cycle.outcome == Outcome::kMissed) {
          RC_ASSERT(cycle.elapsed > cycle.promise->target || *cycle.stopped > cycle.due);
        }
      }
    }
  }
}

RC_GTEST_PROP(Engine, ClocksAreWellFormed, ()) {
  const Story story = RandomStory();
  for (const ClaimStanding& claim : story.See().claims) {
    for (const PromiseClock& clock : claim.clocks) {
      absl::Time from = absl::InfinitePast();
      for (const Cycle& cycle : clock.cycles) {
        RC_ASSERT(cycle.started >= from);
        RC_ASSERT(cycle.stopped.has_value() == (cycle.outcome != Outcome::kOpen));
        if (cycle.stopped) RC_ASSERT(*cycle.stopped >= cycle.started);
        from = cycle.stopped.value_or(absl::InfiniteFuture());
      }
    }
  }
}

}  // namespace
}  // namespace retainer::core
