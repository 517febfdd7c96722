// The status comment during a ticket's life: events go in, and the posted text comes out.
#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "retainer/core.h"
#include "templates/renderer.h"
#include "tests/core/story.h"

namespace retainer {
namespace {

using core::Story;
using core::StoryPolicy;

using absl::Hours;
using absl::Minutes;

// acme is public and in Paris. Its plan has no P0 and no P1 (the policy has them) and promises
// three things.
Policy Desk() {
  Policy policy = StoryPolicy();
  policy.priorities.insert(policy.priorities.begin(), {"P0", "", ""});
  Plan& gold = policy.plans["gold"];
  gold.promises.erase("P1");
  gold.default_priority = "P3";
  for (auto& [priority, promises] : gold.promises) {
    const absl::Duration unit = priority == "P2" ? Hours(1) : Hours(4);
    promises.targets = {
        {Metric::kFirstResponse, {0, unit, priority == "P2" ? "1h" : "4h"}},
        {Metric::kNextResponse, {0, 2 * unit, priority == "P2" ? "2h" : "8h"}},
        {Metric::kResolution, {0, 24 * unit, priority == "P2" ? "24h" : "96h"}},
    };
  }
  gold.escalation = {{1.0, Metric::kFirstResponse, {"lead"}}, {1.5, std::nullopt, {"lead"}}};
  policy.customers[0].is_public = true;
  policy.customers[0].time_zone = "Europe/Paris";
  return policy;
}

class StatusCommentTest : public ::testing::Test {
 protected:
  StatusCommentTest() { story.context().url = "https://example.org/acme/opendb/issues/12"; }

  Face Shown() {
    const auto face = Present(story.context(), story.See(), *story.terms().back(), story.now());
    EXPECT_TRUE(face.has_value()) << "it asks: " << DebugString(story.See());
    return face.value_or(Face());
  }
  // The posted comment; empty when there is none.
  std::string Body() {
    const Face face = Shown();
    if (!face.comment) return "";
    return templates::MakeRenderer()->RenderComment(*face.comment,
                                                    CommentMarker(story.context().key), "");
  }
  std::string FirstLine() {
    const std::string body = Body();
    return body.substr(0, body.find('\n'));
  }
  bool Says(const std::string& text) { return Body().find(text) != std::string::npos; }

