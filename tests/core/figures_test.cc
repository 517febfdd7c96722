// What the figures count and what they leave out, so that they do not look too good.
#include <gtest/gtest.h>

#include "retainer/names.h"
#include "retainer/ticket_record.h"
#include "tests/core/promises.h"

namespace retainer::core {
namespace {

std::uint32_t Count(const Story& story, Metric metric, Ending ending) {
  std::uint32_t count = 0;
  for (const EndingCount& one : CountEndings(story.See())) {
    if (one.metric == metric && one.ending == ending) count += one.count;
  }
  return count;
}

std::size_t CountAll(const Story& story, Metric metric) {
  std::size_t count = 0;
  for (const EndingCount& one : CountEndings(story.See())) count += one.metric == metric;
  return count;
}

// Report (here): a close without a word counts as a promise kept.
TEST(Figures, ACloseWithoutAWordIsNeitherResolvedNorMet) {
  for (const char* reason : {"not_planned", "completed", ""}) {
    Story story = P1();
    story.Wait(Minutes(10)).Closes("alice", reason);
    for (const Metric metric : {kFirst, kWorkaround, kResolution}) {
      EXPECT_EQ(story.State("acme", metric), ClockState::kCancelled);
      EXPECT_EQ(story.Last("acme", metric).note, kClosedUnanswered);
      EXPECT_EQ(Count(story, metric, Ending::kUnanswered), 1u);
      EXPECT_EQ(Count(story, metric, Ending::kCancelled), 0u);
    }
  }
}

TEST(Figures, ACloseAfterAnAnswerIsAResolution) {
  Story story = P1();
  story.Wait(Minutes(10)).Says("alice", "It works as designed.").Closes("alice", "not_planned");
  EXPECT_EQ(Count(story, kResolution, Ending::kMet), 1u);
  EXPECT_EQ(Count(story, kResolution, Ending::kUnanswered), 0u);
}

TEST(Figures, AMergeSpeaksForItself) {
  EXPECT_EQ(P1().Wait(Minutes(10)).Closes("alice", "merged").State("acme", kResolution),
            ClockState::kMet);
}

TEST(Figures, WhatTheCustomerClosesUnansweredIsNoResolutionEither) {
  Story story = P1();
  story.Wait(Minutes(10)).Closes("dave");
  EXPECT_EQ(story.Last("acme", kResolution).note, "closed by the customer");
  EXPECT_EQ(Count(story, kResolution, Ending::kCancelled), 1u);
}

TEST(Figures, ALateCloseWithoutAWordIsMissed) {
  Story story = P1();
  story.Wait(Hours(25)).Closes("alice", "not_planned");
  EXPECT_EQ(Count(story, kResolution, Ending::kMissed), 1u);
  EXPECT_EQ(Count(story, kFirst, Ending::kMissed), 1u);
}

TEST(Figures, ReopeningTakesASilentCloseBack) {
  Story story = P1();
  story.Wait(Minutes(10)).Closes("alice", "not_planned").Wait(Minutes(5)).Reopens("alice");
  EXPECT_EQ(story.State("acme", kResolution), ClockState::kRunning);
  EXPECT_EQ(CountAll(story, kResolution), 0u);
}

TEST(Figures, AnAnswerBeforeTheReopeningStopsWhatTheReopeningAsksForAgain) {
  Story story = P1();
  story.Wait(Minutes(10)).Closes("alice").Wait(Minutes(20)).Says("bob", "Sorry: see 2.2.");
  story.Wait(Seconds(1)).Reopens("bob");
  EXPECT_EQ(story.State("acme", kFirst), ClockState::kMet);
  EXPECT_EQ(story.Last("acme", kFirst).elapsed, Minutes(30));
}

// Report (here): promises that ended before the desk was installed count as kept at once.
TEST(Figures, WhatWasOverBeforeTheAdoptionCountsAsNothing) {
  Policy policy = StoryPolicy();
  policy.since = Utc("2026-03-10 00:00:00");
  Story answered(policy);
  answered.Opens("dave").Wait(Hours(1)).Says("alice", "See the manual.");
  answered.GoTo("2026-03-11 00:00:00");
  for (const Metric metric : {kAck, kFirst}) {
    EXPECT_EQ(CountAll(answered, metric), 0u);
    EXPECT_EQ(answered.State("acme", metric), ClockState::kPending);
    EXPECT_TRUE(answered.Clock("acme", metric)->before_adoption);
  }
  EXPECT_EQ(answered.Last("acme", kResolution).started, *policy.since);
  EXPECT_NE(answered.Explained().find("first_response (commitment): pending\n"
                                      "    before Retainer was here: it is not counted\n"),
            std::string::npos)
      << answered.Explained();

  Story closed(policy);
  closed.Opens("dave").Wait(Hours(1)).Closes("alice").GoTo("2026-03-11 00:00:00");
  EXPECT_TRUE(CountEndings(closed.See()).empty());
  EXPECT_TRUE(closed.Clock("acme", kResolution)->before_adoption);

  Story waiting(policy);
  waiting.Opens("dave").GoTo("2026-03-10 00:30:00").Says("alice", "Looking.");
  EXPECT_EQ(Count(waiting, kFirst, Ending::kMet), 1u);
}

TEST(Figures, AVersionThatAdoptsLaterCountsNothingThatWasOverByThen) {
  Policy late = StoryPolicy();
  late.since = Utc("2026-03-02 09:30:00");
  Story story = P1();
  story.Wait(Minutes(5)).NewTerms("v2", late).Wait(Minutes(5)).Says("alice", "Looking.");
  EXPECT_EQ(CountAll(story, kFirst), 0u);
  EXPECT_TRUE(story.Clock("acme", kFirst)->before_adoption);
}

TEST(Figures, AnAnswerBeforeTheClaimStillMeetsItWithNothingElapsed) {
  Story story;
  story.Opens("eve").Permission("eve", "read").Wait(Hours(1)).Says("alice", "Try this.");
  story.Wait(Hours(1)).Says("alice", "/support claim c-7f3");
  EXPECT_EQ(Count(story, kFirst, Ending::kMet), 1u);
  EXPECT_NE(story.Explained().find("elapsed  0: before it was asked for"), std::string::npos)
      << story.Explained();
}

TEST(Figures, AnAnswerOutsideOpeningHoursSaysSo) {
  Policy policy = StoryPolicy();
  policy.plans["gold"].calendars = {"office"};
  policy.customers[0].is_public = true;
  Story story(policy);
  story.GoTo("2026-03-07 12:00:00").Opens("dave").Wait(Hours(1)).Says("alice", "Looking.");
  EXPECT_EQ(story.State("acme", kFirst), ClockState::kMet);
  EXPECT_NE(story.Explained().find("elapsed  0: outside opening hours"), std::string::npos)
      << story.Explained();
  const auto face = Present(story.context(), story.See(), *story.terms().back(), story.now());
  ASSERT_TRUE(face && face->comment);
  for (const PromiseRow& row : face->comment->rows) {
    if (row.promise != "first reply") continue;
    EXPECT_EQ(row.state, "met");
    EXPECT_EQ(row.took, "outside opening hours");
  }
}

// Names.

TEST(Names, AreComparedByFullCaseFoldingAndNormalForm) {
  const std::string composed = "PRIORIT\u00c4T: P1";
  const std::string apart = "Priorita\u0308t: p1";
  EXPECT_TRUE(SameName(composed, "priorit\u00e4t: p1"));
  EXPECT_TRUE(SameName(composed, apart));
  EXPECT_TRUE(SameName("STRASSE", "Stra\u00dfe"));
  EXPECT_TRUE(SameName("\u03a3\u0391\u03a3", "\u03c3\u03b1\u03c2"));
  EXPECT_FALSE(SameName("Priorit\u00e4t: P1", "Prioritat: P1"));
  EXPECT_EQ(FoldName("\xff"
                     "ABC"),
            "\xff"
            "abc");
  EXPECT_EQ(FoldName(FoldName(composed)), FoldName(apart));
}

// Report (here): names of labels are compared by bytes although the forge ignores case.
TEST(Names, OfLabelsMeanWhatThePolicySaysInAnySpelling) {
  Policy policy = StoryPolicy();
  policy.labels.priority = "Priorit\u00e4t: {priority}";
  policy.labels.waiting = "Wartet auf R\u00fcckmeldung";
  for (const char* label : {"PRIORIT\u00c4T: P1", "Priorita\u0308t: P1", "priorit\u00e4t: p1"}) {
    Story story(policy);
    story.Opens("dave").Wait(Minutes(1)).Labels("alice", label);
    EXPECT_EQ(story.See().claims[0].priority, "P1") << label;
    story.Wait(Minutes(1)).Unlabels("alice", label);
    EXPECT_EQ(story.See().claims[0].priority, "P3") << label;
  }
  Story story(policy);
  story.Opens("dave").Wait(Minutes(1)).Labels("alice", "WARTET AUF RU\u0308CKMELDUNG");
  EXPECT_TRUE(story.See().waiting.now);
}

TEST(Names, OfPrioritiesAndOfATeamsAreaToo) {
  Policy policy = StoryPolicy();
  policy.priorities[0].name = "H\u00f6chste";
  policy.teams["core"].labels = {"Bereich: \u00dcbertragung"};
  EXPECT_EQ(policy.PriorityRank("HO\u0308CHSTE"), 0u);
  Story story(policy);
  story.Opens("dave", "Down.", {"bereich: u\u0308bertragung"}).Wait(Hours(9));
  const Standing standing = story.See();
  ASSERT_FALSE(standing.notices.empty());
  EXPECT_EQ(standing.notices[0].teams, std::vector<std::string>{"core"});
}

}  // namespace
}  // namespace retainer::core
