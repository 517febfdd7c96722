// Whose turn it is, whose a ticket is, and with whom.
#include <gtest/gtest.h>

#include "tests/core/story.h"

namespace retainer::core {
namespace {

using Names = std::vector<std::string>;

TEST(AskedSince, IsTheCustomersOldestUnansweredWord) {
  Story story;
  const absl::Time opened = story.now();
  story.Opens("dave");
  EXPECT_EQ(story.See().asked_since, opened);
  story.Wait(absl::Hours(1)).Says("alice", "It is the cache, we are looking into it.");
  EXPECT_EQ(story.See().asked_since, std::nullopt);
  const absl::Time asked = story.Wait(absl::Hours(1)).now();
  story.Says("dave", "It still fails with 2.1, why?");
  story.Wait(absl::Hours(1)).Says("dave", "And with 2.2 as well?");
  EXPECT_EQ(story.See().asked_since, asked);
  story.Wait(absl::Hours(1)).Says("eve", "I have the same problem, what can I do?");
  EXPECT_EQ(story.See().asked_since, asked);
  story.Closes("alice");
  EXPECT_EQ(story.See().asked_since, std::nullopt);
  const absl::Time again = story.Wait(absl::Hours(1)).now();
  story.Says("dave", "That does not help, what about 2.3?");
  EXPECT_EQ(story.See().asked_since, again) << "on a closed ticket too";
}

TEST(AskedSince, IsNobodyWhileWeWaitForTheCustomer) {
  Story story;
  story.Opens("dave").Wait(absl::Hours(1)).Labels("alice", "waiting for customer");
  EXPECT_EQ(story.See().asked_since, std::nullopt);
  const absl::Time back = story.Wait(absl::Hours(1)).now();
  story.Says("dave", "Here is the log, do you see it?");
  EXPECT_TRUE(story.See().asked_since.has_value());
  EXPECT_LE(*story.See().asked_since, back);
}

TEST(AskedSince, OnACommunityTicketIsUntilAnybodyAnswers) {
  Story story;
  const absl::Time opened = story.now();
  story.Opens("eve").Wait(absl::Hours(1)).Says("eve", "Does nobody know?");
  EXPECT_EQ(story.See().asked_since, opened);
  story.Says("frank", "Try 2.1.");
  EXPECT_EQ(story.See().asked_since, std::nullopt);
}

TEST(TeamsOf, AssigneesDecideThenLabelsThenWhoAnswered) {
  Policy policy = StoryPolicy();
  policy.teams["lead"].labels = {"area: Storage"};
  Story story(policy);
  const auto teams = [&] { return TeamsOf(story.See(), policy); };
  story.Opens("dave").Wait(absl::Hours(1));
  EXPECT_EQ(teams(), Names());
  story.Says("alice", "We are looking into it.");
  EXPECT_EQ(teams(), Names{"core"});
  EXPECT_EQ(WithWhom(story.See()), Names{"alice"});
  story.Labels("eve", "area: storage");
  EXPECT_EQ(teams(), Names{"lead"});
  story.Assigns("alice", "bob");
  EXPECT_EQ(teams(), Names{"core"});
  EXPECT_EQ(WithWhom(story.See()), Names{"bob"});
}

}  // namespace
}  // namespace retainer::core
