// Accounts that joined a customer: its contacts by id, for as long as they are.
#include <gtest/gtest.h>

#include "absl/strings/match.h"
#include "story.h"

namespace retainer::core {
namespace {

using absl::Hours;
using absl::Minutes;

constexpr Metric kFirst = Metric::kFirstResponse;

Role RoleOf(const Standing& standing, const std::string& login) {
  for (const RoleStanding& role : standing.roles) {
    if (role.actor.login == login) return role.role;
  }
  return Role::kUnknown;
}

const ClaimStanding* ClaimOf(const Standing& standing, const std::string& customer) {
  for (const ClaimStanding& claim : standing.claims) {
    if (claim.customer == customer) return &claim;
  }
  return nullptr;
}

void Join(Story& story, const std::string& login, const std::string& customer, absl::Time since,
          absl::Time until = absl::InfiniteFuture()) {
  story.pins().Join("github", story.Who(login).id, {customer, since, until});
}

TEST(Joined, AnIssueOfAnAccountThatJoinedIsTheCustomers) {
  Story story;
  Join(story, "eve", "acme", story.now());
  story.Opens("eve", "Down\n/support priority P1");
  const Standing standing = story.See();
  const ClaimStanding* claim = ClaimOf(standing, "acme");
  ASSERT_NE(claim, nullptr);
  EXPECT_EQ(claim->priority, "P1") << "a contact sets the priority";
  EXPECT_EQ(RoleOf(standing, "eve"), Role::kCustomer);
  EXPECT_TRUE(
      absl::StrContains(story.Explained(), "@eve joined as a contact of acme on 2026-03-02"))
      << story.Explained();
}

TEST(Joined, ItCountsByTheIdWhateverTheLogin) {
  Story story;
  const Actor eve = story.Who("eve");
  Join(story, "eve", "acme", story.now());
  story.Add(MakeOpened({Provenance::kWebhook, story.now()}, {eve.id, "renamed", false},
                       Moment::At(story.now()), "It is broken."));
  EXPECT_NE(ClaimOf(story.See(), "acme"), nullptr);

  Story other;
  Join(other, "eve", "acme", other.now());
  other.Add(MakeOpened({Provenance::kWebhook, other.now()}, {"9999", "eve", false},
                       Moment::At(other.now()), "It is broken."));
  EXPECT_EQ(ClaimOf(other.See(), "acme"), nullptr) << "another account under the login";
}

TEST(Joined, OnlyOnTheForgeOnWhichItJoined) {
  Story story;
  story.pins().Join("gitlab", story.Who("eve").id, {"acme", story.now()});
  story.Opens("eve");
  EXPECT_TRUE(story.See().claims.empty());
}

TEST(Joined, AnOpenTicketOfTheAuthorIsTheCustomersFromTheJoiningOn) {
  Story story;
  story.Opens("eve").Wait(Hours(3));
  const absl::Time joined = story.now();
  Join(story, "eve", "acme", joined);
  story.Wait(Minutes(10));
  const Standing standing = story.See();
  const ClaimStanding* claim = ClaimOf(standing, "acme");
  ASSERT_NE(claim, nullptr);
  EXPECT_EQ(claim->since, joined);
  EXPECT_EQ(story.Last("acme", kFirst).started, joined);
}

TEST(Joined, WhereAPlanStartsAtTheOpeningAnEarlierTicketStaysAsItWas) {
  Policy policy = StoryPolicy();
  policy.plans.at("gold").starts = ClockStart::kOpened;
  Story story(policy);
  story.Opens("eve").Wait(Hours(1));
  Join(story, "eve", "acme", story.now());
  EXPECT_TRUE(story.Wait(Hours(1)).See().claims.empty());
}

TEST(Joined, AClosedTicketStaysAsItWas) {
  Story story;
  story.Opens("eve").Wait(Minutes(5)).Closes("alice").Wait(Hours(1));
  Join(story, "eve", "acme", story.now());
  EXPECT_EQ(ClaimOf(story.Wait(Hours(1)).See(), "acme"), nullptr);
}

TEST(Joined, AfterTheRemovalTheAccountIsNobodySpecial) {
  Story story;
  const absl::Time joined = story.now();
  const absl::Time removed = joined + Hours(2);
  Join(story, "eve", "acme", joined, removed);
  story.GoTo("2026-03-02 11:00:00").Opens("eve");
  EXPECT_TRUE(story.See().claims.empty()) << "the end is exclusive";

  Story before;
  Join(before, "eve", "acme", joined, removed);
  before.GoTo("2026-03-02 10:59:59").Opens("eve").Permission("eve", "read");
  ASSERT_NE(ClaimOf(before.See(), "acme"), nullptr);
  before.Wait(Hours(1)).Says("eve", "Is there news?");
  EXPECT_EQ(RoleOf(before.See(), "eve"), Role::kCommunity) << "what it said as a contact stays";
  EXPECT_NE(ClaimOf(before.See(), "acme"), nullptr);
}

TEST(Joined, ACommentOfAContactCountsAsTheCustomersWord) {
  Story story;
  story.Opens("dave").Wait(Minutes(5)).Says("alice", "Try this.").Permission("eve", "read");
  story.Wait(Minutes(5));
  Join(story, "eve", "acme", story.now());
  story.Says("eve", "It does not help.");
  EXPECT_EQ(story.State("acme", Metric::kNextResponse), ClockState::kRunning);

  Story stranger;
  stranger.Opens("dave").Wait(Minutes(5)).Says("alice", "Try this.").Permission("eve", "read");
  stranger.Wait(Minutes(5)).Says("eve", "It does not help.");
  EXPECT_NE(stranger.State("acme", Metric::kNextResponse), ClockState::kRunning);
}

TEST(Joined, ACustomerThatThePolicyDoesNotHaveGivesNothing) {
  Story story;
  Join(story, "eve", "gone", story.now());
  Join(story, "eve", "c-7f3", story.now());  // an alias is no id
  story.Opens("eve");
  EXPECT_TRUE(story.See().claims.empty());
}

TEST(Joined, WhoMayWriteAndJoinedACustomerIsNoResponder) {
  Story story;
  Join(story, "eve", "beta", story.now());
  story.Opens("dave").Permission("eve", "write").Wait(Minutes(5)).Says("eve", "Try this.");
  EXPECT_EQ(RoleOf(story.See(), "eve"), Role::kCommunity);
  EXPECT_EQ(story.State("acme", kFirst), ClockState::kRunning);
}

TEST(Joined, APrivateCustomersContactLooksLikeAStrangerFromOutside) {
  Policy policy = StoryPolicy();
  policy.customers[0].is_public = false;
  Story story(policy);
  Join(story, "eve", "acme", story.now());
  story.Opens("eve");
  EXPECT_NE(ClaimOf(story.See(), "acme"), nullptr);
  const Standing outside =
      Evaluate(story.context_of(), story.facts(), OutsideTerms(story.terms(), story.now()),
               story.pins(), story.now());
  EXPECT_TRUE(outside.claims.empty());
  const Decision decision =
      Decide(story.context_of(), story.facts(), {}, story.terms(), story.pins(), {}, story.now());
  Story stranger(policy);
  stranger.Opens("eve");
  const Decision plain = Decide(stranger.context_of(), stranger.facts(), {}, stranger.terms(),
                                stranger.pins(), {}, stranger.now());
  EXPECT_EQ(decision.face, plain.face);
}

// Acme is private; eve, a member of beta's organisation, joined it. What beta's readers see must
// not tell that.
TEST(Joined, AnotherPrivateCustomersContactKeepsTheRoleThatOutsidersExpect) {
  Policy policy = StoryPolicy();
  policy.customers[0].is_public = false;
  policy.customers[0].entitlements.front().term =
      Term{absl::CivilDay(2025, 1, 1), absl::CivilDay(2025, 12, 31)};
  policy.customers[1].is_public = true;
  policy.customers[1].contacts.organizations = {{"github", "beta-inc"}};
  const auto face = [&](bool joined) {
    Story story(policy);
    if (joined) Join(story, "eve", "acme", story.now());
    story.Opens("eve").Membership("eve", "beta-inc", "yes");
    return Decide(story.context_of(), story.facts(), {}, story.terms(), story.pins(), {},
                  story.now())
        .face;
  };
  ASSERT_TRUE(face(false));
  EXPECT_EQ(face(true), face(false));
}

TEST(Joined, AContactOfAnotherCustomerOnAConfidentialIssueHidesThePromises) {
  Policy policy = StoryPolicy();
  policy.customers[0].is_public = false;
  const auto face = [&](bool joined) {
    Story story(policy);
    story.Opens("dave").Permission("eve", "read");
    Fact hidden = MakeVisibility({Provenance::kWebhook, story.now()}, true, story.Who("dave"),
                                 Moment::At(story.now()));
    story.Add(hidden).Wait(Minutes(1)).Says("eve", "Me too.");
    if (joined) Join(story, "eve", "beta", story.now());
    return Decide(story.context_of(), story.facts(), {}, story.terms(), story.pins(), {},
                  story.now())
        .face;
  };
  ASSERT_TRUE(face(false) && face(false)->comment);
  EXPECT_FALSE(face(true) && face(true)->comment && !face(true)->discloses.empty());
}

}  // namespace
}  // namespace retainer::core
