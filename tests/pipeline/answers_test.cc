// How people's commands are answered on the forge: reactions, and labels that mean the same.
#include "tests/pipeline/world.h"

namespace retainer::pipeline {
namespace {

using Reactions = std::map<std::string, char>;
using Labels = std::set<std::string>;

class AnswersTest : public World {
 protected:
  AnswersTest() {
    forge.SetUser("alice", "11");
    forge.SetUser("dave", "22");
  }
  void Happens(Fact fact) {
    clock.Advance(absl::Minutes(1));
    Deliver(absl::StrCat("d", ++deliveries_), MakeEvent(1, kDave, {std::move(fact)}));
    Work();
    Dispatch();
  }
  void Says(const Actor& who, const std::string& id, const std::string& text) {
    const absl::Time at = clock.Now() + absl::Minutes(1);
    Happens(MakeComment({Provenance::kWebhook, at}, IssueCommentId(id), who, Moment::At(at), text));
  }
  void Edits(const Actor& who, const std::string& id, const std::string& before,
             const std::string& after) {
    const absl::Time at = clock.Now() + absl::Minutes(1);
    Happens(MakeCommentEdited({Provenance::kWebhook, at}, IssueCommentId(id), who, who,
                              Moment::At(at), after, before, std::nullopt));
  }

 private:
  int deliveries_ = 0;
};

TEST_F(AnswersTest, EveryCommandIsAnsweredByAReactionThatFollowsWhatBecameOfIt) {
  Happens(Opened(kDave, 0));
  Says(kAlice, "500", "/support priority P7");
  Says(kDave, "501", "/support escalate");
  EXPECT_EQ(forge.reactions(Key(1)), (Reactions{{"comment/500", '-'}, {"comment/501", '+'}}));
  Edits(kAlice, "500", "/support priority P7", "/support priority P1");
  EXPECT_EQ(forge.reactions(Key(1)), (Reactions{{"comment/500", '+'}, {"comment/501", '+'}}));
  const std::size_t mutations = forge.mutations();
  Says(kErin, "502", "/support priority P1");  // no customer
  EXPECT_EQ(forge.reactions(Key(1)).size(), 2u);
  EXPECT_EQ(forge.mutations(), mutations);
  EXPECT_EQ(Stats().dirty_faces, 0u);
}

TEST_F(AnswersTest, AResponderOnACommunityIssueIsAnsweredByTheReactionAlone) {
  Happens(Opened(kErin, 0));
  Says(kAlice, "500", "/support waiting");
  EXPECT_EQ(forge.reactions(Key(1)), (Reactions{{"comment/500", '+'}}));
  EXPECT_TRUE(forge.comments().empty());
  EXPECT_EQ(forge.mutations(), 1u);
}

TEST_F(AnswersTest, WhomNobodyCanAssignIsRefusedBeforeItIsSaidToBeDone) {
  forge.SetStranger("nosuch");
  Happens(Opened(kDave, 0));
  Says(kAlice, "500", "/support assign @nosuch");
  Dispatch();
  EXPECT_EQ(forge.Count("assign"), 0u);
  EXPECT_EQ(forge.Count("react"), 1u);
  EXPECT_EQ(forge.reactions(Key(1)), (Reactions{{"comment/500", '-'}}));
  Says(kAlice, "501", "/support assign @bob");
  EXPECT_EQ(forge.assignees(Key(1)), Labels{"bob"});
  EXPECT_EQ(forge.reactions(Key(1)), (Reactions{{"comment/501", '+'}}))
      << "the reproach goes with it";
}

TEST_F(AnswersTest, ACommandsLabelIsPutOnOnceAndTheOtherOfItsKindComesOff) {
  Happens(Opened(kDave, 0));
  ASSERT_TRUE(forge.AddLabels({Key(1), "acme/opendb", "5"}, {"Priority: P1"}).ok());
  clock.Advance(absl::Minutes(1));
  Happens(MakeLabelAdded({Provenance::kWebhook, clock.Now()}, "Priority: P1", kAlice,
                         Moment::At(clock.Now())));
  Says(kDave, "500", "/support priority P2");
  EXPECT_EQ(forge.labels(Key(1)), (Labels{"priority: P2", "support: gold"}));
  const std::size_t added = forge.Count("add_labels");
  // It comes back as our own act; then a person removes it.
  clock.Advance(absl::Minutes(1));
  Happens(MakeLabelAdded({Provenance::kWebhook, clock.Now()}, "priority: P2", forge.self,
                         Moment::At(clock.Now())));
  ASSERT_TRUE(forge.RemoveLabel({Key(1), "acme/opendb", "5"}, "priority: P2").ok());
  clock.Advance(absl::Minutes(1));
  Happens(MakeLabelRemoved({Provenance::kWebhook, clock.Now()}, "priority: P2", kAlice,
                           Moment::At(clock.Now())));
  Says(kErin, "501", "I see it too.");
  EXPECT_EQ(forge.labels(Key(1)), Labels{"support: gold"}) << "never restored against a hand";
  EXPECT_EQ(forge.Count("add_labels"), added);
}

TEST_F(AnswersTest, APrivateCustomersTicketGetsNeither) {
  terms.Set({MakeTerms("v1", At(-60 * 24), MakePolicy(/*is_public=*/false))});
  Happens(Opened(kDave, 0));
  Says(kDave, "500", "/support priority P1");
  EXPECT_EQ(forge.mutations(), 0u);
}

TEST_F(AnswersTest, WhatTheForgeRefusesHoldsUpNothing) {
  Happens(Opened(kDave, 0));
  forge.fault = [](const std::string& call) {
    return call == "react" ? absl::PermissionDeniedError("no") : absl::OkStatus();
  };
  Says(kDave, "500", "/support priority P1");
  EXPECT_EQ(Stats().dirty_faces, 0u);
  EXPECT_EQ(Stats().dead_faces, 0u);
  EXPECT_EQ(forge.comments().size(), 1u);
  EXPECT_EQ(forge.Count("react"), 1u) << "and is not asked for again";
}

TEST_F(AnswersTest, ACrashBeforeItIsKeptReactsAgainAndToNothingElse) {
  Happens(Opened(kDave, 0));
  forge.fault = [&](const std::string& call) {
    if (call == "react") store.FailWrites(absl::ResourceExhaustedError("the disk is full"));
    return absl::OkStatus();
  };
  const absl::Time at = clock.Now();
  Deliver("x", MakeEvent(1, kDave,
                         {MakeComment({Provenance::kWebhook, at}, IssueCommentId("500"), kDave,
                                      Moment::At(at), "/support priority P1")}));
  Work();
  EXPECT_FALSE(dispatcher->RunOnce().ok());
  forge.fault = nullptr;
  store.FailWrites(absl::OkStatus());
  MakeDispatcher(false);
  Dispatch();
  EXPECT_EQ(forge.reactions(Key(1)), (Reactions{{"comment/500", '+'}}));
  EXPECT_EQ(forge.comments().size(), 1u);
}

TEST_F(AnswersTest, ObservingReactsToNothing) {
  MakeDispatcher(/*observe=*/true);
  Happens(Opened(kDave, 0));
  Says(kAlice, "500", "/support priority P7");
  Says(kAlice, "501", "/support assign @bob");
  EXPECT_EQ(forge.mutations(), 0u);
  EXPECT_EQ(forge.Count("can_assign"), 0u);
}

}  // namespace
}  // namespace retainer::pipeline
