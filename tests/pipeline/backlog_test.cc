// Faces that wait for their turn: observed faces, and faces of old events.
#include <algorithm>

#include "tests/pipeline/world.h"

namespace retainer::pipeline {
namespace {

class Backlog : public World {
 protected:
  void Open(std::int64_t number) {
    Deliver(absl::StrCat("opened ", number), MakeEvent(number, kDave, {Opened(kDave, 0)}));
    Work();
  }
};

TEST_F(Backlog, WhatWasObservedIsShownAtASteadyPace) {
  MakeDispatcher(true);
  constexpr int kTickets = 30;
  for (int i = 1; i <= kTickets; ++i) Open(i);
  Dispatch();
  EXPECT_EQ(forge.mutations(), 0u);
  EXPECT_EQ(Stats().dirty_faces, 0u);
  EXPECT_EQ(Stats().backlog_faces, static_cast<std::uint64_t>(kTickets));

  MakeDispatcher(false);
  Dispatch();
  EXPECT_EQ(forge.comments().size(), 1u) << "no burst";
  for (int second = 0; second < 60; ++second) {
    clock.Advance(absl::Seconds(1));
    Dispatch();
  }
  EXPECT_EQ(forge.comments().size(), 7u) << "six a minute";
  while (Stats().backlog_faces + Stats().dirty_faces > 0) {
    clock.Advance(absl::Seconds(1));
    Dispatch();
    ASSERT_LT(clock.Now(), At(10));
  }
  EXPECT_EQ(forge.comments().size(), static_cast<std::size_t>(kTickets));
}

TEST_F(Backlog, WhatHappensOnATicketBringsItsFaceAtOnce) {
  MakeDispatcher(true);
  for (int i = 1; i <= 20; ++i) Open(i);
  Dispatch();
  MakeDispatcher(false);
  Dispatch();
  ASSERT_EQ(forge.comments().size(), 1u);
  clock.Set(At(1));
  // A stranger's comment, which does not change the face.
  Deliver("word", MakeEvent(20, kDave, {Commented(kErin, 1, "900", "Me too.")}));
  Work();
  Dispatch();
  bool shown = false;
  for (const auto& [id, comment] : forge.comments()) shown |= comment.ticket == Key(20);
  EXPECT_TRUE(shown);
}

TEST_F(Backlog, JudgingAgainBringsNothingForward) {
  MakeDispatcher(true);
  for (int i = 1; i <= 20; ++i) Open(i);
  Dispatch();
  MakeDispatcher(false);
  for (int i = 1; i <= 20; ++i) ASSERT_TRUE(judge->Decide(Key(i), {}).ok());
  clock.Set(At(150));  // the promises are at risk now: other faces
  for (int i = 1; i <= 20; ++i) ASSERT_TRUE(judge->Decide(Key(i), {}).ok());
  EXPECT_EQ(Stats().backlog_faces, 20u);
  Dispatch();
  EXPECT_EQ(forge.comments().size(), 1u);
}

TEST_F(Backlog, OldNewsIsShownAtThePaceOfTheBacklog) {
  for (int i = 1; i <= 10; ++i) {
    News news;
    news.facts = {Opened(kDave, 0)};
    news.project = ProjectRecord{{"github", "77"}, "acme/opendb", "", false, "5", At(-60)};
    news.backlog = true;
    ASSERT_TRUE(judge->Decide(Key(i), news).ok());
  }
  Dispatch();
  EXPECT_EQ(forge.comments().size(), 1u);
  EXPECT_EQ(Stats().backlog_faces, 9u);
}

TEST_F(Backlog, ObservingSaysOnceWhatWouldStandThere) {
  MakeDispatcher(true);
  Face face = MakeFace("first reply by noon");
  face.labels = {{"support: gold", "1f6feb", ""}};
  face.assignees = {"alice"};
  Want(1, face);
  Dispatch();
  ASSERT_EQ(log.Count("would show"), 1u);
  const auto lines = log.lines();
  const auto line = std::find_if(lines.begin(), lines.end(), [](const std::string& one) {
    return one.starts_with("would show");
  });
  for (const char* said : {"first reply by noon", "labels=support: gold", "assignees=alice"}) {
    EXPECT_NE(line->find(said), std::string::npos) << *line;
  }
  Want(1, face, /*again=*/true);
  Dispatch();
  EXPECT_EQ(log.Count("would show"), 1u);
}

}  // namespace
}  // namespace retainer::pipeline