  Story story{Desk()};
};

TEST_F(StatusCommentTest, FromTheOpeningToTheClose) {
  story.GoTo("2026-03-03 08:02:00").Opens("dave", "It is down.\n\n/support priority P2");
  EXPECT_EQ(FirstLine(), "**P2 · first reply by Tue 3 Mar 10:02 CET** (09:02 UTC)");
  EXPECT_FALSE(Says("next reply")) << "it has not begun";

  story.Wait(Minutes(42)).Says("alice", "I am on it, it looks like the lock.");
  EXPECT_EQ(FirstLine(), "**P2 · resolution by Wed 4 Mar 09:02 CET** (08:02 UTC) · with alice");
  EXPECT_TRUE(Says("| first reply | 1h | met |  | 42m |\n")) << Body();

  story.Wait(Minutes(18)).Says("alice", "Could you send us the log?\n\n/support waiting");
  EXPECT_EQ(FirstLine(), "**P2 · waiting for the customer** · with alice  ");
  EXPECT_TRUE(
      Says("There is [a question](https://example.org/acme/opendb/issues/12#issuecomment-2)"
           " to answer; any comment by the customer resumes the clocks.\n"))
      << Body();

  story.Wait(Hours(3)).Says("dave", "Here it is, from node 2.");
  EXPECT_EQ(FirstLine(), "**P2 · next reply by Tue 3 Mar 15:02 CET** (14:02 UTC) · with alice");

  story.Wait(Minutes(50)).Says("alice", "Fixed in 4.2.1.").Closes("alice");
  EXPECT_EQ(FirstLine(),
            "**P2 · closed** · first reply 42m of 1h, next reply 50m of 2h, resolution 1h 50m of "
            "24h");
}

TEST_F(StatusCommentTest, LateIsEscalatedWhereThePolicySaysSo) {
  story.GoTo("2026-03-03 08:02:00").Opens("dave", "It is down.\n\n/support priority P2");
  story.Wait(Minutes(61));
  EXPECT_EQ(FirstLine(), "**P2 · Late: first reply was due Tue 3 Mar 10:02 CET** (09:02 UTC)  ");
  EXPECT_TRUE(Says("\nIt has been escalated, and stays open until it is kept.\n")) << Body();
}

TEST_F(StatusCommentTest, AndNotBeforeItDoes) {
  story.GoTo("2026-03-03 08:02:00").Opens("dave", "It is down.\n\n/support priority P2");
  story.Wait(Minutes(5)).Says("alice", "Looking at it now.");
  story.Wait(Minutes(5)).Says("dave", "It is worse than it was.");
  story.Wait(Minutes(122));  // next_response is escalated at 150 % only
  EXPECT_TRUE(Says("**P2 · Late: next reply was due")) << Body();
  EXPECT_TRUE(Says("\nIt stays open until it is kept.\n")) << Body();
  const absl::Time changes = story.See().next_wake;
  story.Wait(Minutes(60));
  EXPECT_LE(changes, story.now()) << "the face would not be looked at again";
  EXPECT_TRUE(Says("\nIt has been escalated, and stays open until it is kept.\n")) << Body();
}

// ---- What a contact sees of its commands

TEST_F(StatusCommentTest, ARefusedPriorityShowsItsReason) {
  story.Opens("dave", "It is down.\n\n/support priority P0");
  EXPECT_TRUE(
      Says("\n- Not accepted: `priority P0: the plan of this ticket has no P0; use P2 or P3`\n"))
      << Body();
  EXPECT_TRUE(FirstLine().starts_with("**P3 · first reply by ")) << Body();
}

TEST_F(StatusCommentTest, AStrangersPriorityGetsNoAnswer) {
  story.Opens("dave").Permission("erin", "read");
  const std::string before = Body();
  story.Says("erin", "/support priority P2");
  EXPECT_EQ(Body(), before);
  story.Says("erin", "/support waiting").Says("erin", "/support priority P9");
  EXPECT_EQ(Body(), before);
}

TEST_F(StatusCommentTest, AStrangersLabelGoesWithoutAWord) {
  story.Opens("dave").Permission("erin", "read").Labels("erin", "waiting for customer");
  EXPECT_FALSE(Says("Not accepted")) << Body();
}

TEST_F(StatusCommentTest, TheIssueFormSetsThePriority) {
  story.Opens("dave", "### Priority\n\nP2\n\n### What happened?\n\nIt is down.");
  EXPECT_TRUE(FirstLine().starts_with("**P2 · first reply by ")) << Body();
}

TEST_F(StatusCommentTest, AFormWithAPriorityThatThePlanLacksIsRefused) {
  story.Opens("dave", "### Priority\n\nP1\n\n### What happened?\n\nIt is down.");
  EXPECT_TRUE(FirstLine().starts_with("**P3 · first reply by ")) << Body();
  EXPECT_TRUE(Says("Not accepted: `priority P1: the plan of this ticket has no P1; use P2 or P3`"))
      << Body();
}

TEST_F(StatusCommentTest, SlaBringsADeletedCommentBack) {
  story.Opens("dave").Posts().Wait(Minutes(5));
  ASSERT_NE(Body(), "");
  story.DeletesLast("alice", story.context().self_login);
  EXPECT_EQ(Body(), "");
  story.Permission("erin", "read").Wait(Minutes(1)).Says("erin", "/support sla");
  EXPECT_EQ(Body(), "") << "a stranger's";
  story.Wait(Minutes(1)).Says("dave", "/support sla");
  EXPECT_NE(Body(), "");
}

TEST_F(StatusCommentTest, WhoEscalatesSeesThatItWasHeard) {
  story.Opens("dave").Permission("erin", "read").Wait(Minutes(5));
  story.Says("erin", "/support escalate");
  EXPECT_FALSE(Says("escalated")) << Body();
  story.Wait(Minutes(5)).Says("dave", "/support escalate");
  EXPECT_TRUE(Says("\nIt has been escalated.\n")) << Body();
  story.Wait(Minutes(5)).Says("alice", "I am on it.").Closes("alice");
  EXPECT_FALSE(Says("escalated")) << Body();
}

TEST_F(StatusCommentTest, AQuestionAskedInternallyIsNotLinked) {
  story.Opens("dave").Wait(Minutes(5)).Says("alice", "Looking at it now.").Wait(Minutes(5));
  story.Notes("alice", "I asked them by phone.\n\n/support waiting");
  EXPECT_TRUE(Says("#issuecomment-1)")) << "the answer before it: " << Body();
}

TEST_F(StatusCommentTest, TwoCustomersAreToldApart) {
  Policy policy = Desk();
  policy.customers[1].is_public = true;
  story = Story(policy);
  story.GoTo("2026-03-03 08:02:00").Opens("dave").Permission("alice", "write");
  story.Wait(Minutes(30)).Says("alice", "/support claim c-b");
  EXPECT_EQ(FirstLine(), "**P3 · first reply by Tue 3 Mar 13:02 CET** (12:02 UTC)");
  EXPECT_TRUE(Says("| For | Promise | Target | State | Due |\n")) << Body();
  EXPECT_TRUE(Says("| `ACME Corp` | first reply | 4h |")) << Body();
  EXPECT_TRUE(Says("| `Beta` | first reply | 4h |")) << Body();
}

TEST_F(StatusCommentTest, AnExcuseStopsTheClockAndKeepsItsReasonInside) {
  story.Opens("dave").Wait(Hours(5));
  EXPECT_TRUE(Says("Late: first reply")) << Body();
  story.Excuses("first_response", "acme", "their firewall was shut");
  EXPECT_TRUE(Says("| first reply | 4h | excused |")) << Body();
  EXPECT_FALSE(Says("Late")) << Body();
  EXPECT_FALSE(Says("firewall")) << Body();
}

}  // namespace
}  // namespace retainer
