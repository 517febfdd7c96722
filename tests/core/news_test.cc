// Notices of hand-overs and closings: who gets them, when, and only once.
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "tests/core/story.h"

namespace retainer::core {
namespace {

using absl::Hours;
using absl::Minutes;
using absl::Seconds;
using Strings = std::vector<std::string>;

Policy AlwaysOpen() {
  Policy policy = StoryPolicy();
  policy.plans["gold"].promises["P3"].targets = {{Metric::kFirstResponse, OpenTarget(Hours(1000))}};
  policy.customers[0].is_public = true;
  return policy;
}

Decision DecideOn(const Story& story, const std::vector<Fact>& facts) {
  return Decide(story.context_of(), {}, facts, story.terms(), {}, {}, story.now());
}

std::vector<Notice> NewsOf(const Decision& decision) {
  std::vector<Notice> news;
  for (const Notice& notice : decision.notices) {
    if (notice.kind == NoticeKind::kHandOver || notice.kind == NoticeKind::kClosed) {
      news.push_back(notice);
    }
  }
  return news;
}
std::vector<Notice> NewsOf(const Story& story) { return NewsOf(DecideOn(story, story.list())); }

Story& Unassigns(Story& story, const std::string& login, const std::string& assignee) {
  return story.Add(MakeUnassigned({Provenance::kWebhook, story.now()}, story.Who(assignee),
                                  story.Who(login), Moment::At(story.now())));
}

Story HeldByAlice(const Policy& policy) {
  Story story(policy);
  story.Opens("dave").Wait(Minutes(5)).Assigns("alice", "alice").Wait(Minutes(5));
  return story;
}

TEST(News, AHandOverIsToldOnceWhicheverOfTheTwoComesFirst) {
  Story comes = HeldByAlice(AlwaysOpen());
  comes.Assigns("alice", "carol").Wait(Seconds(3));
  EXPECT_TRUE(NewsOf(comes.Wait(Minutes(2))).empty()) << "both have it";
  Unassigns(comes, "alice", "alice");
  EXPECT_TRUE(NewsOf(comes).empty()) << "it may be a slip";
  EXPECT_EQ(DecideOn(comes, comes.list()).wake_at, comes.now() + kBreachGrace);
  const auto told = NewsOf(comes.Wait(kBreachGrace));
  ASSERT_EQ(told.size(), 1u);
  EXPECT_EQ(told[0].kind, NoticeKind::kHandOver);
  EXPECT_EQ(told[0].text, "acme: handed over from alice to carol (P3)");
  EXPECT_EQ(told[0].customer, "acme");
  EXPECT_EQ(told[0].due, absl::InfiniteFuture()) << "it speaks of no promise";
  EXPECT_FALSE(told[0].is_private);
  EXPECT_EQ(told[0].teams, (Strings{"core", "lead"}));

  Story goes = HeldByAlice(AlwaysOpen());
  Unassigns(goes, "alice", "alice").Wait(Hours(2));
  EXPECT_TRUE(NewsOf(goes).empty()) << "nobody has it";
  goes.Assigns("carol", "carol").Wait(kBreachGrace);
  ASSERT_EQ(NewsOf(goes).size(), 1u);
  EXPECT_EQ(NewsOf(goes)[0].text, told[0].text);

  // Both in one second, as one forge sends it.
  Story at_once = HeldByAlice(AlwaysOpen());
  at_once.Assigns("alice", "carol");
  Unassigns(at_once, "alice", "alice").Wait(kBreachGrace);
  EXPECT_EQ(NewsOf(at_once).size(), 1u);
}

TEST(News, AnyOrderOfTheSameFactsGivesTheSameNotices) {
  Story story = HeldByAlice(AlwaysOpen());
  story.Assigns("alice", "carol").Wait(Seconds(3));
  Unassigns(story, "alice", "alice").Wait(Minutes(5));
  story.Closes("carol").Wait(Minutes(5));
  std::vector<Fact> facts = story.list();
  const auto wanted = NewsOf(story);
  ASSERT_EQ(wanted.size(), 2u);
  std::sort(facts.begin(), facts.end(), [](const Fact& a, const Fact& b) { return a.id < b.id; });
  do {
    const auto told = NewsOf(DecideOn(story, facts));
    ASSERT_EQ(told.size(), wanted.size());
    for (std::size_t i = 0; i < told.size(); ++i) {
      EXPECT_EQ(told[i].id, wanted[i].id);
      EXPECT_EQ(told[i].text, wanted[i].text);
      EXPECT_EQ(told[i].at, wanted[i].at);
    }
  } while (std::next_permutation(facts.begin(), facts.end(),
                                 [](const Fact& a, const Fact& b) { return a.id < b.id; }));
}

TEST(News, WhereATicketGoesBackAndForthEachTimeIsTold) {
  Story story = HeldByAlice(AlwaysOpen());
  for (const auto& [from, to] : {std::pair("alice", "carol"), std::pair("carol", "alice")}) {
    story.Wait(Hours(1)).Assigns(from, to);
    Unassigns(story.Wait(Seconds(1)), from, from);
  }
  const auto told = NewsOf(story.Wait(Minutes(2)));
  ASSERT_EQ(told.size(), 2u);
  EXPECT_NE(told[0].id, told[1].id);
}

TEST(News, OnlyFromOneResponderToAnother) {
  for (const std::string other : {"dave", "acme-ci"}) {
    Story story = HeldByAlice(AlwaysOpen());
    story.Assigns("alice", other);
    Unassigns(story, "alice", "alice").Wait(Hours(1));
    EXPECT_TRUE(NewsOf(story).empty()) << other;
    EXPECT_TRUE(DecideOn(story, story.list()).standing.questions.empty()) << other;
  }
  // The same person again is not a hand-over.
  Story again = HeldByAlice(AlwaysOpen());
  Unassigns(again, "alice", "alice").Wait(Hours(1)).Assigns("alice", "alice").Wait(Hours(1));
  EXPECT_TRUE(NewsOf(again).empty());
}

TEST(News, WhoIsInNoTeamIsAskedOfTheForge) {
  Story story = HeldByAlice(AlwaysOpen());
  story.Assigns("alice", "walt");
  Unassigns(story, "alice", "alice").Wait(Hours(1));
  const Decision asks = DecideOn(story, story.list());
  ASSERT_EQ(asks.standing.questions.size(), 1u);
  EXPECT_EQ(asks.standing.questions[0].kind, Question::Kind::kPermission);
  EXPECT_EQ(asks.standing.questions[0].actor.login, "walt");
  EXPECT_TRUE(asks.notices.empty()) << "nothing is told while an answer is outstanding";
  Story may = story;
  may.Permission("walt", "write");
  EXPECT_EQ(NewsOf(may).size(), 1u);
  story.Permission("walt", "read");
  EXPECT_TRUE(NewsOf(story).empty());
  EXPECT_TRUE(DecideOn(story, story.list()).standing.questions.empty());
}

TEST(News, AClosingIsToldAfterAMomentUnlessItWasASlip) {
  Story story(AlwaysOpen());
  story.Opens("dave").Wait(Hours(1)).Closes("alice");
  EXPECT_TRUE(NewsOf(story).empty());
  EXPECT_EQ(DecideOn(story, story.list()).wake_at, story.now() + kBreachGrace);
  Story reopened = story;
  reopened.Wait(Seconds(30)).Reopens("alice").Wait(Hours(1));
  EXPECT_TRUE(NewsOf(reopened).empty());
  const auto told = NewsOf(story.Wait(kBreachGrace));
  ASSERT_EQ(told.size(), 1u);
  EXPECT_EQ(told[0].kind, NoticeKind::kClosed);
  EXPECT_EQ(told[0].text, "acme: closed by alice (P3)");
  // Closed again, it is told again.
  story.Wait(Hours(1)).Reopens("dave").Wait(Hours(1)).Closes("bob").Wait(Minutes(2));
  const auto anew = NewsOf(story);
  ASSERT_EQ(anew.size(), 1u);
  EXPECT_NE(anew[0].id, told[0].id);
}

TEST(News, WaitsForOpeningHoursAsOtherNoticesDo) {
  Policy policy = AlwaysOpen();
  policy.plans["gold"].calendars = {"office"};
  Story story(policy);
  story.Opens("dave").GoTo("2026-03-06 17:00:00").Closes("alice").Wait(Hours(1));  // a Friday
  EXPECT_TRUE(NewsOf(story).empty());
  const absl::Time opening = DecideOn(story, story.list()).wake_at;
  EXPECT_GE(opening, Utc("2026-03-09 08:00:00"));
  EXPECT_LT(opening, Utc("2026-03-09 08:01:00"));
  story.Wait(opening - story.now());
  EXPECT_EQ(NewsOf(story).size(), 1u);
  policy.plans["gold"].notify = NotifyHours::kAlways;
  Story at_once(policy);
  at_once.Opens("dave").GoTo("2026-03-06 17:00:00").Closes("alice").Wait(Hours(1));
  EXPECT_EQ(NewsOf(at_once).size(), 1u);
}

TEST(News, IsOfCustomersTicketsAndNotOfLongAgo) {
  Story community(AlwaysOpen());
  community.Opens("walt").Permission("walt", "read").Wait(Hours(1)).Closes("alice").Wait(Hours(1));
  EXPECT_TRUE(NewsOf(community).empty());

  Policy hidden = AlwaysOpen();
  hidden.customers[0].is_public = false;
  Story story(hidden);
  story.Opens("dave").Wait(Hours(1)).Closes("alice").Wait(Hours(1));
  ASSERT_EQ(NewsOf(story).size(), 1u);
  EXPECT_TRUE(NewsOf(story)[0].is_private);
  // When a later program judges a store again, it does not tell everything that ever happened.
  EXPECT_TRUE(NewsOf(story.Wait(Hours(72))).empty());

  Policy late = AlwaysOpen();
  late.since = Utc("2026-03-03 00:00:00");
  Story before(late);
  before.Opens("dave").Wait(Hours(1)).Closes("alice").GoTo("2026-03-03 01:00:00");
  EXPECT_TRUE(NewsOf(before).empty()) << "before the project's adoption";
}

}  // namespace
}  // namespace retainer::core
