// Allowances in one ticket: what is over them, what a grant does, and what a raised priority meets.
#include <gtest/gtest.h>

#include "tests/core/story.h"

namespace retainer::core {
namespace {

using absl::Hours;

constexpr Metric kFirst = Metric::kFirstResponse;

Policy Limited() {
  Policy policy = StoryPolicy();
  Allowance& allowance = policy.plans.at("gold").allowance;
  allowance.priorities["P1"] = {.open = 2, .per_month = 4};
  allowance.tickets.per_month = 20;
  return policy;
}

// `p1` tickets of acme with P1 are open, and `tickets` were opened this month.
Story Used(int p1, int tickets, Policy policy = Limited()) {
  Story story(std::move(policy));
  AllowanceUse use;
  use.priorities["P1"] = {.open = p1, .this_month = p1};
  use.tickets = {.open = p1, .this_month = tickets};
  story.context().used["acme"] = use;
  return story;
}

std::string OverOf(const Story& story) {
  const Standing standing = story.See();
  return standing.over.empty() ? "" : standing.over[0].reason;
}

TEST(Allowance, ATicketOverItIsTheCommunitys) {
  Story story = Used(2, 2);
  story.Opens("dave", "It is down.\n\n/support priority P1");
  const Standing standing = story.See();
  EXPECT_TRUE(standing.claims.empty());
  ASSERT_EQ(standing.over.size(), 1u);
  EXPECT_EQ(standing.over[0].customer, "acme");
  EXPECT_EQ(standing.over[0].plan, "gold");
  EXPECT_EQ(standing.over[0].reason, "2 of 2 open P1 tickets are used");
  EXPECT_NE(story.Explained().find("over the allowance of plan gold"), std::string::npos);
}

TEST(Allowance, WithinItNothingChanges) {
  Story story = Used(1, 1);
  story.Opens("dave", "It is down.\n\n/support priority P1");
  EXPECT_EQ(story.See().claims.at(0).priority, "P1");
  EXPECT_EQ(OverOf(story), "");
}

TEST(Allowance, OtherPrioritiesHaveTheirOwn) {
  Story story = Used(2, 2);
  story.Opens("dave");
  EXPECT_EQ(story.See().claims.at(0).priority, "P3");
}

TEST(Allowance, AllTicketsOfTheMonthAreCounted) {
  Story story = Used(0, 20);
  story.Opens("dave");
  EXPECT_EQ(OverOf(story), "20 of 20 tickets of the month are used");
}

TEST(Allowance, ALabelOfTheOpeningCountsAsItsPriority) {
  Story story = Used(2, 2);
  story.Opens("dave", "It is down.", {"priority: P1"});
  EXPECT_EQ(OverOf(story), "2 of 2 open P1 tickets are used");
}

TEST(Allowance, AGrantStartsTheClocksWhenItIsGiven) {
  Story story = Used(2, 2);
  story.GoTo("2026-03-02 09:00:00").Opens("dave", "It is down.\n\n/support priority P1");
  story.Wait(Hours(2)).Operates(CommandName::kGrant, "c-7f3");
  EXPECT_EQ(OverOf(story), "");
  EXPECT_EQ(story.See().claims.at(0).priority, "P1");
  EXPECT_EQ(story.Last("acme", kFirst).started, Utc("2026-03-02 11:00:00"));
}

TEST(Allowance, AGrantOfWhatIsNotOverIsRefused) {
  Story story = Used(0, 0);
  story.Opens("dave").Wait(Hours(1)).Operates(CommandName::kGrant, "acme");
  ASSERT_EQ(story.See().refusals.size(), 1u);
  EXPECT_EQ(story.See().refusals[0].reason, "the ticket is not over an allowance of this customer");
}

TEST(Allowance, AResponderMayClaimOverIt) {
  Story story = Used(2, 20);
  story.Opens("dave").Wait(Hours(1)).Says("alice", "/support claim acme");
  EXPECT_EQ(story.See().claims.size(), 1u);
}

TEST(Allowance, AContactCannotRaiseATicketOverIt) {
  Story story = Used(2, 2);
  story.Opens("dave").Wait(Hours(1)).Says("dave", "/support priority P1");
  EXPECT_EQ(story.See().claims.at(0).priority, "P3");
  ASSERT_EQ(story.See().refusals.size(), 1u);
  EXPECT_EQ(story.See().refusals[0].reason,
            "the allowance is used up: 2 of 2 open P1 tickets are used");
  story.Wait(Hours(1)).Says("alice", "/support priority P1");
  EXPECT_EQ(story.See().claims.at(0).priority, "P1") << "a responder may";
}

TEST(Allowance, IsThatOfTheVersionInForce) {
  Story story = Used(2, 20);
  story.GoTo("2026-03-02 09:00:00").Opens("dave");
  EXPECT_NE(OverOf(story), "");
  Policy larger = Limited();
  larger.plans.at("gold").allowance.tickets.per_month = 30;
  story.Wait(Hours(3)).NewTerms("v2", larger);
  EXPECT_EQ(OverOf(story), "");
  EXPECT_EQ(story.Last("acme", kFirst).started, Utc("2026-03-02 12:00:00"));
}

TEST(Allowance, OfOneCustomerTouchesNoOther) {
  Story story = Used(2, 20);
  story.Opens("bert");
  EXPECT_EQ(story.See().claims.at(0).customer, "beta");
}

}  // namespace
}  // namespace retainer::core
