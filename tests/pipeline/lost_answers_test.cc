// The forge's state when answers are lost, lists are delayed, calls are carried out late, or the
// store is an older one: one comment, no stale label, nobody assigned against a person's will.
#include <algorithm>

#include "src/pipeline/dispatcher.h"
#include "tests/pipeline/world.h"

namespace retainer::pipeline {
namespace {

absl::Status Cut(const std::string&) { return absl::UnavailableError("connection reset"); }

class LostAnswers : public World {
 protected:
  LostAnswers() { forge.clock = &clock; }

  // Runs the service, one second at a time.
  void Run(absl::Duration time) {
    for (const absl::Time end = clock.Now() + time; clock.Now() < end;) {
      Dispatch();
      clock.Advance(absl::Seconds(1));
    }
    Dispatch();
  }
  void Restart() { MakeDispatcher(false); }
  // The delivery that tells of a comment of our account.
  void Echo(const std::string& comment, std::int64_t number = 1) {
    Event event = MakeEvent(number, kErin, {});
    Fact fact = MakeComment({Provenance::kWebhook, clock.Now()}, IssueCommentId(comment),
                            forge.self, Moment::At(clock.Now()), "Our words.");
    event.facts.push_back(std::move(fact));
    Deliver(absl::StrCat("echo ", comment), event);
    Work();
  }
  std::size_t Deliveries(std::int64_t number) {
    Deliver(absl::StrCat("opened ", number), MakeEvent(number, kDave, {Opened(kDave, 0)}));
    return Work();
  }
};

TEST_F(LostAnswers, KilledAfterTheCreateWhileTheListLags) {
  for (const int lag : {1, 2, 10, 15, 59}) {
    SCOPED_TRACE(lag);
    forge.list_lag = absl::Seconds(lag);
    const std::int64_t ticket = 100 + lag;
    Want(ticket, MakeFace("first"));
    // The intent is saved and the comment is created, but not recorded.
    store.FailWritesAfter(1, absl::UnavailableError("killed"));
    EXPECT_FALSE(dispatcher->RunOnce().ok());
    store.FailWrites(absl::OkStatus());
    Restart();
    Run(absl::Minutes(2));
    const auto all = forge.comments();
    EXPECT_EQ(std::count_if(all.begin(), all.end(),
                            [&](const auto& one) { return one.second.ticket == Key(ticket); }),
              1);
    EXPECT_FALSE(store.LoadShown(Key(ticket))->comment_id.empty());
    EXPECT_EQ(Stats().dirty_faces, 0u);
  }
}

// Report (here): a lost answer and a delayed list lead to two status comments.
TEST_F(LostAnswers, CutAnswerWhileTheListLags) {
  forge.list_lag = absl::Seconds(10);
  Want(1, MakeFace("first"));
  forge.lost = Cut;
  Dispatch();
  forge.lost = nullptr;
  Run(absl::Minutes(2));
  EXPECT_EQ(forge.comments().size(), 1u);
  EXPECT_EQ(forge.Count("create"), 1u);
  EXPECT_EQ(Stats().dirty_faces, 0u);
}

TEST_F(LostAnswers, CreateThatIsCarriedOutLate) {
  Want(1, MakeFace("first"));
  forge.fault = [](const std::string& call) {
    return call == "create" ? absl::UnavailableError("timed out") : absl::OkStatus();
  };
  Dispatch();
  forge.fault = nullptr;
  Run(absl::Seconds(18));
  forge.PlaceComment(Key(1), absl::StrCat("|first\n", CommentMarker(Key(1))));
  Run(absl::Minutes(2));
  EXPECT_EQ(forge.comments().size(), 1u);
  EXPECT_EQ(store.LoadShown(Key(1))->comment_id, "1");
}

TEST_F(LostAnswers, CreateThatWasNeverCarriedOutIsMadeAgain) {
  Want(1, MakeFace("first"));
  forge.fault = [](const std::string& call) {
    return call == "create" ? absl::UnavailableError("timed out") : absl::OkStatus();
  };
  Dispatch();
  forge.fault = nullptr;
  Run(Dispatcher::kFresh - absl::Seconds(2));
  EXPECT_TRUE(forge.comments().empty()) << "it may still come";
  Run(absl::Seconds(20));
  EXPECT_EQ(forge.comments().size(), 1u);
}

TEST_F(LostAnswers, WhileOneTicketWaitsAnotherDoesNot) {
  forge.list_lag = absl::Seconds(30);
  Want(1, MakeFace("first"));
  forge.lost = Cut;
  Dispatch();
  forge.lost = nullptr;
  Want(2, MakeFace("first"));
  Dispatch();
  EXPECT_EQ(forge.comments().size(), 2u);
  EXPECT_EQ(forge.comments()["2"].ticket, Key(2));
}

TEST_F(LostAnswers, LabelsDoNotWaitForTheComment) {
  forge.list_lag = absl::Seconds(30);
  Face face = MakeFace("first");
  face.labels = {{"support: gold", "", ""}};
  Want(1, face);
  forge.lost = [](const std::string& call) {
    return call == "create" ? absl::UnavailableError("cut") : absl::OkStatus();
  };
  Dispatch();
  clock.Advance(absl::Seconds(10));
  Dispatch();
  EXPECT_EQ(forge.labels(Key(1)), std::set<std::string>({"support: gold"}));
}

// Report (here): a restored backup posts every status comment again.
TEST_F(LostAnswers, RestoredBackupFindsWhatStandsThere) {
  for (int i = 1; i <= 20; ++i) {
    forge.PlaceComment(Key(i), absl::StrCat("|older words\n", CommentMarker(Key(i))));
  }
  clock.Advance(absl::Hours(5));
  for (int i = 1; i <= 20; ++i) Want(i, MakeFace("first"));
  Run(absl::Minutes(1));
  EXPECT_EQ(forge.comments().size(), 20u);
  EXPECT_EQ(forge.Count("create"), 0u);
  for (const auto& [id, comment] : forge.comments()) {
    EXPECT_NE(comment.body.find("first"), std::string::npos);
  }
}

TEST_F(LostAnswers, RecordedCommentThatIsGoneIsLookedForBeforeAPersonIsThoughtToHaveDeletedIt) {
  Want(1, MakeFace("first"));
  Dispatch();
  // The backup has comment 1; it was deleted since, and another one was posted.
  forge.DropComment("1");
  forge.PlaceComment(Key(1), absl::StrCat("|later words\n", CommentMarker(Key(1))));
  clock.Advance(absl::Hours(1));
  Want(1, MakeFace("second"));
  Run(absl::Minutes(1));
  ASSERT_EQ(forge.comments().size(), 1u);
  EXPECT_NE(forge.comments()["2"].body.find("second"), std::string::npos);
  for (const auto& [id, fact] : Load(1).facts) EXPECT_NE(fact.kind, FactKind::kCommentDeleted);
}

TEST_F(LostAnswers, SecondCommentThatADeliveryTellsOfIsDeletedAndTheOldestKept) {
  Deliveries(1);
  Run(absl::Minutes(1));
  ASSERT_EQ(forge.comments().size(), 1u);
  const std::string body = forge.comments()["1"].body;
  forge.list_lag = absl::Seconds(5);
  const std::string second = forge.PlaceComment(Key(1), body);
  Echo(second);
  Run(absl::Minutes(2));
  ASSERT_EQ(forge.comments().size(), 1u);
  EXPECT_EQ(forge.comments().count("1"), 1u);
  EXPECT_EQ(store.LoadShown(Key(1))->comment_id, "1");
  EXPECT_EQ(Stats().dirty_faces, 0u);
}

TEST_F(LostAnswers, EchoOfALostRecordIsTakenUp) {
  Deliveries(1);
  Run(absl::Minutes(1));
  // Simulates another process that posted an older one, which this store never knew.
  forge.DropComment("1");
  ShownFace shown = *store.LoadShown(Key(1));
  shown.comment_id.clear();
  ASSERT_TRUE(store.SaveShown(Key(1), shown, {}).ok());
  const std::string there =
      forge.PlaceComment(Key(1), absl::StrCat("|words\n", CommentMarker(Key(1))));
  Echo(there);
  Run(absl::Minutes(1));
  EXPECT_EQ(forge.comments().size(), 1u);
  EXPECT_EQ(store.LoadShown(Key(1))->comment_id, there);
}

TEST_F(LostAnswers, EchoOfOurOwnCommentCostsNoCallMore) {
  Deliveries(1);
  Run(absl::Minutes(1));
  const std::size_t calls = forge.calls().size();
  Echo("1");
  Dispatch();
  const std::vector<std::string> now = forge.calls();
  EXPECT_EQ(std::count_if(now.begin() + static_cast<std::ptrdiff_t>(calls), now.end(),
                          [](const std::string& call) { return call != "self"; }),
            0);
}

TEST_F(LostAnswers, KilledAfterADeleteWhenTheFaceIsWantedAgain) {
  Want(1, MakeFace("first"));
  Dispatch();
  clock.Advance(absl::Hours(1));
  Want(1, Face());
  // The intent to delete it is saved; that it was deleted is not.
  store.FailWritesAfter(1, absl::UnavailableError("killed"));
  EXPECT_FALSE(dispatcher->RunOnce().ok());
  store.FailWrites(absl::OkStatus());
  ASSERT_TRUE(forge.comments().empty());
  Restart();
  Want(1, MakeFace("second"));
  Run(absl::Minutes(1));
  ASSERT_EQ(forge.comments().size(), 1u) << "no person took it down";
  EXPECT_NE(forge.comments()["2"].body.find("second"), std::string::npos);
}

TEST_F(LostAnswers, WhatWeDeletedOurselvesIsNotTakenUpFromALaggingList) {
  Want(1, MakeFace("for acme", {"acme"}));
  Dispatch();
  // The forge still lists it.
  Want(1, MakeFace("neutral"));
  forge.lost = nullptr;
  Dispatch();
  forge.PlaceComment(Key(1), absl::StrCat("for acme\n", CommentMarker(Key(1))));
  ASSERT_EQ(forge.comments().size(), 2u);
  const ShownFace shown = *store.LoadShown(Key(1));
  EXPECT_EQ(shown.deleted_comment, "1");
  EXPECT_EQ(shown.comment_id, "2");
}

// Report (here): a label whose answer was lost stays for ever.
TEST_F(LostAnswers, StaleLabelGoesWhenTheAnswerToAddingItWasLost) {
  Face face;
  face.labels = {{"sla: running", "", ""}};
  Want(1, face);
  forge.lost = [](const std::string& call) {
    return call == "add_labels" ? absl::UnavailableError("cut") : absl::OkStatus();
  };
  Dispatch();
  ASSERT_EQ(forge.labels(Key(1)), std::set<std::string>({"sla: running"}));
  forge.lost = nullptr;
  Restart();
  face.labels = {{"sla: at_risk", "", ""}};
  Want(1, face);
  Run(absl::Minutes(1));
  EXPECT_EQ(forge.labels(Key(1)), std::set<std::string>({"sla: at_risk"}));
}

TEST_F(LostAnswers, LabelComesBackWhenTheAnswerToTakingItOffWasLost) {
  Face face;
  face.labels = {{"sla: running", "", ""}};
  Want(1, face);
  Dispatch();
  forge.lost = [](const std::string& call) {
    return call == "remove_label" ? absl::UnavailableError("cut") : absl::OkStatus();
  };
  Want(1, Face());
  Dispatch();
  ASSERT_TRUE(forge.labels(Key(1)).empty());
  forge.lost = nullptr;
  Restart();
  Want(1, face);
  Run(absl::Minutes(1));
  EXPECT_EQ(forge.labels(Key(1)), std::set<std::string>({"sla: running"}));
}

TEST_F(LostAnswers, KilledBetweenAddingALabelAndItsRecord) {
  Face face;
  face.labels = {{"sla: running", "", ""}};
  Want(1, face);
  store.FailWritesAfter(1, absl::UnavailableError("killed"));
  EXPECT_FALSE(dispatcher->RunOnce().ok());
  store.FailWrites(absl::OkStatus());
  ASSERT_EQ(forge.labels(Key(1)).size(), 1u);
  Restart();
  Want(1, Face());
  Run(absl::Minutes(1));
  EXPECT_TRUE(forge.labels(Key(1)).empty());
}

TEST_F(LostAnswers, WhomAPersonTookOffIsNotAssignedAgainAfterARestart) {
  Face face = MakeFace("first");
  face.assignees = {"alice"};
  Want(1, face);
  Dispatch();
  ASSERT_EQ(forge.assignees(Key(1)), std::set<std::string>({"alice"}));
  forge.Unassign(Key(1), "alice");
  Restart();
  face.comment->headline = "second";
  Want(1, face);
  Run(absl::Seconds(5));
  EXPECT_TRUE(forge.assignees(Key(1)).empty());
  EXPECT_EQ(forge.Count("assign"), 1u);
}

TEST_F(LostAnswers, LostAnswerOfAnAssignmentIsAskedForAgain) {
  Face face;
  face.assignees = {"alice"};
  Want(1, face);
  forge.fault = [](const std::string& call) {
    return call == "assign" ? absl::UnavailableError("cut") : absl::OkStatus();
  };
  Dispatch();
  forge.fault = nullptr;
  Restart();
  Run(absl::Minutes(1));
  EXPECT_EQ(forge.assignees(Key(1)), std::set<std::string>({"alice"}));
}

TEST_F(LostAnswers, OneCheckOnACommitWhenItsAnswerWasLost) {
  Face face;
  face.check = CheckView{"c0ffee", CheckView::Verdict::kSuccess, {CheckRow{}}};
  Want(1, face);
  forge.lost = [](const std::string& call) {
    return call == "set_check" ? absl::UnavailableError("cut") : absl::OkStatus();
  };
  Dispatch();
  forge.lost = nullptr;
  Restart();
  clock.Advance(absl::Seconds(30));
  Dispatch();
  EXPECT_EQ(forge.Count("set_check"), 1u) << "it may not be listed yet";
  Run(absl::Minutes(2));
  EXPECT_EQ(forge.checks().size(), 1u);
  EXPECT_EQ(Stats().dirty_faces, 0u);
}

// Report (here): a label that the forge refuses delays the comment.
TEST_F(LostAnswers, RefusedLabelHoldsUpNothingElse) {
  const std::string longest = "support: " + std::string(42, 'x');
  Face face = MakeFace("first");
  face.labels = {{longest, "", ""}, {"sla: running", "", ""}};
  face.assignees = {"alice"};
  Want(1, face);
  Run(absl::Seconds(5));
  EXPECT_EQ(forge.labels(Key(1)), std::set<std::string>({"sla: running"}));
  EXPECT_EQ(forge.assignees(Key(1)), std::set<std::string>({"alice"}));
  EXPECT_EQ(Stats().dirty_faces, 0u);
  EXPECT_EQ(Stats().dead_faces, 0u);
  EXPECT_EQ(log.Count("label given up"), 1u);
  const auto refused = store.ListRefusedLabels(10);
  ASSERT_EQ(refused->size(), 1u);
  EXPECT_EQ((*refused)[0].labels[0].name, longest);
  EXPECT_FALSE((*refused)[0].labels[0].reason.empty());

  // At once, without the label's back-off, and without asking for the label again.
  face.comment->headline = "second";
  Want(1, face);
  Dispatch();
  EXPECT_NE(forge.comments()["1"].body.find("second"), std::string::npos);
  EXPECT_EQ(log.Count("label given up"), 1u);
  // Forgotten with the label, and retried when a person asks for it.
  ASSERT_TRUE(store.ReviveFace(Key(1), clock.Now()).ok());
  Dispatch();
  EXPECT_EQ(log.Count("label given up"), 2u);
  face.labels = {{"sla: running", "", ""}};
  Want(1, face);
  Dispatch();
  EXPECT_TRUE(store.ListRefusedLabels(10)->empty());
}

TEST_F(LostAnswers, LabelThatTheForgeRefusesOnlyWhenItIsPutOnIsFoundAmongTheOthers) {
  Face face;
  face.labels = {{"a", "", ""}, {"b", "", ""}, {"c", "", ""}};
  Want(1, face);
  int calls = 0;
  forge.fault = [&](const std::string& call) {
    // The first call has all three labels, then one per call; b is refused.
    const bool refused = call == "add_labels" && (++calls == 1 || calls == 3);
    return refused ? absl::InvalidArgumentError("no") : absl::OkStatus();
  };
  Run(absl::Seconds(5));
  EXPECT_EQ(forge.labels(Key(1)), (std::set<std::string>{"a", "c"}));
  EXPECT_EQ(Stats().dirty_faces, 0u);
}

TEST_F(LostAnswers, TransferredCommentIsWaitedForWhereTheListLags) {
  Deliveries(1);
  Run(absl::Minutes(1));
  ASSERT_EQ(forge.comments().size(), 1u);
  const TicketKey there{"github", "88", TicketKind::kIssue, 7};
  ASSERT_TRUE(store.SaveProject({{"github", "88"}, "acme/other", "", false, "5", At(0)}).ok());
  forge.CarryComments(Key(1), there);
  forge.list_lag = absl::Minutes(1) + absl::Seconds(15);  // of which a minute has passed
  Fact arrived;
  arrived.kind = FactKind::kArrived;
  arrived.provenance = Provenance::kNetwork;
  arrived.subject = ToString(Key(1));
  arrived.id = MakeFactId(arrived.kind, arrived.subject, "");
  arrived.at = clock.Now();
  DecisionWrite write;
  write.record.key = there;
  write.record.project_path = "acme/other";
  write.facts = {arrived};
  write.face = MakeFace("first", {"acme"});
  write.ledger.at = clock.Now();
  ASSERT_TRUE(store.Commit(write).ok());
  Run(absl::Minutes(2));
  EXPECT_EQ(forge.comments().size(), 1u);
  EXPECT_EQ(forge.Count("create"), 1u);
  EXPECT_EQ(store.LoadShown(there)->comment_id, "1");
}

}  // namespace
}  // namespace retainer::pipeline
