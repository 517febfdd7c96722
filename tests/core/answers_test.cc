// What people see of their commands: the label that means the same, and the result of each.
#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

#include "tests/core/story.h"

namespace retainer::core {
namespace {

using absl::Minutes;
using Strings = std::vector<std::string>;

Policy Public() {
  Policy policy = StoryPolicy();
  for (Customer& customer : policy.customers) customer.is_public = true;
  return policy;
}

Face FaceOf(const Story& story) {
  std::map<std::string, std::string> none;
  const Decision decision = Decide(story.context_of(), story.facts(), {}, story.terms(),
                                   const_cast<Story&>(story).pins(), none, story.now());
  return decision.face.value_or(Face());
}

Strings Given(const Story& story) {
  Strings names;
  for (const FaceLabel& label : FaceOf(story).given_labels) names.push_back(label.name);
  return names;
}

Strings Off(const Story& story) {
  Strings off;
  for (const std::string& label : FaceOf(story).absent_labels) {
    if (label.find("support") == label.npos) off.push_back(label);
  }
  return off;
}

// `comment/1+ comment/2-`
std::string Reactions(const Story& story) {
  std::string all;
  for (const FaceReaction& one : FaceOf(story).reactions) {
    absl::StrAppend(&all, all.empty() ? "" : " ", one.object.empty() ? "opening" : one.object,
                    one.kind == FaceReaction::Kind::kDone ? "+" : "-");
  }
  return all;
}

Strings Reproaches(const Story& story) {
  const Face face = FaceOf(story);
  return face.comment ? face.comment->refusals : Strings();
}

// ---- Labels

TEST(GivenLabelTest, ACommandsWordShowsAsTheLabelThatMeansTheSame) {
  Story story(Public());
  story.Opens("dave").Wait(Minutes(1)).Says("dave", "/support priority P1");
  EXPECT_EQ(Given(story), Strings{"priority: P1"});
  story.Wait(Minutes(1)).Says("alice", "/support waiting");
  EXPECT_EQ(Given(story), (Strings{"priority: P1", "waiting for customer"}));
  story.Wait(Minutes(1)).Says("alice", "/support workaround");
  EXPECT_EQ(Given(story),
            (Strings{"priority: P1", "waiting for customer", "workaround available"}));
  EXPECT_EQ(FaceOf(story).given_labels[0].color.size(), 6u);
}

TEST(GivenLabelTest, TheOtherOfItsKindComesOffWhateverItsCase) {
  for (const char* label : {"priority: P1", "Priority: p1"}) {
    Story story(Public());
    story.Opens("dave").Wait(Minutes(1)).Labels("alice", label);
    EXPECT_TRUE(Given(story).empty()) << "the label is somebody's own";
    story.Wait(Minutes(1)).Says("dave", "/support priority P2");
    EXPECT_EQ(Given(story), Strings{"priority: P2"});
    EXPECT_EQ(Off(story), Strings{label});
    EXPECT_EQ(story.See().claims[0].priority, "P2");
    story.Wait(Minutes(1)).Unlabels("retainer-bot", label).Labels("retainer-bot", "priority: P2");
    EXPECT_TRUE(Given(story).empty()) << "it is on";
    EXPECT_TRUE(Off(story).empty());
    EXPECT_EQ(story.See().claims[0].priority, "P2") << "our own hand says nothing";
  }
}

// A label that a private contact's command could not set would reveal the contact for as long as it
// is there.
TEST(GivenLabelTest, OneThatOnlyACustomersCommandExplainsGoesWhenTheCustomerTurnsPrivate) {
  const auto go_private = [](Story story) {
    Policy policy = Public();
    policy.customers[0].is_public = false;
    return std::move(story.Wait(Minutes(1)).NewTerms("v2", policy).Wait(Minutes(1)));
  };
  Story story(Public());
  story.Opens("dave").Permission("dave", "read").Wait(Minutes(1));
  story.Says("dave", "/support priority P1");
  story.Wait(Minutes(1)).Labels("retainer-bot", "priority: P1");
  EXPECT_TRUE(Off(story).empty());
  EXPECT_EQ(Off(go_private(story)), Strings{"priority: P1"});
  // A person changed it, so it belongs to people.
  Story touched = story;
  touched.Wait(Minutes(1)).Unlabels("bob", "priority: P1").Labels("bob", "priority: P1");
  EXPECT_TRUE(Off(go_private(touched)).empty());
  // A responder said the same, which needs no customer.
  Story said = story;
  said.Wait(Minutes(1)).Says("alice", "/support priority P1");
  EXPECT_TRUE(Off(go_private(said)).empty());
  // People set other labels: these stay, whatever the responder commands.
  Story theirs(Public());
  theirs.Opens("dave", "It is broken.", {"priority: P2"}).Wait(Minutes(1));
  theirs.Says("alice", "/support priority P1");
  EXPECT_TRUE(Off(go_private(theirs)).empty());
}

TEST(GivenLabelTest, AHandThatChangesItAfterwardsWins) {
  Story story(Public());
  story.Opens("dave").Wait(Minutes(1)).Says("dave", "/support priority P2");
  story.Wait(Minutes(1)).Labels("retainer-bot", "priority: P2");
  Story taken_off = story;
  taken_off.Wait(Minutes(1)).Unlabels("alice", "priority: P2");
  EXPECT_TRUE(Given(taken_off).empty()) << "never restored against a hand";
  Story before_ours(Public());
  before_ours.Opens("dave").Wait(Minutes(1)).Says("dave", "/support priority P2");
  before_ours.Wait(Minutes(1)).Labels("alice", "priority: P1");
  EXPECT_TRUE(Given(before_ours).empty());
  EXPECT_EQ(before_ours.See().claims[0].priority, "P1");
  story.Wait(Minutes(1)).Labels("alice", "priority: P1");
  EXPECT_TRUE(Given(story).empty());
  EXPECT_EQ(Off(story), Strings{"priority: P2"}) << "which was ours";
  EXPECT_EQ(story.See().claims[0].priority, "P1");
}

TEST(GivenLabelTest, WaitingThatEndsTakesItsLabelOffWhateverItsCase) {
  Story story(Public());
  story.Opens("dave").Wait(Minutes(1)).Says("alice", "Which version?\n\n/support waiting");
  story.Wait(Minutes(1)).Labels("retainer-bot", "Waiting for Customer");
  EXPECT_TRUE(Given(story).empty());
  story.Wait(Minutes(1)).Says("dave", "Version 3 of the database.");
  EXPECT_EQ(Off(story), Strings{"Waiting for Customer"});
  // The command is given again before the delivery of our removal arrived.
  story.Wait(Minutes(1)).Says("alice", "And the driver?\n\n/support waiting");
  story.Wait(Minutes(1)).Observes({"support: gold"});
  story.Unlabels("retainer-bot", "Waiting for Customer");
  EXPECT_TRUE(story.See().waiting.now) << "our own hand ends nothing";
}

TEST(GivenLabelTest, NobodysPrivateTicketGetsOne) {
  for (const bool claimed : {false, true}) {
    Policy policy = StoryPolicy();
    if (!claimed) policy.customers.clear();
    Story story(policy);
    story.Opens("dave").Wait(Minutes(1)).Says("alice", "/support priority P1");
    story.Wait(Minutes(1)).Says("alice", "/support waiting").Permission("dave", "read");
    EXPECT_TRUE(Given(story).empty()) << claimed;
    EXPECT_TRUE(Off(story).empty()) << claimed;
  }
}

TEST(GivenLabelTest, FormsAndOperatorsAreHeardAlike) {
  Story form(Public());
  form.Opens("dave", "### Priority\n\nP1\n\n### What\n\nIt is down.");
  EXPECT_EQ(Given(form), Strings{"priority: P1"});
  Story page(Public());
  page.Opens("dave").Wait(Minutes(1)).Operates(CommandName::kPriority, "P2");
  EXPECT_EQ(Given(page), Strings{"priority: P2"});
}

// ---- Acknowledgement

TEST(AcknowledgementTest, EveryCommandIsAnsweredTheRespondersWrongOneToo) {
  Story story(Public());
  story.Opens("dave", "It is down.\n\n/support priority P1");
  story.Wait(Minutes(1)).Says("alice", "/support priority P7");
  story.Wait(Minutes(1)).Says("alice", "/support claim nope");
  story.Wait(Minutes(1)).Finds("#999", "").Says("alice", "/support duplicate #999");
  story.Wait(Minutes(1)).Says("alice", "/support waitng");
  story.Wait(Minutes(1)).Says("dave", "/support escalate");
  story.Wait(Minutes(1)).Says("erin", "/support priority P1").Permission("erin", "read");
  story.Says("erin", "Only words.");
  EXPECT_EQ(Reactions(story), "opening+ comment/1- comment/2- comment/3- comment/4- comment/5+");
  ASSERT_EQ(Reproaches(story).size(), 2u) << "the latest";
  EXPECT_EQ(Reproaches(story)[0], "duplicate #999: there is no such ticket");
}

TEST(AcknowledgementTest, WhomNobodyCanAssignIsRefused) {
  Story story(Public());
  story.Opens("dave").Wait(Minutes(1)).Says("alice", "/support assign @nosuch");
  EXPECT_EQ(FaceOf(story).assignees, Strings{"nosuch"}) << "people's word, until it is tried";
  story.Wait(absl::Seconds(2)).Finds("@nosuch", "");
  EXPECT_TRUE(FaceOf(story).assignees.empty());
  EXPECT_EQ(Reactions(story), "comment/1-");
  EXPECT_EQ(Reproaches(story), Strings{"assign nosuch: nobody of that name can be assigned here"});
}

TEST(AcknowledgementTest, AReproachGoesWhenTheSameIsDoneRightly) {
  Story story(Public());
  story.Opens("dave").Wait(Minutes(1)).Says("alice", "/support priority P7");
  ASSERT_EQ(Reproaches(story).size(), 1u);
  Story other = story;
  other.Wait(Minutes(1)).Says("alice", "/support waiting");
  EXPECT_EQ(Reproaches(other).size(), 1u) << "that is something else";
  story.Wait(Minutes(1)).Says("alice", "/support priority P1");
  EXPECT_TRUE(Reproaches(story).empty());
  EXPECT_EQ(Reactions(story), "comment/2+");
}

TEST(AcknowledgementTest, AnEditChangesWhatIsSaidOfIt) {
  Story story(Public());
  story.Opens("dave").Wait(Minutes(1)).Says("dave", "/support priority P7");
  EXPECT_EQ(Reactions(story), "comment/1-");
  Story gone = story;
  gone.Wait(Minutes(1)).Edits("dave", "dave", "/support priority P7", "Sorry for the noise.");
  EXPECT_EQ(Reactions(gone), "");
  EXPECT_TRUE(Reproaches(gone).empty());
  Story deleted = story;
  deleted.Wait(Minutes(1)).DeletesLast("dave", "dave");
  EXPECT_EQ(Reactions(deleted), "");
  EXPECT_TRUE(Reproaches(deleted).empty());
  story.Wait(Minutes(1)).Edits("dave", "dave", "/support priority P7", "/support priority P1");
  EXPECT_EQ(Reactions(story), "comment/1+");
  EXPECT_TRUE(Reproaches(story).empty());
  EXPECT_EQ(story.See().claims[0].priority, "P1");
}

TEST(AcknowledgementTest, ARespondersCommandOnACommunityIssueIsAnsweredByTheReactionAlone) {
  Policy policy = Public();
  policy.customers.clear();
  Story story(policy);
  story.Opens("erin").Permission("erin", "read").Wait(Minutes(1));
  story.Says("alice", "/support waiting").Wait(Minutes(1)).Says("alice", "/support claim nope");
  story.Wait(Minutes(1)).Says("erin", "/support escalate");
  EXPECT_EQ(Reactions(story), "comment/1+ comment/2-");
  EXPECT_FALSE(FaceOf(story).comment);
}

TEST(AcknowledgementTest, APrivateContactIsAnsweredNothingAndAPrivateAliasAsAnUnknownOne) {
  const auto seen = [](bool known) {
    Policy policy = StoryPolicy();
    if (!known) policy.customers.clear();
    Story story(policy);
    story.Opens("erin").Permission("erin", "read").Wait(Minutes(1));
    story.Says("alice", "/support claim c-7f3").Wait(Minutes(1));
    story.Permission("dave", "read").Says("dave", "/support priority P1");
    return Reactions(story);
  };
  EXPECT_EQ(seen(true), "comment/1-");
  EXPECT_EQ(seen(true), seen(false));
}

TEST(AcknowledgementTest, WhatWasReadAfterwardsRanNothingAndIsAnsweredNothing) {
  Story story(Public());
  story.Opens("dave").Wait(Minutes(1)).Backfilled().Says("alice", "/support waiting");
  EXPECT_EQ(Reactions(story), "");
}

// ---- Words

TEST(WordsTest, AnEscalationByHandAtNightSaysWhenTheTeamIsCalled) {
  Policy policy = Public();
  policy.plans["gold"].calendars = {"office"};
  policy.plans["gold"].escalation = {{1.0, std::nullopt, {"lead"}}};
  Story story(policy);
  story.GoTo("2026-03-02 19:00:00")
      .Opens("dave")
      .Wait(Minutes(1))
      .Says("dave", "/support escalate");
  Face face = FaceOf(story);
  ASSERT_TRUE(face.comment && face.comment->called);
  EXPECT_GE(face.comment->called->at, Utc("2026-03-03 08:00:00"));
  EXPECT_LT(face.comment->called->at, Utc("2026-03-03 08:01:00"));
  EXPECT_EQ(face.comment->next.find("It has been escalated"), std::string::npos);
  face = FaceOf(story.GoTo("2026-03-03 08:01:00"));
  EXPECT_FALSE(face.comment->called);
  EXPECT_NE(face.comment->next.find("It has been escalated"), std::string::npos);
}

TEST(WordsTest, AnAnswerThatTookNoTimeSaysWhy) {
  Policy policy = Public();
  policy.plans["gold"].calendars = {"office"};
  Story story(policy);
  story.GoTo("2026-03-02 19:00:00").Opens("dave").Wait(Minutes(30)).Says("alice", "On it.");
  const Face face = FaceOf(story);
  ASSERT_TRUE(face.comment);
  bool seen = false;
  for (const PromiseRow& row : face.comment->rows) {
    if (row.promise != "first reply") continue;
    seen = true;
    EXPECT_TRUE(row.untimed);
    EXPECT_EQ(row.took, "outside opening hours");
  }
  EXPECT_TRUE(seen);
}

}  // namespace
}  // namespace retainer::core
