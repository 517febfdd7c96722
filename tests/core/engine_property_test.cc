// Properties of the engine over random stories.
#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <algorithm>

#include "story.h"

namespace retainer {
namespace {

// A story of random steps by random people; seconds repeat now and then.
Story RandomStory() {
  Policy policy = StoryPolicy();
  policy.plans["gold"].warn_at = {0.5, 0.9};
  policy.plans["gold"].escalation = {{1.5, std::nullopt, {"lead"}}};
  Story story(policy);
  const auto people =
      rc::gen::element<std::string>("alice", "bob", "dave", "bert", "eve", "acme-ci");
  story.Permission("eve", "read", absl::Hours(10000))
      .Opens(*rc::gen::element<std::string>("dave", "eve", "alice"));
  const int steps = *rc::gen::inRange(0, 14);
  for (int i = 0; i < steps; ++i) {
    story.Wait(absl::Minutes(*rc::gen::element(0, 1, 7, 45, 200, 3000)));
    const std::string who = *people;
    switch (*rc::gen::inRange(0, 9)) {
      case 0:
      case 1:
        story.Says(who, *rc::gen::element<std::string>(
                            "Some words.", "Thanks!", "> quote\n", "Yes\n/support waiting\n",
                            "/support claim c-b", "/support priority P1", "/support priority P2",
                            "/support community"));
        break;
      case 2:
        story.Closes(who);
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
      default:
        story.Notes(who, "Internal.");
    }
  }
  return story.Wait(absl::Minutes(*rc::gen::element(0, 10, 100, 1000, 10000)));
}

RC_GTEST_PROP(Engine, OrderAndRepetitionOfFactsShowNowhere, ()) {
  const Story story = RandomStory();
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
}  // namespace retainer
