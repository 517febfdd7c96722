// An unanswered question to the forge delays only what depends on its answer.
#include <gtest/gtest.h>

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "story.h"

namespace retainer::core {
namespace {

using absl::Hours;
using absl::Minutes;

Policy OnePromise() {
  Policy policy = StoryPolicy();
  policy.plans["gold"].promises["P3"].targets = {{Metric::kFirstResponse, OpenTarget(Hours(1))}};
  policy.customers[0].is_public = true;
  return policy;
}

Decision DecideAll(const Story& story) {
  return Decide(story.context_of(), {}, story.list(), story.terms(), {}, {}, story.now());
}

bool Tells(const Decision& decision, NoticeKind kind) {
  return std::any_of(decision.notices.begin(), decision.notices.end(),
                     [&](const Notice& notice) { return notice.kind == kind; });
}

// A ticket with a late reply, and what a responder then says.
Story Late(std::string_view said) {
  Story story(OnePromise());
  story.Opens("dave").Wait(Minutes(30));
  if (!said.empty()) story.Says("alice", said);
  story.Wait(Hours(2));
  return story;
}

TEST(OpenQuestions, ADuplicateOfWhichTicketIsAsWithoutTheCommandUntilTheForgeSays) {
  // The same comment without the command: an act of a responder all the same.
  const Decision plain = DecideAll(Late("👀"));
  const auto ids = [](const Decision& decision) {
    std::vector<std::string> all;
    for (const Notice& notice : decision.notices) all.push_back(notice.id);
    return all;
  };
  for (const char* said : {"/support duplicate #999", "/support duplicate !7", "/duplicate #999"}) {
    const Decision asked = DecideAll(Late(said));
    ASSERT_EQ(asked.standing.questions.size(), 1u) << said;
    EXPECT_EQ(asked.standing.questions[0].kind, Question::Kind::kReference);
    EXPECT_TRUE(Tells(asked, NoticeKind::kBreach)) << said;
    EXPECT_EQ(ids(asked), ids(plain));
    ASSERT_TRUE(asked.face.has_value()) << said;
    EXPECT_EQ(asked.face, plain.face);
    EXPECT_EQ(asked.promises, plain.promises);
    EXPECT_EQ(asked.claims, plain.claims);
    EXPECT_FALSE(asked.claims_hang);
    EXPECT_TRUE(asked.held.empty());
    EXPECT_TRUE(asked.departures.empty());
  }
}

// If the forge itself says that the ticket is a duplicate, but not of which one, its claims may
// have left.
TEST(OpenQuestions, WhereTheForgeSaysThatATicketWentWhatHangsOnWhereWaits) {
  Story story(OnePromise());
  story.context().forge_kind = ForgeKind::kGitLab;
  story.Opens("dave").Wait(Hours(2)).Closes("alice", "duplicate").Wait(Minutes(1));
  const Decision decision = DecideAll(story);
  ASSERT_EQ(decision.standing.questions.size(), 1u);
  EXPECT_FALSE(decision.face.has_value());
  EXPECT_TRUE(decision.claims_hang);
  EXPECT_TRUE(Tells(decision, NoticeKind::kBreach)) << "it was late before it went";
}

TEST(OpenQuestions, WhatWasLateBeforeAStrangerSpokeIsToldWhoeverHeIs) {
  Story story(OnePromise());
  story.Opens("dave").Wait(Hours(2)).Says("eve", "Have you tried this?").Wait(Minutes(5));
  const Decision decision = DecideAll(story);
  ASSERT_EQ(decision.standing.questions.size(), 1u);
  EXPECT_TRUE(Tells(decision, NoticeKind::kBreach));
  // Whether she answered is visible in the comment and in the rows.
  EXPECT_FALSE(decision.face.has_value());
  EXPECT_TRUE(decision.claims_hang);
}

TEST(OpenQuestions, WhatAStrangerCannotChangeIsShownMeanwhile) {
  Story story(OnePromise());
  story.Opens("dave").Wait(Minutes(10)).Says("alice", "Looking into it.").Wait(Minutes(10));
  const Decision before = DecideAll(story);
  story.Says("eve", "Me too, on version two.");
  const Decision decision = DecideAll(story);
  ASSERT_EQ(decision.standing.questions.size(), 1u);
  EXPECT_FALSE(decision.claims_hang);
  EXPECT_EQ(decision.claims, before.claims);
  story.Says("eve", "/support escalate");
  const Decision asked = DecideAll(story);
  EXPECT_FALSE(Tells(asked, NoticeKind::kEscalation));
  EXPECT_TRUE(std::any_of(asked.held.begin(), asked.held.end(), [](const std::string& id) {
    return id.starts_with(kEscalationByHand);
  })) << "a responder may escalate, a stranger may not";
}

TEST(OpenQuestions, WhileTheOpeningIsNotKnownEverythingWaits) {
  Story story(OnePromise());
  story.Says("eve", "Is anybody here?").Wait(Hours(3));
  const Decision decision = DecideAll(story);
  EXPECT_TRUE(decision.all_held);
  EXPECT_FALSE(decision.face.has_value());
  EXPECT_TRUE(decision.claims_hang);
}

TEST(OpenQuestions, WithTooManyToThinkThroughEverythingWaits) {
  Story story(OnePromise());
  story.Opens("dave").Wait(Hours(2));
  for (int i = 0; i < 12; ++i) story.Says(absl::StrCat("eve", i), "Me too, on version two.");
  const Decision decision = DecideAll(story.Wait(Minutes(5)));
  EXPECT_EQ(decision.standing.questions.size(), 12u);
  EXPECT_TRUE(decision.all_held);
  EXPECT_TRUE(decision.notices.empty());
  EXPECT_FALSE(decision.face.has_value());
}

TEST(OpenQuestions, WhatPrivateCustomersNeedAskedComesAfterTheFaceAndHoldsItBackNoMore) {
  Policy policy = OnePromise();
  policy.community.comment = CommunityComment::kNeutral;
  policy.customers[1].contacts.organizations = {{"github", "beta-inc"}};
  const auto decide = [&](const char* author) {
    Story story(policy);
    story.pins().Add({"github", "bert"}, story.Who("bert").id);
    return DecideAll(story.Opens(author));
  };
  const Decision community = decide("eve");
  const Decision contact = decide("bert");
  EXPECT_TRUE(community.outside_questions.empty());
  EXPECT_EQ(community.outside_questions, contact.outside_questions);
  ASSERT_EQ(community.standing.questions.size(), 1u);
  EXPECT_EQ(community.standing.questions[0].kind, Question::Kind::kMembership);
  ASSERT_TRUE(community.face.has_value());
  EXPECT_EQ(community.face, contact.face);
  EXPECT_TRUE(community.claims_hang);
}

// A question that was answered for a private customer's sake is asked again for the outsiders'
// view. Else the question, and its time, would be saved only on private customers' tickets.
TEST(OpenQuestions, AHiddenAnswerIsNoneToOutsiders) {
  Policy policy = OnePromise();
  Story story(policy);
  story.Opens("bert")
      .Wait(Minutes(1))
      .Says("eve", "Have you tried this?")
      .Permission("eve", "write");
  Fact hidden = story.list().back();
  hidden.internal = true;
  hidden.id += " hidden";
  ASSERT_TRUE(IsHiddenAnswer(hidden));
  Story again(policy);
  again.Opens("bert").Wait(Minutes(1)).Says("eve", "Have you tried this?").Add(hidden);
  const Decision quiet = DecideAll(again);
  EXPECT_TRUE(quiet.standing.questions.empty())
      << "a stranger's words ask for nobody's role outside";
  again.Says("eve", "/support assign @alice");
  const Decision decision = DecideAll(again);
  ASSERT_EQ(decision.outside_questions.size(), 1u);
  EXPECT_EQ(decision.outside_questions[0].kind, Question::Kind::kPermission);
  EXPECT_FALSE(decision.face.has_value());
}

}  // namespace
}  // namespace retainer::core
