// What is done on pages: the rights of whoever did it, and the same refusals as for commands.
#include <gtest/gtest.h>

#include <algorithm>

#include "absl/strings/match.h"
#include "tests/core/story.h"

namespace retainer::core {
namespace {

const ClaimStanding& ClaimOf(const Standing& standing, const std::string& customer) {
  for (const ClaimStanding& claim : standing.claims) {
    if (claim.customer == customer) return claim;
  }
  std::abort();
}

TEST(PageActs, AContactSetsThePriorityOfItsOwnCustomersClaim) {
  Story story;
  story.Opens("dave").Wait(absl::Minutes(1)).Operates(CommandName::kClaim, "beta");
  story.Wait(absl::Minutes(1)).DoesOnPage("gitlab:dora", "acme", CommandName::kPriority, "P1");
  const Standing standing = story.See();
  EXPECT_EQ(ClaimOf(standing, "acme").priority, "P1");
  EXPECT_EQ(ClaimOf(standing, "acme").priority_reason, "priority P1 by gitlab:dora, a customer");
  EXPECT_EQ(ClaimOf(standing, "beta").priority, "P3");
  EXPECT_TRUE(standing.refusals.empty());
}

TEST(PageActs, WhatAPlanDoesNotServeIsRefusedAsForACommand) {
  Policy policy = StoryPolicy();
  policy.plans["gold"].promises.erase("P1");
  Story story(policy);
  story.Opens("dave").Wait(absl::Minutes(1));
  story.DoesOnPage("github:dave", "acme", CommandName::kPriority, "P1");
  Story typed(policy);
  typed.Opens("dave").Wait(absl::Minutes(1)).Says("dave", "/support priority P1");
  ASSERT_EQ(story.See().refusals.size(), 1u);
  EXPECT_EQ(story.See().refusals[0].reason, typed.See().refusals[0].reason);
  EXPECT_EQ(story.See().refusals[0].what, typed.See().refusals[0].what);
  // Whoever did it reads it on the page. The comment says nothing.
  EXPECT_EQ(story.See().refusals[0].customer, "");
  EXPECT_EQ(typed.See().refusals[0].customer, "acme");
}

TEST(PageActs, ACustomerWithoutAClaimChangesNothing) {
  Story story;
  story.Opens("dave").Wait(absl::Minutes(1));
  story.DoesOnPage("github:bert", "beta", CommandName::kPriority, "P1");
  story.DoesOnPage("github:bert", "beta", CommandName::kEscalate);
  story.DoesOnPage("github:bert", "beta", CommandName::kWaiting);
  story.DoesOnPage("github:bert", "beta", CommandName::kRelease, "acme");
  const Standing standing = story.See();
  EXPECT_EQ(ClaimOf(standing, "acme").priority, "P3");
  EXPECT_FALSE(ClaimOf(standing, "acme").escalated_by_hand);
  EXPECT_FALSE(ClaimOf(standing, "acme").released);
  EXPECT_FALSE(standing.waiting.now);
  EXPECT_EQ(standing.refusals.size(), 4u);
}

TEST(PageActs, AContactDoesNotDoWhatOnlyTheProjectsPeopleMay) {
  Story story;
  story.Opens("dave").Wait(absl::Minutes(1));
  for (const auto& [name, argument] :
       std::vector<std::pair<CommandName, std::string>>{{CommandName::kWaiting, ""},
                                                        {CommandName::kWorkaround, ""},
                                                        {CommandName::kClaim, "beta"},
                                                        {CommandName::kRelease, "acme"},
                                                        {CommandName::kDuplicate, "9"},
                                                        {CommandName::kGrant, "acme"}}) {
    story.DoesOnPage("github:dave", "acme", name, argument);
  }
  const Standing standing = story.See();
  EXPECT_EQ(standing.refusals.size(), 6u);
  EXPECT_FALSE(standing.waiting.now);
  EXPECT_EQ(standing.claims.size(), 1u);
  EXPECT_FALSE(standing.claims[0].released);
}

TEST(PageActs, AContactEscalates) {
  Story story;
  story.Opens("dave").Wait(absl::Minutes(1));
  story.DoesOnPage("github:dave", "acme", CommandName::kEscalate);
  EXPECT_TRUE(ClaimOf(story.See(), "acme").escalated_by_hand);
}

TEST(PageActs, AResponderHasTheRightsOfItsCommandsAndAcknowledges) {
  Story story;
  story.Opens("dave").Wait(absl::Minutes(1));
  story.DoesOnPage("github:alice", "", CommandName::kWaiting);
  const Standing standing = story.See();
  EXPECT_TRUE(standing.waiting.now);
  EXPECT_EQ(story.State("acme", Metric::kAcknowledgement), ClockState::kMet);
  EXPECT_EQ(story.State("acme", Metric::kFirstResponse), ClockState::kRunning) << "not an answer";
  story.Wait(absl::Minutes(1)).DoesOnPage("github:alice", "", CommandName::kClaim, "beta");
  EXPECT_EQ(ClaimOf(story.See(), "beta").reason, "claimed by github:alice");
}

TEST(PageActs, GiveTheSameInAnyOrder) {
  Story story;
  story.Opens("dave").Wait(absl::Minutes(1));
  story.DoesOnPage("github:dave", "acme", CommandName::kPriority, "P1").Wait(absl::Minutes(1));
  story.DoesOnPage("github:alice", "", CommandName::kPriority, "P2").Wait(absl::Minutes(1));
  story.DoesOnPage("github:alice", "", CommandName::kWaiting).Wait(absl::Minutes(1));
  story.Says("dave", "Here it is, what else do you need?").Wait(absl::Minutes(1));
  story.DoesOnPage("github:alice", "", CommandName::kRelease, "acme").Wait(absl::Minutes(1));
  std::vector<Fact> facts = story.list();
  std::sort(facts.begin(), facts.end(), [](const Fact& a, const Fact& b) { return a.id > b.id; });
  FactSet other;
  for (const Fact& fact : facts) other.Add(fact);
  for (const Fact& fact : facts) other.Add(fact);
  EXPECT_EQ(DebugString(Evaluate(story.context(), other, story.terms(), story.pins(), story.now())),
            DebugString(story.See()));
}

// Outsiders see of a private customer's acts what they see where that customer does not exist.
TEST(PageActs, OfAPrivateCustomerNobodyElseSeesAnything) {
  Story story;  // acme is private
  story.Opens("dave").Wait(absl::Minutes(1));
  const auto face = [&] {
    const TermsHistory outside = OutsideTerms(story.terms(), story.now());
    const Standing standing =
        Evaluate(story.context(), story.facts(), outside, story.pins(), story.now());
    return Present(story.context(), standing, *outside.back(), story.now());
  };
  const auto before = face();
  TicketRecord record;
  for (const auto& [id, fact] : story.facts()) TakeTimes(fact, &record);
  const absl::Time updated = record.updated_at;
  story.Wait(absl::Minutes(1));
  story.DoesOnPage("github:dave", "acme", CommandName::kPriority, "P1");
  story.DoesOnPage("github:dave", "acme", CommandName::kEscalate);
  story.DoesOnPage("github:dave", "acme", CommandName::kWorkaround);
  story.DoesOnPage("github:alice", "", CommandName::kPriority, "P2");
  story.DoesOnPage("github:alice", "", CommandName::kWorkaround);
  story.DoesOnPage("github:alice", "", CommandName::kWaiting).Wait(absl::Minutes(1));
  story.DoesOnPage("github:dave", "acme", CommandName::kResume);
  EXPECT_EQ(face(), before);
  for (const auto& [id, fact] : story.facts()) TakeTimes(fact, &record);
  EXPECT_EQ(record.updated_at, updated) << "outsiders can read when something last happened";
}

}  // namespace
}  // namespace retainer::core
