// The store's contract for faces: desired, shown, waiting, and given up.
#pragma once

#include "tests/contract/store_contract.h"

namespace retainer {

TEST_P(StoreContract, FaceIsDirtyUntilReached) {
  DecisionWrite write = SampleWrite(SampleTicket(1), 0);
  write.face = SampleFace("first reply by");
  ASSERT_TRUE(store_.Commit(write).ok());
  auto dirty = store_.ReadDirtyFaces("github", At(11), 10);
  ASSERT_EQ(dirty->size(), 1u);
  EXPECT_EQ((*dirty)[0].ticket, SampleTicket(1));
  EXPECT_EQ((*dirty)[0].face, *write.face);
  EXPECT_EQ((*dirty)[0].since, At(10));
  EXPECT_EQ((*dirty)[0].rank, 1);
  EXPECT_EQ(store_.Stats()->dirty_faces, 1u);
  EXPECT_EQ(store_.Stats()->oldest_dirty, At(10));

  ShownFace shown;
  shown.comment_id = "17";
  shown.comment_digest = "d";
  shown.discloses = {"acme"};
  shown.intent = "m";
  shown.intent_at = At(3);
  shown.labels = {"support: gold"};
  shown.face_digest = "f";
  shown.attempts = 2;
  ASSERT_TRUE(store_.FinishFace(SampleTicket(1), (*dirty)[0].generation, shown).ok());
  EXPECT_TRUE(store_.ReadDirtyFaces("github", At(11), 10)->empty());
  EXPECT_EQ(*store_.LoadShown(SampleTicket(1)), shown);
  EXPECT_EQ(store_.Stats()->dirty_faces, 0u);

  // The same desired face again changes nothing, unless a person changed the forge.
  write.record.version = 1;
  ASSERT_TRUE(store_.Commit(write).ok());
  EXPECT_TRUE(store_.ReadDirtyFaces("github", At(11), 10)->empty());
  write.record.version = 2;
  write.face_again = true;
  ASSERT_TRUE(store_.Commit(write).ok());
  EXPECT_EQ(store_.ReadDirtyFaces("github", At(11), 10)->size(), 1u);
}

TEST_P(StoreContract, FirstFaceWithoutAnythingIsReachedAlready) {
  DecisionWrite write = SampleWrite(SampleTicket(1), 0);
  write.face = Face();
  ASSERT_TRUE(store_.Commit(write).ok());
  EXPECT_TRUE(store_.ReadDirtyFaces("github", At(11), 10)->empty());
}

TEST_P(StoreContract, NewerFaceStaysDirtyWhenTheOlderIsReached) {
  DecisionWrite write = SampleWrite(SampleTicket(1), 0);
  write.face = SampleFace("one");
  ASSERT_TRUE(store_.Commit(write).ok());
  const std::uint64_t first = store_.ReadDirtyFaces("github", At(11), 10)->at(0).generation;
  write.record.version = 1;
  write.face = SampleFace("two");
  write.ledger.at = At(12);
  ASSERT_TRUE(store_.Commit(write).ok());
  ShownFace shown;
  shown.comment_id = "17";
  ASSERT_TRUE(store_.FinishFace(SampleTicket(1), first, shown).ok());
  const auto dirty = store_.ReadDirtyFaces("github", At(20), 10);
  ASSERT_EQ(dirty->size(), 1u);
  EXPECT_GT((*dirty)[0].generation, first);
  EXPECT_EQ((*dirty)[0].face, *write.face);
  EXPECT_EQ((*dirty)[0].since, At(10));
  EXPECT_EQ(store_.LoadShown(SampleTicket(1))->comment_id, "17");
  ASSERT_TRUE(store_.BuryFace(SampleTicket(1), first, "old", At(13)).ok());
  EXPECT_EQ(store_.ReadDirtyFaces("github", At(20), 10)->size(), 1u);
  EXPECT_TRUE(store_.ListDeadFaces(10)->empty());
}

TEST_P(StoreContract, DirtyFacesComeByRankThenAge) {
  CommitFace(1, 1, 1);
  CommitFace(2, 0, 3);
  CommitFace(3, 0, 2);
  CommitFace(4, 1, 0);
  std::vector<std::int64_t> order;
  const auto dirty = store_.ReadDirtyFaces("github", At(9), 3);
  for (const DirtyFace& face : *dirty) order.push_back(face.ticket.number);
  EXPECT_EQ(order, (std::vector<std::int64_t>{3, 2, 4}));
  EXPECT_EQ(store_.Stats()->oldest_dirty, At(0));
}

TEST_P(StoreContract, PostponedFaceWaits) {
  DecisionWrite write = SampleWrite(SampleTicket(1), 0);
  write.face = SampleFace("x");
  ASSERT_TRUE(store_.Commit(write).ok());
  const std::uint64_t generation = store_.ReadDirtyFaces("github", At(11), 10)->at(0).generation;
  ShownFace shown;
  shown.attempts = 1;
  ASSERT_TRUE(store_.PostponeFace(SampleTicket(1), generation, At(60), shown).ok());
  EXPECT_TRUE(store_.ReadDirtyFaces("github", At(59), 10)->empty());
  ASSERT_EQ(store_.ReadDirtyFaces("github", At(60), 10)->size(), 1u);
  EXPECT_EQ(store_.ReadDirtyFaces("github", At(60), 10)->at(0).not_before, At(60));
  EXPECT_EQ(store_.LoadShown(SampleTicket(1))->attempts, 1);
  EXPECT_EQ(store_.Stats()->dirty_faces, 1u);
}

TEST_P(StoreContract, FacePutOffFurtherThanAnyWaitIsDue) {
  CommitFace(1, 1, 1);
  CommitFace(2, 1, 2);
  const absl::Time longest = At(60) + kLongestFaceWait;
  ASSERT_TRUE(store_.PostponeFace(SampleTicket(1), 1, longest, ShownFace()).ok());
  EXPECT_EQ(store_.ReadDirtyFaces("github", At(60), 10)->size(), 1u);
  EXPECT_EQ(store_.ReadDirtyFaces("github", At(59), 10)->size(), 2u) << "the clock was set back";
}

TEST_P(StoreContract, BacklogIsTakenFromTheOldestOn) {
  for (int i = 1; i <= 4; ++i) CommitFace(i, 1, 5 - i);
  DecisionWrite write = SampleWrite(SampleTicket(9), 0);
  write.face = SampleFace("x");
  write.face_turn = FaceTurn::kBacklog;
  ASSERT_TRUE(store_.Commit(write).ok());
  for (int i = 1; i <= 3; ++i) ASSERT_TRUE(store_.PutIntoBacklog(SampleTicket(i), 1).ok());
  ASSERT_TRUE(store_.PutIntoBacklog(SampleTicket(4), 7).ok()) << "another generation";
  EXPECT_EQ(store_.Stats()->backlog_faces, 4u);
  EXPECT_EQ(store_.Stats()->dirty_faces, 1u);
  EXPECT_EQ(*store_.TakeFromBacklog("gitlab", 10, At(20)), 0u);
  EXPECT_EQ(*store_.TakeFromBacklog("github", 2, At(20)), 2u);
  std::vector<std::int64_t> dirty;
  const auto faces = store_.ReadDirtyFaces("github", At(20), 10);
  for (const DirtyFace& face : *faces) dirty.push_back(face.ticket.number);
  EXPECT_EQ(dirty, (std::vector<std::int64_t>{4, 2, 3}));
  EXPECT_EQ(faces->at(1).since, At(20)) << "it waits from now on";
  EXPECT_EQ(store_.Stats()->backlog_faces, 2u);
}

TEST_P(StoreContract, WhatHappensBringsAFaceOutOfTheBacklogAndTimeAloneDoesNot) {
  DecisionWrite write = SampleWrite(SampleTicket(1), 0);
  write.face = SampleFace("one");
  write.face_turn = FaceTurn::kBacklog;
  ASSERT_TRUE(store_.Commit(write).ok());
  write.record.version = 1;
  write.face = SampleFace("two");
  write.face_turn = FaceTurn::kKeep;
  ASSERT_TRUE(store_.Commit(write).ok());
  EXPECT_EQ(store_.Stats()->backlog_faces, 1u);
  write.record.version = 2;
  write.face_turn = FaceTurn::kNow;  // the same face
  ASSERT_TRUE(store_.Commit(write).ok());
  EXPECT_EQ(store_.Stats()->backlog_faces, 0u);
  ASSERT_EQ(store_.ReadDirtyFaces("github", At(20), 10)->size(), 1u);
  EXPECT_EQ(store_.ReadDirtyFaces("github", At(20), 10)->at(0).face, *write.face);
  write.record.version = 3;
  write.face = SampleFace("three");
  write.face_turn = FaceTurn::kBacklog;
  ASSERT_TRUE(store_.Commit(write).ok());
  EXPECT_EQ(store_.Stats()->dirty_faces, 1u) << "what is dirty stays so";
}

TEST_P(StoreContract, RefusedLabelsAreListedUntilTheyAreForgotten) {
  CommitFace(1, 1, 1);
  ShownFace shown;
  shown.refused_labels = {{"support: long", "name is too long", At(3)}};
  shown.unsure_labels = {"sla: met"};
  shown.assignees = {"alice"};
  shown.unsure_assignees = {"bob"};
  shown.deleted_comment = "9";
  shown.check_intent = "c0ffee";
  shown.check_intent_at = At(4);
  ASSERT_TRUE(store_.FinishFace(SampleTicket(1), 1, shown).ok());
  EXPECT_EQ(*store_.LoadShown(SampleTicket(1)), shown);
  ASSERT_EQ(store_.ListRefusedLabels(10)->size(), 1u);
  EXPECT_EQ(store_.ListRefusedLabels(10)->at(0).labels, shown.refused_labels);
  ASSERT_TRUE(store_.ReviveFace(SampleTicket(1), At(9)).ok());
  EXPECT_TRUE(store_.ListRefusedLabels(10)->empty());
  EXPECT_EQ(store_.ReadDirtyFaces("github", At(20), 10)->size(), 1u);
  EXPECT_TRUE(absl::IsNotFound(store_.ReviveFace(SampleTicket(1), At(9))));
}

TEST_P(StoreContract, FaceThatIsLookedAtSaysSo) {
  DecisionWrite write = SampleWrite(SampleTicket(1), 0);
  write.face = SampleFace("x");
  ASSERT_TRUE(store_.Commit(write).ok());
  ASSERT_TRUE(store_.FinishFace(SampleTicket(1), 1, ShownFace()).ok());
  write.record.version = 1;
  write.face_look = true;
  ASSERT_TRUE(store_.Commit(write).ok());
  EXPECT_TRUE(store_.ReadDirtyFaces("github", At(20), 10)->at(0).look);
  write.record.version = 2;
  write.face_again = true;
  ASSERT_TRUE(store_.Commit(write).ok());
  EXPECT_FALSE(store_.ReadDirtyFaces("github", At(20), 10)->at(0).look) << "a person's hand";
}

TEST_P(StoreContract, PostponedFacesComeAmongTheOthersByRankThenAge) {
  CommitFace(1, 0, 1);
  CommitFace(2, 1, 2);
  CommitFace(3, 1, 3);
  CommitFace(4, 0, 4);
  ASSERT_TRUE(store_.PostponeFace(SampleTicket(1), 1, At(60), ShownFace()).ok());
  ASSERT_TRUE(store_.PostponeFace(SampleTicket(2), 1, At(30), ShownFace()).ok());
  const auto order = [&](int at, std::size_t limit) {
    std::vector<std::int64_t> numbers;
    const auto dirty = store_.ReadDirtyFaces("github", At(at), limit);
    for (const DirtyFace& face : *dirty) numbers.push_back(face.ticket.number);
    return numbers;
  };
  EXPECT_EQ(order(29, 10), (std::vector<std::int64_t>{4, 3}));
  EXPECT_EQ(order(30, 10), (std::vector<std::int64_t>{4, 2, 3}));
  EXPECT_EQ(order(60, 10), (std::vector<std::int64_t>{1, 4, 2, 3}));
  EXPECT_EQ(order(60, 3), (std::vector<std::int64_t>{1, 4, 2}));
  EXPECT_TRUE(order(60, 0).empty());
  EXPECT_EQ(store_.Stats()->oldest_dirty, At(1)) << "postponing makes nothing younger";
  ASSERT_TRUE(store_.FinishFace(SampleTicket(1), 1, ShownFace()).ok());
  EXPECT_EQ(order(60, 10), (std::vector<std::int64_t>{4, 2, 3}));
  EXPECT_EQ(store_.Stats()->oldest_dirty, At(2));
}

TEST_P(StoreContract, DirtyFacesAreOneForgesOnly) {
  // One name is a prefix of the other.
  for (const std::string forge : {"github", "github-two"}) {
    DecisionWrite write = SampleWrite(SampleTicket(1), 0);
    write.record.key.forge = forge;
    write.face = SampleFace("x");
    ASSERT_TRUE(store_.Commit(write).ok());
  }
  for (const std::string forge : {"github", "github-two"}) {
    const auto dirty = store_.ReadDirtyFaces(forge, At(11), 10);
    ASSERT_EQ(dirty->size(), 1u);
    EXPECT_EQ((*dirty)[0].ticket.forge, forge);
  }
  EXPECT_TRUE(store_.ReadDirtyFaces("gitlab", At(11), 10)->empty());
  EXPECT_EQ(store_.Stats()->dirty_faces, 2u);
}

TEST_P(StoreContract, BuriedFaceIsListedUntilANewOneComes) {
  DecisionWrite write = SampleWrite(SampleTicket(1), 0);
  write.face = SampleFace("x");
  ASSERT_TRUE(store_.Commit(write).ok());
  const std::uint64_t generation = store_.ReadDirtyFaces("github", At(11), 10)->at(0).generation;
  ASSERT_TRUE(store_.BuryFace(SampleTicket(1), generation, "refused", At(70)).ok());
  EXPECT_TRUE(store_.ReadDirtyFaces("github", At(99), 10)->empty());
  const auto dead = store_.ListDeadFaces(10);
  ASSERT_EQ(dead->size(), 1u);
  EXPECT_EQ((*dead)[0].ticket, SampleTicket(1));
  EXPECT_EQ((*dead)[0].reason, "refused");
  EXPECT_EQ((*dead)[0].at, At(70));
  EXPECT_EQ(store_.Stats()->dead_faces, 1u);
  EXPECT_EQ(store_.Stats()->oldest_dead_face, At(70));
  DecisionWrite other = SampleWrite(SampleTicket(2), 0);
  other.face = SampleFace("x");
  ASSERT_TRUE(store_.Commit(other).ok());
  const std::uint64_t others = store_.ReadDirtyFaces("github", At(11), 10)->at(0).generation;
  ASSERT_TRUE(store_.BuryFace(SampleTicket(2), others, "refused", At(60)).ok());
  EXPECT_EQ(store_.Stats()->oldest_dead_face, At(60)) << "by when it was given up, not by ticket";
  ASSERT_TRUE(store_.ReviveFace(SampleTicket(2), At(80)).ok());
  EXPECT_EQ(store_.Stats()->oldest_dead_face, At(70));

  write.record.version = 1;
  write.face = SampleFace("y");
  ASSERT_TRUE(store_.Commit(write).ok());
  EXPECT_TRUE(store_.ListDeadFaces(10)->empty());
  EXPECT_EQ(store_.ReadDirtyFaces("github", At(99), 10)->size(), 2u);
  EXPECT_EQ(store_.Stats()->dead_faces, 0u);
  EXPECT_EQ(store_.Stats()->oldest_dead_face, std::nullopt);
}

TEST_P(StoreContract, RevivedFaceIsTriedAnew) {
  EXPECT_TRUE(absl::IsNotFound(store_.ReviveFace(SampleTicket(1), At(1))));
  DecisionWrite write = SampleWrite(SampleTicket(1), 0);
  write.face = SampleFace("x");
  ASSERT_TRUE(store_.Commit(write).ok());
  EXPECT_TRUE(absl::IsNotFound(store_.ReviveFace(SampleTicket(1), At(1)))) << "it is not dead";
  const std::uint64_t generation = store_.ReadDirtyFaces("github", At(11), 10)->at(0).generation;
  ShownFace shown;
  shown.comment_id = "17";
  shown.attempts = 8;
  ASSERT_TRUE(store_.SaveShown(SampleTicket(1), shown, {}).ok());
  ASSERT_TRUE(store_.BuryFace(SampleTicket(1), generation, "refused", At(70)).ok());
  ASSERT_TRUE(store_.ReviveFace(SampleTicket(1), At(80)).ok());
  EXPECT_TRUE(store_.ListDeadFaces(10)->empty());
  EXPECT_EQ(store_.Stats()->dead_faces, 0u);
  const auto dirty = store_.ReadDirtyFaces("github", At(80), 10);
  ASSERT_EQ(dirty->size(), 1u);
  EXPECT_EQ((*dirty)[0].face, SampleFace("x"));
  EXPECT_EQ((*dirty)[0].since, At(80));
  EXPECT_EQ(store_.LoadShown(SampleTicket(1))->attempts, 0);
  EXPECT_EQ(store_.LoadShown(SampleTicket(1))->comment_id, "17");
}

TEST_P(StoreContract, FaceOfNoTicketIsNotFound) {
  EXPECT_TRUE(absl::IsNotFound(store_.FinishFace(SampleTicket(1), 1, {})));
  EXPECT_TRUE(absl::IsNotFound(store_.PostponeFace(SampleTicket(1), 1, At(1), {})));
  EXPECT_TRUE(absl::IsNotFound(store_.BuryFace(SampleTicket(1), 1, "x", At(1))));
  EXPECT_EQ(*store_.LoadShown(SampleTicket(1)), ShownFace());
}

TEST_P(StoreContract, FactsOfWhatIsShownJoinTheTicket) {
  ASSERT_TRUE(store_.Commit(SampleWrite(SampleTicket(1), 0)).ok());
  Fact own = SampleFact("comment/17");
  ShownFace shown;
  shown.comment_id = "17";
  ASSERT_TRUE(store_.SaveShown(SampleTicket(1), shown, {own}).ok());
  EXPECT_EQ(Version(SampleTicket(1)), 2u);
  EXPECT_EQ(*store_.LoadTicket(SampleTicket(1))->facts.Find(own.id), own);
  EXPECT_EQ(store_.LoadTicket(SampleTicket(1))->record.title, "It crashes");
  // Nothing changed: no new version.
  ASSERT_TRUE(store_.SaveShown(SampleTicket(1), shown, {own}).ok());
  own.revision = 1;
  ASSERT_TRUE(store_.SaveShown(SampleTicket(1), shown, {own}).ok());
  EXPECT_EQ(Version(SampleTicket(1)), 2u);
  EXPECT_EQ(store_.LoadTicket(SampleTicket(1))->facts.Find(own.id)->revision, 3u);
}

}  // namespace retainer
