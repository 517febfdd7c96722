// What customers say when a ticket is over.
#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "absl/strings/match.h"
#include "retainer/figures.h"
#include "story.h"

namespace retainer::core {
namespace {

using absl::Hours;
using absl::Minutes;

Story Closed() {
  Story story;
  story.GoTo("2026-03-03 10:00:00").Opens("dave", "Down\n\n/support priority P1");
  story.Wait(Minutes(30)).Says("alice", "The index is broken. Rebuild it, please.");
  story.Wait(Hours(1)).Closes("alice").Wait(Hours(1));
  return story;
}

TEST(FeedbackTest, AContactRatesAClosedTicket) {
  Story story = Closed();
  story.Says("dave", "/support rate 4 quick, but the page is wrong");
  const Standing standing = story.See();
  ASSERT_EQ(standing.ratings.size(), 1u);
  const Rating& rating = standing.ratings[0];
  EXPECT_EQ(rating.customer, "acme");
  EXPECT_EQ(rating.mark, 4);
  EXPECT_EQ(rating.scale, 5);
  EXPECT_EQ(rating.text, "quick, but the page is wrong");
  EXPECT_EQ(rating.by, "@dave");
  EXPECT_EQ(rating.at, story.now());
  EXPECT_TRUE(standing.refusals.empty());
  EXPECT_EQ(standing.stage, Stage::kReviewed);
}

TEST(FeedbackTest, TheLastAnswerCountsAndIsOpenAgain) {
  Story story = Closed();
  story.Says("dave", "/support rate 2 slow");
  story.Wait(Minutes(1)).Operates(CommandName::kFollowUp, "acme speed done");
  EXPECT_TRUE(story.See().ratings[0].done);
  EXPECT_EQ(story.See().ratings[0].kinds, std::vector<std::string>{"speed"});
  story.Wait(Minutes(1)).Says("dave", "/support rate 5/5");
  ASSERT_EQ(story.See().ratings.size(), 1u);
  EXPECT_EQ(story.See().ratings[0].mark, 5);
  EXPECT_EQ(story.See().ratings[0].text, "");
  EXPECT_FALSE(story.See().ratings[0].done);
}

TEST(FeedbackTest, OnlyContactsOnlyWhenItIsOverAndOnlyOnTheScale) {
  const auto refused = [](const std::string& who, const std::string& text, bool closed = true) {
    Story story;
    story.GoTo("2026-03-03 10:00:00").Opens("dave").Wait(Hours(1));
    if (closed) story.Closes("alice").Wait(Hours(1));
    story.Says(who, text);
    const Standing standing = story.See();
    EXPECT_TRUE(standing.ratings.empty()) << text;
    return standing.refusals.empty() ? "" : standing.refusals.back().reason;
  };
  EXPECT_EQ(refused("alice", "/support rate 5"), "only contacts use this command");
  EXPECT_EQ(refused("dave", "/support rate 5", false), "rate the ticket when it is closed");
  EXPECT_EQ(refused("dave", "/support rate 6"), "give a number from 1 to 5");
  EXPECT_EQ(refused("dave", "/support rate 0 bad"), "give a number from 1 to 5");
  EXPECT_EQ(refused("dave", "/support rate great"), "write it as /support rate 4 and why");
  EXPECT_EQ(refused("bert", "/support rate 5"), "") << "a contact of somebody else is a stranger";
}

TEST(FeedbackTest, ARateIsNoBareCommand) {
  const auto text = ReadText("/rate 4 of the pods fail", false);
  EXPECT_TRUE(text.commands.empty());
  EXPECT_EQ(ReadText("/support rate 4 of us", false).commands.size(), 1u);
}

TEST(FeedbackTest, TheOrderOfArrivalDoesNotMatter) {
  Story story = Closed();
  story.Says("dave", "/support rate 2 slow").Wait(Minutes(1));
  story.Operates(CommandName::kFollowUp, "acme docs").Wait(Minutes(1));
  story.Says("dave", "/support rate 3 better").Wait(Minutes(1));
  story.Operates(CommandName::kFollowUp, "acme speed done");
  std::vector<Fact> facts;
  for (const auto& [id, fact] : story.facts()) facts.push_back(fact);
  const std::string once = DebugString(story.See());
  std::mt19937 random(3);
  for (int i = 0; i < 40; ++i) {
    std::shuffle(facts.begin(), facts.end(), random);
    FactSet set;
    for (const Fact& fact : facts) set.Add(fact);
    for (const Fact& fact : facts) set.Add(fact);
    EXPECT_EQ(DebugString(Evaluate(story.context(), set, story.terms(), story.pins(), story.now())),
              once);
  }
}

TEST(FeedbackTest, ALowOneIsToldToWhoGetsEscalationsOnce) {
  Policy policy = StoryPolicy();
  policy.plans["gold"].escalation = {{1.0, std::nullopt, {"core"}}, {2.0, std::nullopt, {"lead"}}};
  const auto told = [&](const std::string& text) {
    Story story(policy);
    story.GoTo("2026-03-03 10:00:00").Opens("dave").Wait(Minutes(30));
    story.Says("alice", "Rebuild the index, please.").Closes("alice").Wait(Hours(1));
    story.Says("dave", text);
    std::vector<Notice> notices;
    const Decision decision =
        Decide(story.context(), story.facts(), {}, story.terms(), story.pins(), {}, story.now());
    for (const Notice& notice : decision.notices) {
      if (notice.kind == NoticeKind::kLowRating) notices.push_back(notice);
    }
    return notices;
  };
  const auto low = told("/support rate 2 nobody understood me");
  ASSERT_EQ(low.size(), 1u);
  EXPECT_EQ(low[0].teams, std::vector<std::string>{"lead"});
  EXPECT_EQ(low[0].text, "acme: rated 2 of 5: nobody understood me");
  EXPECT_TRUE(absl::StartsWith(low[0].id, "feedback.low "));
  EXPECT_TRUE(told("/support rate 3").empty());
}

// A public customer is asked in the fold, a while after the closing, until it answers.
TEST(FeedbackTest, TheCommentAsksWhileNobodyAnswered) {
  Policy policy = StoryPolicy();
  for (Customer& customer : policy.customers) customer.is_public = true;
  policy.feedback = {AskFeedback::kFold, Hours(24), 5};
  Story story(policy);
  story.GoTo("2026-03-03 10:00:00").Opens("dave").Wait(Minutes(30));
  story.Says("alice", "Rebuild the index, please.").Wait(Minutes(1)).Closes("alice");
  const auto rate = [&] {
    const auto face = Present(story.context(), story.See(), *story.terms().back(), story.now());
    return face && face->comment ? face->comment->rate : -1;
  };
  EXPECT_EQ(rate(), 0);
  EXPECT_EQ(story.See().next_wake, story.now() + Hours(24)) << "it wakes up to ask";
  story.Wait(Hours(24));
  EXPECT_EQ(rate(), 5);
  story.Wait(Hours(1)).Reopens("dave");
  EXPECT_EQ(rate(), 0) << "reopening takes the question back";
  story.Wait(Hours(1)).Closes("alice").Wait(Hours(25));
  EXPECT_EQ(rate(), 5);
  story.Says("dave", "/support rate 4");
  EXPECT_EQ(rate(), 0);
}

TEST(FeedbackTest, AnOutsiderSeesNothingOfAPrivateCustomersRating) {
  Story with = Closed();
  Story without = Closed();
  with.Says("dave", "/support rate 1 bad");
  without.Says("dave", "/support rate 5 good");
  const auto outside = [](Story& story) {
    return Evaluate(story.context(), story.facts(), OutsideTerms(story.terms(), story.now()),
                    story.pins(), story.now());
  };
  EXPECT_TRUE(outside(with).ratings.empty());
  EXPECT_TRUE(outside(with).refusals.empty());
  EXPECT_TRUE(outside(without).ratings.empty());
}

TEST(FeedbackTest, FiguresNameTheMeanWithItsNumber) {
  FigureScope scope;
  scope.from = Utc("2026-03-01 00:00:00");
  scope.until = scope.as_of = Utc("2026-04-01 00:00:00");
  FigureSums sums(scope, Story().terms().back());
  int number = 0;
  for (const char* mark : {"1", "4", "5"}) {
    Story story = Closed();
    story.Says("dave", absl::StrCat("/support rate ", mark));
    sums.Add({{"github", "acme/opendb", TicketKind::kIssue, ++number}, "", ""}, story.See());
  }
  const Figures& all = sums.rows().at("all");
  EXPECT_EQ(all.rated, 3);
  EXPECT_EQ(all.marks, 10);
  EXPECT_EQ(all.low_marks, 1);
}

// An answer by the link, as the page makes it.
Fact ByLink(const Story& story, const std::string& argument, const std::string& id = "link") {
  Fact fact;
  fact.kind = FactKind::kOperator;
  fact.provenance = Provenance::kPage;
  fact.at = story.now();
  fact.text.commands = {{CommandName::kRate, argument, false}};
  fact.value = "the feedback link: ";
  fact.labels = {absl::StrCat(std::string(kLinkOf), "acme")};
  fact.id = MakeFactId(fact.kind, id, "");
  return fact;
}

TEST(FeedbackTest, AnAnswerByTheLinkIsMarkedAndReplacesNoContactsAnswer) {
  Story story = Closed();
  FactSet facts = story.facts();
  facts.Add(ByLink(story, "1 a stranger", "a"));
  const auto see = [&](const FactSet& set) {
    return Evaluate(story.context(), set, story.terms(), story.pins(), story.now());
  };
  Standing standing = see(facts);
  ASSERT_EQ(standing.ratings.size(), 1u);
  EXPECT_FALSE(standing.ratings[0].verified);
  EXPECT_EQ(standing.ratings[0].by, "the feedback link");
  EXPECT_EQ(standing.stage, Stage::kCarriedOut) << "nobody who is known has said anything";
  const Decision decision =
      Decide(story.context(), facts, {}, story.terms(), story.pins(), {}, story.now());
  for (const Notice& notice : decision.notices) EXPECT_NE(notice.kind, NoticeKind::kLowRating);
  FigureScope scope;
  scope.from = story.now() - Hours(48);
  scope.until = scope.as_of = story.now() + Hours(1);
  FigureSums sums(scope, story.terms().back());
  sums.Add({}, standing);
  for (const auto& [name, row] : sums.rows()) EXPECT_EQ(row.rated, 0u) << name;
  // Only the first by the link counts.
  story.Wait(Minutes(1));
  facts.Add(ByLink(story, "5 another stranger", "b"));
  EXPECT_EQ(see(facts).ratings[0].mark, 1);
  // The contact's own answer counts, and stays.
  story.Wait(Minutes(1)).Says("dave", "/support rate 4 good");
  for (const auto& [id, fact] : story.facts()) facts.Add(fact);
  story.Wait(Minutes(1));
  facts.Add(ByLink(story, "2 a third", "c"));
  standing = see(facts);
  ASSERT_EQ(standing.ratings.size(), 1u);
  EXPECT_EQ(standing.ratings[0].mark, 4);
  EXPECT_TRUE(standing.ratings[0].verified);
}

TEST(FeedbackTest, TheLinkGivesNoOtherRightOfAContact) {
  Story story = Closed();
  FactSet facts = story.facts();
  Fact act = ByLink(story, "");
  act.text.commands = {{CommandName::kPriority, "P2", false}};
  facts.Add(act);
  const Standing standing =
      Evaluate(story.context(), facts, story.terms(), story.pins(), story.now());
  EXPECT_EQ(standing.claims[0].priority, "P1");
}

TEST(FeedbackTest, AskedByAMentionOnceATicketAndOnlyAboutPublicCustomers) {
  const auto asked = [](bool is_public, AskFeedback ask, bool again) {
    Policy policy = StoryPolicy();
    policy.feedback.ask = ask;
    for (Customer& customer : policy.customers) customer.is_public = is_public;
    Story story(policy);
    story.GoTo("2026-03-03 10:00:00").Opens("dave").Wait(Hours(1)).Closes("alice");
    if (again) story.Wait(Hours(30)).Reopens("dave").Wait(Hours(1)).Closes("alice");
    story.Wait(Hours(25));
    std::vector<std::string> ids;
    const Decision decision =
        Decide(story.context(), story.facts(), {}, story.terms(), story.pins(), {}, story.now());
    for (const Notice& notice : decision.notices) {
      if (absl::StartsWith(notice.id, "mention feedback ")) ids.push_back(notice.id);
      const auto view = PresentMention(notice, policy);
      if (view && absl::StartsWith(notice.id, "mention feedback ")) {
        EXPECT_EQ(view->kind, MentionView::Kind::kRate);
        EXPECT_EQ(view->rate, 5);
      }
    }
    const bool has_comment = decision.face && decision.face->comment;
    EXPECT_EQ(has_comment ? decision.face->comment->rate : 0, 0);
    return ids;
  };
  const auto once = asked(true, AskFeedback::kMention, false);
  ASSERT_EQ(once.size(), 1u);
  EXPECT_EQ(asked(true, AskFeedback::kMention, true), once) << "the store tells an id once";
  EXPECT_TRUE(asked(false, AskFeedback::kMention, false).empty());
  EXPECT_TRUE(asked(true, AskFeedback::kNever, false).empty());
}

}  // namespace
}  // namespace retainer::core
