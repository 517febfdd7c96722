#include "src/pipeline/dispatcher.h"

#include "tests/pipeline/world.h"

namespace retainer::pipeline {
namespace {

using DispatcherTest = World;

TEST_F(DispatcherTest, CreatesThenEditsInPlace) {
  Want(1, MakeFace("first"));
  Dispatch();
  ASSERT_EQ(forge.comments().size(), 1u);
  Want(1, MakeFace("second"));
  Dispatch();
  ASSERT_EQ(forge.comments().size(), 1u);
  EXPECT_NE(forge.comments()["1"].body.find("second"), std::string::npos);
  EXPECT_NE(forge.comments()["1"].body.find(CommentMarker(Key(1))), std::string::npos);
  EXPECT_EQ(Stats().dirty_faces, 0u);
  // Our own comment is a fact of the ticket.
  EXPECT_NE(Load(1).facts.Find(MakeFactId(FactKind::kOwnComment, "comment/1", "")), nullptr);
}

TEST_F(DispatcherTest, BurstCostsOneEdit) {
  Want(1, MakeFace("first"));
  Dispatch();
  for (int i = 0; i < 11; ++i) Want(1, MakeFace(absl::StrCat("version ", i)));
  Dispatch();
  EXPECT_EQ(forge.Count("update"), 1u);
  EXPECT_NE(forge.comments()["1"].body.find("version 10"), std::string::npos);
}

TEST_F(DispatcherTest, SameWordsNeedNoCall) {
  Want(1, MakeFace("first"));
  Dispatch();
  const std::size_t before = forge.mutations();
  Want(1, MakeFace("first"), /*again=*/true);
  Dispatch();
  EXPECT_EQ(forge.mutations(), before);
  EXPECT_EQ(Stats().dirty_faces, 0u);
}

TEST_F(DispatcherTest, CrashBetweenCreateAndRecordPostsNoSecondComment) {
  Want(1, MakeFace("first"));
  // The intent is saved and the comment is created, but not recorded.
  store.FailWritesAfter(1, absl::UnavailableError("power went"));
  EXPECT_FALSE(dispatcher->RunOnce().ok());
  ASSERT_EQ(forge.comments().size(), 1u);

  store.FailWrites(absl::OkStatus());
  MakeDispatcher(false);  // a new process
  clock.Advance(absl::Minutes(30));
  Dispatch();
  EXPECT_EQ(forge.comments().size(), 1u);
  EXPECT_EQ(forge.Count("create"), 1u);
  EXPECT_EQ(store.LoadShown(Key(1))->comment_id, "1");
  EXPECT_EQ(Stats().dirty_faces, 0u);
}

TEST_F(DispatcherTest, LostAnswerOfACreateIsLookedFor) {
  Want(1, MakeFace("first"));
  forge.lost = [](const std::string&) { return absl::UnavailableError("connection reset"); };
  Dispatch();
  forge.lost = nullptr;
  clock.Advance(absl::Minutes(30));
  Dispatch();
  EXPECT_EQ(forge.comments().size(), 1u);
  EXPECT_EQ(Stats().dirty_faces, 0u);
}

TEST_F(DispatcherTest, ALostCreateOfWhatIsNotWantedAnyMoreLeavesNoComment) {
  Want(1, MakeFace("first"));
  forge.fault = [](const std::string& call) {
    return call == "create" ? absl::UnavailableError("connection reset") : absl::OkStatus();
  };
  Dispatch();
  forge.fault = nullptr;
  Want(1, Face());
  Dispatch();
  EXPECT_EQ(Stats().dirty_faces, 1u) << "it may show up yet";
  clock.Advance(absl::Minutes(30));
  Dispatch();
  EXPECT_TRUE(forge.comments().empty());
  EXPECT_TRUE(store.LoadShown(Key(1))->intent.empty());
  EXPECT_EQ(Stats().dirty_faces, 0u);
}

TEST_F(DispatcherTest, TheFaceOfATicketThatIsAwayIsDropped) {
  forge.fault = [](const std::string& call) {
    return call == "create" ? absl::UnavailableError("down") : absl::OkStatus();
  };
  Deliver("d1", MakeEvent(1, kDave, {Opened(kDave, 0)}));
  Work();
  Dispatch();
  EXPECT_EQ(Stats().dirty_faces, 1u);
  forge.fault = nullptr;
  Deliver("d2",
          MakeEvent(1, kDave,
                    {MakeDeleted({Provenance::kWebhook, At(1)}, kAlice, Moment::Unstated())}));
  Work();
  const std::size_t before = forge.mutations();
  clock.Advance(absl::Minutes(30));
  Dispatch();
  EXPECT_EQ(forge.mutations(), before);
  EXPECT_EQ(Stats().dirty_faces, 0u);
  EXPECT_EQ(Stats().dead_faces, 0u);
}

TEST_F(DispatcherTest, TheCommentOfATransferredTicketIsTakenOver) {
  const TicketKey there{"github", "88", TicketKind::kIssue, 4};
  const auto opened = [&](const std::string& id, const Actor& author) {
    Event event = MakeEvent(4, author, {Opened(author, 0)});
    event.project = {"88", "acme/driver", "https://forge/acme/driver", false, "5"};
    Deliver(id, event);
  };
  const auto comments_there = [&] {
    std::vector<std::string> bodies;
    for (const auto& [id, comment] : forge.comments()) {
      if (comment.ticket == there) bodies.push_back(comment.body);
    }
    return bodies;
  };
  const auto transferred = [&](const std::string& id) {
    Deliver(id, MakeEvent(1, kDave,
                          {MakeMoved({Provenance::kWebhook, At(5)}, ToString(there), kAlice,
                                     Moment::Unstated())}));
  };
  Deliver("d1", MakeEvent(1, kDave, {Opened(kDave, 0)}));
  Work();
  Dispatch();
  ASSERT_EQ(forge.comments().size(), 1u);
  forge.CarryComments(Key(1), there);
  transferred("d2");
  opened("d3", kDave);
  clock.Set(At(5));
  Work();
  Dispatch();
  ASSERT_EQ(comments_there().size(), 1u);
  EXPECT_NE(comments_there()[0].find(CommentMarker(there)), std::string::npos);
  EXPECT_EQ(forge.Count("create"), 1u);
}

TEST_F(DispatcherTest, TheCommentOfATransferredTicketGoesWhereThereIsAnotherAlready) {
  const TicketKey there{"github", "88", TicketKind::kIssue, 4};
  Deliver("d1", MakeEvent(1, kDave, {Opened(kDave, 0)}));
  Work();
  Dispatch();
  forge.CarryComments(Key(1), there);
  Event event = MakeEvent(4, kDave, {Opened(kDave, 0)});
  event.project = {"88", "acme/driver", "https://forge/acme/driver", false, "5"};
  Deliver("d2", event);
  clock.Set(At(5));
  Work();
  Dispatch();
  EXPECT_EQ(forge.comments().size(), 2u);
  Deliver("d3", MakeEvent(1, kDave,
                          {MakeMoved({Provenance::kWebhook, At(5)}, ToString(there), kAlice,
                                     Moment::Unstated()),
                           MakeLabelAdded({Provenance::kWebhook, At(1)}, "priority: P1", kAlice,
                                          Moment::At(At(1)))}));
  Work();
  Dispatch();
  ASSERT_EQ(forge.comments().size(), 1u);
  EXPECT_NE(forge.comments().begin()->second.body.find(CommentMarker(there)), std::string::npos);
}

TEST_F(DispatcherTest, RateLimitBetweenCommentAndLabelHeals) {
  Face face = MakeFace("first");
  face.labels = {{"support: gold", "1f6feb", ""}};
  Want(1, face);
  forge.fault = [](const std::string& call) {
    return call == "add_labels"
               ? WithRetryAfter(absl::ResourceExhaustedError("slow down"), absl::Seconds(90))
               : absl::OkStatus();
  };
  Dispatch();
  EXPECT_EQ(forge.comments().size(), 1u);
  EXPECT_TRUE(forge.labels(Key(1)).empty());

  forge.fault = nullptr;
  clock.Advance(absl::Seconds(60));
  Dispatch();  // not before the limit allows it
  EXPECT_TRUE(forge.labels(Key(1)).empty());
  clock.Advance(absl::Seconds(31));
  Dispatch();
  EXPECT_EQ(forge.labels(Key(1)), std::set<std::string>({"support: gold"}));
  EXPECT_EQ(forge.Count("create"), 1u);
  EXPECT_EQ(Stats().dirty_faces, 0u);
}

TEST_F(DispatcherTest, OneMutationAtATimeWithoutLosingItsPlace) {
  forge.clock = &clock;
  forge.spacing = absl::Seconds(1);
  Face face = MakeFace("first");
  face.labels = {{"support: gold", "", ""}};
  face.absent_labels = {"priority: P1", "sla: met"};
  face.assignees = {"alice"};
  Want(1, face);
  int rounds = 0;
  while (Stats().dirty_faces > 0 && rounds < 20) {
    const Dispatcher::Round round = Dispatch();
    EXPECT_LE(round.mutations, 1u);
    if (round.next != absl::InfiniteFuture()) clock.Set(std::max(clock.Now(), round.next));
    ++rounds;
  }
  EXPECT_EQ(forge.mutations(), 5u);
  EXPECT_EQ(forge.assignees(Key(1)), std::set<std::string>({"alice"}));
}

TEST_F(DispatcherTest, DisclosingLessDeletesAndPostsAnew) {
  Want(1, MakeFace("for acme", {"acme"}));
  Dispatch();
  Want(1, MakeFace("neutral"));
  Dispatch();
  ASSERT_EQ(forge.comments().size(), 1u);
  EXPECT_EQ(forge.comments().count("1"), 0u);  // its edit history is deleted with it
  EXPECT_EQ(forge.comments()["2"].edits, 0);
  EXPECT_EQ(forge.Count("update"), 0u);
}

TEST_F(DispatcherTest, NoFaceTakesTheCommentAndOurLabelsDown) {
  Face face = MakeFace("for acme", {"acme"});
  face.labels = {{"support: gold", "", ""}};
  Want(1, face);
  Dispatch();
  Want(1, Face());
  Dispatch();
  EXPECT_TRUE(forge.comments().empty());
  EXPECT_TRUE(forge.labels(Key(1)).empty());
}

TEST_F(DispatcherTest, OnlyNamedLabelsAreTouched) {
  ASSERT_TRUE(forge.AddLabels({Key(1), "acme/opendb", ""}, {"bug", "sla: met"}).ok());
  Face face;
  face.absent_labels = {"sla: met"};
  Want(1, face);
  Dispatch();
  EXPECT_EQ(forge.labels(Key(1)), std::set<std::string>({"bug"}));
}

TEST_F(DispatcherTest, LabelThatPeopleTookOffIsPutOnAgainWhenTheFaceSaysSo) {
  Face face;
  face.labels = {{"support: gold", "", ""}};
  Want(1, face);
  Dispatch();
  ASSERT_TRUE(forge.RemoveLabel({Key(1), "acme/opendb", ""}, "support: gold").ok());
  Want(1, face, /*again=*/true);
  Dispatch();
  EXPECT_EQ(forge.labels(Key(1)), std::set<std::string>({"support: gold"}));
}

TEST_F(DispatcherTest, DeletedByHandStaysDeleted) {
  Want(1, MakeFace("first"));
  Dispatch();
  clock.Advance(absl::Minutes(5));
  forge.DropComment("1");
  Want(1, MakeFace("second"));
  Dispatch();
  EXPECT_TRUE(forge.comments().empty());
  EXPECT_EQ(forge.Count("create"), 1u);
  // The core decides: it knows that the comment is gone.
  bool known = false;
  for (const auto& [id, fact] : Load(1).facts) known |= fact.kind == FactKind::kCommentDeleted;
  EXPECT_TRUE(known);
}

TEST_F(DispatcherTest, FreshCommentThatTheForgeDoesNotKnowYetIsTriedAgain) {
  Want(1, MakeFace("first"));
  Dispatch();
  Want(1, MakeFace("second"));
  bool behind = true;
  forge.fault = [&](const std::string& call) {
    return behind && call == "update" ? absl::NotFoundError("not there") : absl::OkStatus();
  };
  Dispatch();
  behind = false;
  clock.Advance(absl::Minutes(1));
  Dispatch();
  EXPECT_NE(forge.comments()["1"].body.find("second"), std::string::npos);
}

TEST_F(DispatcherTest, RefusalIsBuriedAfterABoundAndShown) {
  Want(1, MakeFace("first"));
  forge.fault = [](const std::string& call) {
    return call == "create" ? absl::PermissionDeniedError("needs Issues: write") : absl::OkStatus();
  };
  for (int i = 0; i < 20; ++i) {
    Dispatch();
    clock.Advance(absl::Hours(1));
  }
  EXPECT_EQ(forge.Count("create"), static_cast<std::size_t>(Dispatcher::kMaxAttempts));
  EXPECT_EQ(Stats().dead_faces, 1u);
  EXPECT_EQ(metrics.Value("retainer_dead_faces_total"), 1);
}

TEST_F(DispatcherTest, UnreachableForgeIsTriedWithoutEnd) {
  Want(1, MakeFace("first"));
  forge.fault = [](const std::string&) { return absl::UnavailableError("no route"); };
  for (int i = 0; i < 30; ++i) {
    Dispatch();
    clock.Advance(absl::Hours(1));
  }
  EXPECT_EQ(Stats().dead_faces, 0u);
  forge.fault = nullptr;
  Dispatch();
  EXPECT_EQ(forge.comments().size(), 1u);
}

TEST_F(DispatcherTest, OneTicketsTroubleDoesNotHoldUpAnother) {
  Want(1, MakeFace("first"));
  Want(2, MakeFace("first"));
  int creates = 0;
  forge.fault = [&](const std::string& call) {
    return call == "create" && ++creates == 1 ? absl::InvalidArgumentError("no") : absl::OkStatus();
  };
  Dispatch();
  EXPECT_EQ(forge.comments().size(), 1u);
}

TEST_F(DispatcherTest, LoopBreakerHoldsBackEndlessEdits) {
  for (int i = 0; i < 3 * Dispatcher::kMaxEdits; ++i) {
    Want(1, MakeFace(absl::StrCat("version ", i)));
    Dispatch();
  }
  EXPECT_EQ(forge.mutations(), static_cast<std::size_t>(Dispatcher::kMaxEdits));
  clock.Advance(Dispatcher::kEditWindow);
  Dispatch();
  EXPECT_EQ(Stats().dirty_faces, 0u);
}

TEST_F(DispatcherTest, ObserveWritesNothing) {
  MakeDispatcher(true);
  Face face = MakeFace("first");
  face.labels = {{"support: gold", "", ""}};
  Want(1, face);
  Dispatch();
  EXPECT_EQ(forge.mutations(), 0u);
  EXPECT_EQ(Stats().dirty_faces, 0u);
}

}  // namespace
}  // namespace retainer::pipeline
