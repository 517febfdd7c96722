// Due instants that move between two standings of a ticket, and their sum.
#include "retainer/impact.h"

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>

namespace retainer {
namespace {

const TicketRef kTicket{"github", "acme/opendb", TicketKind::kIssue, 12};

absl::Time At(int minute) { return absl::FromUnixSeconds(1'772'442'000) + absl::Minutes(minute); }

// A standing with one promise to acme that is due at `due`; nullopt: the clock stands still.
Standing DueAt(std::optional<absl::Time> due) {
  Cycle cycle;
  cycle.started = At(0);
  cycle.promise = std::make_shared<const Promise>();
  if (due) cycle.due = *due;
  PromiseClock clock;
  clock.metric = Metric::kFirstResponse;
  clock.cycles = {cycle};
  ClaimStanding claim;
  claim.customer = "acme";
  claim.priority = "P1";
  claim.clocks = {clock};
  Standing standing;
  standing.claims = {claim};
  return standing;
}

std::vector<MovedPromise> Moved(std::optional<absl::Time> from, std::optional<absl::Time> to) {
  return MovedPromises(kTicket, DueAt(from), DueAt(to), At(100));
}

TEST(MovedPromisesTest, WhatIsDueAtAnotherInstantMoves) {
  EXPECT_TRUE(Moved(At(200), At(200)).empty());
  EXPECT_TRUE(Moved(std::nullopt, std::nullopt).empty()) << "the clock stands still in both";
  const auto earlier = Moved(At(200), At(150));
  ASSERT_EQ(earlier.size(), 1u);
  EXPECT_EQ(earlier[0].ticket, kTicket);
  EXPECT_EQ(earlier[0].customer, "acme");
  EXPECT_EQ(earlier[0].priority, "P1");
  EXPECT_EQ(earlier[0].from, At(200));
  EXPECT_EQ(earlier[0].to, At(150));
  EXPECT_FALSE(earlier[0].late_at_once);
  EXPECT_EQ(Moved(At(200), std::nullopt)[0].to, std::nullopt);
}

TEST(MovedPromisesTest, WhatWasInTimeAndIsLateIsLateAtOnce) {
  EXPECT_TRUE(Moved(At(200), At(100))[0].late_at_once);
  EXPECT_TRUE(Moved(std::nullopt, At(50))[0].late_at_once);
  EXPECT_FALSE(Moved(At(90), At(50))[0].late_at_once) << "it was late already";
  EXPECT_FALSE(Moved(At(50), At(200))[0].late_at_once);
}

TEST(MovedPromisesTest, WhatHasEndedOrWasReleasedDoesNotMove) {
  Standing ended = DueAt(At(200));
  ended.claims[0].clocks[0].cycles[0].outcome = Outcome::kMet;
  Standing released = DueAt(At(200));
  released.claims[0].released = true;
  EXPECT_TRUE(MovedPromises(kTicket, ended, ended, At(100)).empty());
  EXPECT_TRUE(MovedPromises(kTicket, ended, released, At(100)).empty());
  const auto moved = MovedPromises(kTicket, ended, DueAt(At(150)), At(100));
  ASSERT_EQ(moved.size(), 1u);
  EXPECT_EQ(moved[0].from, std::nullopt);
}

TEST(ImpactSumTest, PartsMakeTheWholeInAnyOrderAndTheMostUrgentAreListed) {
  const ImpactScope scope{.most_listed = 2};
  Impact first;
  AddOpenTicket(scope, Moved(At(200), At(150)), &first);
  AddOpenTicket(scope, Moved(At(200), At(120)), &first);
  AddOpenTicket(scope, {}, &first);
  Impact second;
  AddOpenTicket(scope, Moved(At(200), At(90)), &second);
  second.hidden = 3;
  Impact whole = first;
  Merge(scope, second, &whole);
  Impact other = second;
  Merge(scope, first, &other);
  EXPECT_EQ(whole, other);
  EXPECT_EQ(whole.open_tickets, 4);
  EXPECT_EQ(whole.moved_tickets, 3);
  EXPECT_EQ(whole.moved_promises, 3);
  EXPECT_EQ(whole.late_at_once, 1);
  EXPECT_EQ(whole.hidden, 3);
  ASSERT_EQ(whole.moved.size(), 2u);
  EXPECT_EQ(whole.moved[0].to, At(90)) << "late at once comes first";
  EXPECT_EQ(whole.moved[1].to, At(120));
  const std::string text = ImpactText(whole, Audience::kTeam);
  EXPECT_NE(text.find("2026-03-02 10:30:00 UTC, late at once\n"), std::string::npos) << text;
  EXPECT_NE(text.find("  and 1 more\n"), std::string::npos) << text;
}

}  // namespace
}  // namespace retainer
