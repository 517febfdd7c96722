// Actions that a forge reports in two parts, actions that are undone, words that count later, and
// the authors for whom a comment counts.
#include <gtest/gtest.h>

#include <algorithm>

#include "retainer/ticket_record.h"
#include "tests/core/promises.h"

namespace retainer::core {
namespace {

// ---- One act in two events

//
// Report (here): a close with a comment, which the forge reports in two events, counts as closed
// without an answer.
TEST(OneAct, ACloseWithACommentIsAnAnswerAndAResolutionWhicheverIsDatedFirst) {
  for (const int seconds : {-2, -1, 0, 1, 2}) {
    Story story = P1();
    story.Wait(Minutes(10));
    if (seconds < 0) story.Says("alice", "Fixed in 2.2.").Wait(Seconds(-seconds)).Closes("alice");
    if (seconds >= 0) story.Closes("alice").Wait(Seconds(seconds)).Says("alice", "Fixed in 2.2.");
    EXPECT_EQ(story.State("acme", kFirst), ClockState::kMet) << seconds;
    EXPECT_EQ(story.State("acme", kResolution), ClockState::kMet) << seconds;
    std::vector<Fact> facts = story.list();
    std::reverse(facts.begin(), facts.end());
    FactSet set;
    for (const Fact& fact : facts) set.Add(fact);
    EXPECT_EQ(DebugString(Evaluate(story.context(), set, story.terms(), {}, story.now())),
              DebugString(story.See()));
  }
}

TEST(OneAct, AMergeOrAReviewGoesWithItsCommentToo) {
  Story merged = P1();
  merged.Wait(Minutes(10)).Closes("alice", "merged").Wait(Seconds(1)).Says("alice", "Thank you.");
  EXPECT_EQ(merged.State("acme", kFirst), ClockState::kMet);
  Story reviewed = P1();
  reviewed.Wait(Minutes(10)).Closes("alice").Wait(Seconds(1));
  reviewed.Add(MakeReview({Provenance::kWebhook, reviewed.now()}, "5", reviewed.Who("alice"),
                          Moment::At(reviewed.now()), "Superseded by the other one."));
  EXPECT_EQ(reviewed.State("acme", kFirst), ClockState::kMet);
  EXPECT_EQ(reviewed.State("acme", kResolution), ClockState::kMet);
}

TEST(OneAct, TheQuestionThatGoesWithTheWaitingLabelIsLinked) {
  Story story = P1();
  story.Wait(Minutes(10)).Labels("alice", "waiting for customer").Wait(Seconds(1));
  story.Says("alice", "Which version is it?");
  EXPECT_TRUE(story.See().waiting.now);
  EXPECT_EQ(story.See().waiting.question, "comment/1");
}

TEST(OneAct, WhatTheCustomerSaysWithTheirOwnCloseAsksForNothing) {
  Story story = P1();
  story.Wait(Minutes(10)).Says("alice", "Try 2.2.").Wait(Hours(1));
  story.Closes("dave").Wait(Seconds(1)).Says("dave", "That does it for us.");
  EXPECT_EQ(story.State("acme", kNext), ClockState::kPending);
}

TEST(OneAct, IsOfOnePersonWithinSeconds) {
  EXPECT_EQ(P1().Wait(Minutes(10))
                .Closes("alice")
                .Wait(Seconds(1))
                .Says("bob", "Why?")
                .Last("acme", kFirst)
                .note,
            kClosedUnanswered);
  EXPECT_EQ(P1().Wait(Minutes(10))
                .Closes("alice")
                .Wait(Minutes(1))
                .Says("alice", "By the way.")
                .Last("acme", kFirst)
                .note,
            kClosedUnanswered);
}

TEST(OneAct, WhoeverSpokeBetweenIsAnsweredByTheLaterPart) {
  Story story = P1();
  story.Wait(Minutes(10)).Says("alice", "Looking.").Wait(Minutes(10)).Closes("alice");
  story.Wait(Seconds(1)).Says("dave", "It still crashes!").Wait(Seconds(2)).Says("alice", "Sorry.");
  EXPECT_EQ(story.State("acme", kNext), ClockState::kMet);
}

// ---- Excuses

TEST(Excuses, AreForWhatIsBrokenAndTheRestIsRefusedWithTheMend) {
  Story story = P1();
  story.Wait(Minutes(20)).Excuses("first_response", "acme", "agreed by phone");
  EXPECT_EQ(story.State("acme", kFirst), ClockState::kRunning);
  ASSERT_EQ(story.See().refusals.size(), 1u);
  EXPECT_EQ(story.See().refusals[0].reason,
            "no first_response was late by then: excuse it when it is late");
  story.Wait(Hours(2));
  EXPECT_EQ(story.State("acme", kFirst), ClockState::kBreached) << "it is still measured";
  story.Excuses("first_response", "acme", "agreed by phone");
  EXPECT_EQ(story.State("acme", kFirst), ClockState::kExcused);
}

TEST(Excuses, AreTakenBackAndGivenAgain) {
  Story story = P1();
  story.Wait(Hours(2)).Excuses("first_response", "acme", "by phone").Wait(Minutes(1));
  story.UndoesExcuse("first_response", "acme");
  EXPECT_EQ(story.State("acme", kFirst), ClockState::kBreached);
  story.Wait(Minutes(1)).Excuses("first_response", "acme", "really");
  EXPECT_EQ(story.State("acme", kFirst), ClockState::kExcused);
  Story none = P1();
  none.Wait(Hours(2)).UndoesExcuse("first_response", "acme");
  ASSERT_EQ(none.See().refusals.size(), 1u);
  EXPECT_EQ(none.See().refusals[0].reason, "there is no such excuse");
}

// ---- Acts taken back

TEST(Undo, OfAReleaseOrACommunityCommandGoesOnAsIfItHadNeverBeen) {
  for (const bool by_contact : {true, false}) {
    Story plain = P1();
    plain.Wait(Minutes(10)).Wait(Minutes(10)).Says("dave", "Anybody?").Wait(Minutes(10));
    Story story = P1();
    story.Wait(Minutes(10));
    if (by_contact) {
      story.Says("dave", "/support community");
    } else {
      story.Operates(CommandName::kRelease, "acme");
    }
    EXPECT_TRUE(story.See().claims[0].released);
    story.Wait(Minutes(10)).Says("dave", "Anybody?").Wait(Minutes(10));
    story.Undoes(CommandName::kRelease, "acme");
    EXPECT_EQ(ClockStates(story.See()), ClockStates(plain.See())) << by_contact;
    EXPECT_EQ(story.Last("acme", kFirst).due, plain.Last("acme", kFirst).due);
    EXPECT_EQ(story.Clock("acme", kFirst)->cycles.size(), 1u);
  }
}

TEST(Undo, OfAClaimLeavesNothingToCount) {
  Story story;
  story.Opens("eve").Permission("eve", "read").Wait(Hours(1)).Says("alice", "/support claim c-b");
  EXPECT_EQ(story.See().claims.size(), 1u);
  story.Wait(Hours(20)).Undoes(CommandName::kClaim, "beta");
  EXPECT_TRUE(story.See().claims.empty());
  EXPECT_TRUE(CountEndings(story.See()).empty());
  story.Wait(Minutes(1)).Says("alice", "/support claim c-7f3");
  ASSERT_EQ(story.See().claims.size(), 1u);
  EXPECT_EQ(story.See().claims[0].customer, "acme");
}

TEST(Undo, TakesTheLastOneBackEachTime) {
  Story story;
  story.Opens("eve").Permission("eve", "read").Wait(Hours(1)).Says("alice", "/support claim c-b");
  story.Wait(Minutes(1)).Operates(CommandName::kRelease, "beta");
  story.Wait(Minutes(1)).Operates(CommandName::kClaim, "beta");
  story.Wait(Minutes(1)).Undoes(CommandName::kClaim, "beta");
  EXPECT_TRUE(story.See().claims.back().released);
  story.Wait(Minutes(1)).Undoes(CommandName::kRelease, "beta");
  ASSERT_EQ(story.See().claims.size(), 1u);
  EXPECT_FALSE(story.See().claims[0].released);
  story.Wait(Minutes(1)).Undoes(CommandName::kClaim, "beta");
  EXPECT_TRUE(story.See().claims.empty());
}

TEST(Undo, OfWhatNobodyDidIsRefusedWithTheMend) {
  Story story = P1();
  story.Wait(Minutes(1)).Undoes(CommandName::kClaim, "acme");
  ASSERT_EQ(story.See().refusals.size(), 1u);
  EXPECT_EQ(story.See().refusals[0].reason,
            "nobody claimed it by hand: use release to end a claim that came with the opening");
  EXPECT_FALSE(story.See().claims[0].released);
}

// ---- Who joins a team

TEST(Joining, CountsWhatWasSaidFromThenOnAndExplainsIt) {
  Story story = P1();
  story.Permission("erin", "read").Wait(Minutes(10)).Says("erin", "Set the other switch.");
  story.Wait(Minutes(10));
  EXPECT_EQ(story.State("acme", kFirst), ClockState::kRunning);
  Policy joined = StoryPolicy();
  joined.teams["core"].members.push_back({"github", "erin"});
  story.NewTerms("v2", joined);
  const absl::Time joining = story.now();
  story.Wait(Minutes(5));
  EXPECT_EQ(story.State("acme", kFirst), ClockState::kMet);
  EXPECT_EQ(story.Last("acme", kFirst).stopped, joining);
  EXPECT_EQ(story.Last("acme", kFirst).elapsed, Minutes(20));
  EXPECT_NE(story.Explained().find(
                "met: said before its author joined the team, and counted from then on"),
            std::string::npos)
      << story.Explained();
}

TEST(Joining, TooLateIsLate) {
  Story story = P1();
  story.Permission("erin", "read").Wait(Minutes(10)).Says("erin", "Set the other switch.");
  Policy joined = StoryPolicy();
  joined.teams["core"].members.push_back({"github", "erin"});
  story.Wait(Hours(3)).NewTerms("v2", joined).Wait(Minutes(1));
  EXPECT_EQ(story.State("acme", kFirst), ClockState::kMissed);
}

TEST(Joining, AnswersNoQuestionThatCameAfterTheWords) {
  Story story = P1();
  story.Permission("erin", "read").Wait(Minutes(10)).Says("erin", "Set the other switch.");
  story.Wait(Minutes(1)).Says("dave", "Which one?").Wait(Minutes(10));
  Policy joined = StoryPolicy();
  joined.teams["core"].members.push_back({"github", "erin"});
  story.NewTerms("v2", joined).Wait(Minutes(1));
  EXPECT_EQ(story.State("acme", kFirst), ClockState::kRunning);
}

// ---- For whom a person speaks

//
// Report (here): another customer who may write to the repository answers for the desk.
TEST(OtherContacts, SpeakForNobodyUnlessATeamNamesThem) {
  Story story = P1();
  story.Permission("bert", "write").Wait(Minutes(10)).Says("bert", "Set the other switch.");
  EXPECT_EQ(story.State("acme", kFirst), ClockState::kRunning);
  EXPECT_EQ(story.State("acme", kAck), ClockState::kRunning);
  const Standing standing = story.See();
  const auto bert = std::find_if(standing.roles.begin(), standing.roles.end(),
                                 [](const RoleStanding& r) { return r.actor.login == "bert"; });
  ASSERT_NE(bert, standing.roles.end());
  EXPECT_EQ(bert->role, Role::kCommunity);
  EXPECT_EQ(bert->reason, "@bert is a contact of beta, speaks for nobody here and is in no team");

  Policy policy = StoryPolicy();
  policy.teams["core"].members.push_back({"github", "bert"});
  Story named(policy);
  named.Opens("dave").Wait(Minutes(10)).Says("bert", "Set the other switch.");
  EXPECT_EQ(named.State("acme", kFirst), ClockState::kMet);
}

// The number of customers adds neither questions nor work for each person who may write.
TEST(OtherContacts, AreLookedUpAndAskedAboutInBounds) {
  Policy policy = StoryPolicy();
  for (int i = 0; i < 1000; ++i) {
    Customer customer = policy.customers[1];
    customer.id = absl::StrCat("c", i);
    customer.alias = absl::StrCat("a", i);
    customer.contacts.logins = {{"github", absl::StrCat("contact-", i)}};
    customer.contacts.organizations = {{"github", absl::StrCat("org-", i)}};
    customer.contacts.emails = {absl::StrCat("@c", i, ".example")};
    policy.customers.push_back(customer);
  }
  const auto asked = [](const Story& story, const std::string& login) {
    const Standing standing = story.See();
    return std::count_if(standing.questions.begin(), standing.questions.end(),
                         [&](const Question& q) { return q.actor.login == login; });
  };
  const auto reason = [](const Story& story, const std::string& login) {
    for (const RoleStanding& role : story.See().roles) {
      if (role.actor.login == login) return role.reason;
    }
    return std::string();
  };
  Story story(policy);
  story.Opens("dave").Permission("mia", "write").Wait(Minutes(1)).Says("mia", "Try version two.");
  EXPECT_EQ(asked(story, "mia"), 32 + 1);  // and the address
  EXPECT_EQ(story.State("acme", kFirst), ClockState::kRunning) << "not said yet whose she is";
  // Known answers about the others count, whatever their position.
  Story known = story;
  known.Membership("mia", "org-977", "yes").Wait(Minutes(1));
  EXPECT_EQ(asked(known, "mia"), 0);
  EXPECT_EQ(reason(known, "mia"),
            "@mia is a member of org-977, of c977, speaks for nobody here and is in no team");
  Story addressed = story;
  addressed.Profile("mia", "mia@c500.example").Wait(Minutes(1));
  EXPECT_EQ(asked(addressed, "mia"), 0);
  EXPECT_EQ(reason(addressed, "mia"),
            "the public address of @mia is one of c500, speaks for nobody here and is in no team");
  // When those are answered she answers for the desk, and a flag names what was not asked.
  Story answered = story;
  for (int i = 0; i < 32; ++i) answered.Membership("mia", absl::StrCat("org-", i), "no");
  answered.Profile("mia", "").Wait(Minutes(1));
  EXPECT_EQ(asked(answered, "mia"), 0);
  EXPECT_EQ(answered.State("acme", kFirst), ClockState::kMet);
  const std::string text = answered.Explained();
  EXPECT_NE(text.find("968 further organizations"), text.npos) << text;
  // Logins come from the index: one that the last customer names is found without a question.
  Story named(policy);
  named.Opens("dave").Permission("contact-999", "write").Wait(Minutes(1));
  named.Says("contact-999", "Try version two.");
  EXPECT_EQ(asked(named, "contact-999"), 0);
  EXPECT_EQ(reason(named, "contact-999"),
            "@contact-999 is a contact of c999, speaks for nobody here and is in no team");
}

// A reader who sees that such a comment does not count knows whose contact its author is.
TEST(OtherContacts, OfAPrivateCustomerAreToOutsidersWhoTheyWereWithoutIt) {
  Policy policy = StoryPolicy();
  policy.customers[0].is_public = true;
  Policy without = policy;
  without.customers.pop_back();
  const auto face = [](const Policy& in_force) {
    Story story(in_force);
    story.Opens("dave").Permission("bert", "write").Wait(Minutes(10));
    story.Says("bert", "Set the other switch.").Wait(Minutes(1));
    return Decide(story.context(), story.facts(), {}, story.terms(), {}, {}, story.now()).face;
  };
  EXPECT_TRUE(face(policy).has_value());
  EXPECT_EQ(face(policy), face(without));
}

TEST(OtherContacts, AreAskedForByMembershipBeforeTheyAnswer) {
  Policy policy = StoryPolicy();
  policy.customers[1].contacts = {};
  policy.customers[1].contacts.organizations = {{"github", "beta-inc"}};
  Story story(policy);
  story.Membership("dave", "beta-inc", "no").Permission("mia", "write");
  story.Opens("dave").Wait(Minutes(10)).Says("mia", "Set the other switch.");
  EXPECT_FALSE(story.See().questions.empty());
  EXPECT_EQ(Story(story).Membership("mia", "beta-inc", "yes").State("acme", kFirst),
            ClockState::kRunning);
  EXPECT_EQ(Story(story).Membership("mia", "beta-inc", "no").State("acme", kFirst),
            ClockState::kMet);
}

// ---- Labels that get another name

//
// Report (here): a label that is renamed to a priority has no effect.
TEST(RenamedLabels, CountAsSetByWhoRenamedThem) {
  Story story = Story().Opens("dave", "Down.", {"prio 1"});
  EXPECT_EQ(story.See().claims[0].priority, "P3");
  story.Wait(Minutes(5)).Renames("alice", "prio 1", "priority: P1");
  EXPECT_EQ(story.See().claims[0].priority, "P1");
  EXPECT_EQ(story.See().labels, std::vector<std::string>{"priority: P1"});
  EXPECT_EQ(story.State("acme", kAck), ClockState::kRunning) << "nobody did anything here";
  story.Wait(Minutes(5)).Renames("alice", "priority: P1", "old");
  EXPECT_EQ(story.See().claims[0].priority, "P3");
}

TEST(RenamedLabels, ByWhoMayNotSetThemAreRefused) {
  Story story = Story().Opens("dave", "Down.", {"prio 1"});
  story.Permission("erin", "triage").Wait(Minutes(5)).Renames("erin", "prio 1", "priority: P1");
  EXPECT_EQ(story.See().claims[0].priority, "P3");
}

TEST(RenamedLabels, ThatShowOnlyInAnObservationAreExplainedByIt) {
  for (const bool observed_first : {true, false}) {
    Story story = Story().Opens("dave").Wait(Minutes(1));
    if (observed_first) story.Observes({"priority: P1"}).Wait(Minutes(1));
    story.Renames("alice", "prio 1", "priority: P1").Wait(Minutes(1));
    if (!observed_first) story.Observes({"priority: P1"});
    EXPECT_EQ(story.See().claims[0].priority, "P1") << observed_first;
    EXPECT_TRUE(story.See().flags.empty());
  }
}

TEST(RenamedLabels, ChangeNothingWhereTheyAreNot) {
  Story story = Story().Opens("dave", "Down.", {"bug"}).Wait(Minutes(5));
  story.Renames("alice", "prio 1", "priority: P1");
  EXPECT_EQ(story.See().claims[0].priority, "P3");
  EXPECT_EQ(story.See().labels, std::vector<std::string>{"bug"});
}

// A login that somebody else took over: what the policy gives it stays with the first account.
//
// Report (here): an account that takes over a login gets the rights of the previous one.
TEST(ReusedLogins, GiveTheNewAccountNothing) {
  Story story = P1();
  story.pins().Add({"github", "alice"}, "4001");
  story.Permission("alice", "read").Wait(Minutes(10)).Says("alice", "Set the other switch.");
  EXPECT_NE(story.Who("alice").id, "4001");
  EXPECT_EQ(story.State("acme", kFirst), ClockState::kRunning);
  const std::vector<std::string> flags = story.See().flags;
  EXPECT_TRUE(std::any_of(flags.begin(), flags.end(), [](const std::string& flag) {
    return flag.find("@alice is pinned to id 4001") != std::string::npos;
  }));
}

// ---- A verdict without a word

//
// Report (here): an approval without a word counts as the first reply.
TEST(Reviews, WithoutAWordAcknowledgeAndAnswerNothing) {
  Story story = P1();
  story.Wait(Minutes(5));
  story.Add(MakeReview({Provenance::kWebhook, story.now()}, "5", story.Who("alice"),
                       Moment::At(story.now()), ""));
  EXPECT_EQ(story.State("acme", kAck), ClockState::kMet);
  EXPECT_EQ(story.State("acme", kFirst), ClockState::kRunning);
}

}  // namespace
}  // namespace retainer::core
