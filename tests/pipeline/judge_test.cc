// The judge decides and waits for nobody: stores that lose races, forges that stall, terms that
// change in between, crashes between a decision and its answers.
#include <future>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "retainer/change.h"
#include "tests/pipeline/world.h"

namespace retainer::pipeline {
namespace {

class JudgeTest : public World {
 protected:
  JudgeTest() { forge.SetUser("dave", kDave.id); }
  // Nobody asks before the test says so.
  void AskLater() { house->at_once = false; }
  void AskNow() {
    house->at_once = true;
    house->Ask("github");
  }
  News Opening(const Actor& author = kDave) {
    News news{{Opened(author, 0)}, {}, {}, {}};
    news.project = ProjectRecord{{"github", "77"}, "acme/opendb", "", false, "5", At(0)};
    return news;
  }
  News Comment(const Actor& author, int minute, const std::string& id, const std::string& text) {
    return {{Commented(author, minute, id, text)}, {}, {}, {}};
  }
  void Decide(std::int64_t number, const News& news) {
    const auto judged = judge->Decide(Key(number), news);
    ASSERT_TRUE(judged.ok()) << judged.status();
  }
  void Decide(const TicketKey& key, const News& news) {
    const auto judged = judge->Decide(key, news);
    ASSERT_TRUE(judged.ok()) << judged.status();
  }
};

// ---- Races

TEST_F(JudgeTest, WhoLosesARaceDecidesAgainOnWhatTheOtherWrote) {
  Decide(1, Opening());
  clock.Set(At(10));
  for (int i = 0; i < 3; ++i) {
    // The other one is quicker each time the same news is tried.
    const int base = 10 * (i + 1);
    int left = 3;
    std::function<void()> other = [&] {
      Decide(1, Comment(kDave, 5, absl::StrCat(base + left), "And one thing more."));
      if (--left > 0) store.before_commit = other;
    };
    store.before_commit = other;
    Decide(1, Comment(kAlice, 9, absl::StrCat(base), "We look into it."));
    for (int k = 0; k <= 3; ++k) {
      EXPECT_NE(Load(1).facts.Find(
                    MakeFactId(FactKind::kComment, IssueCommentId(absl::StrCat(base + k)), "")),
                nullptr)
          << base + k;
    }
  }
  EXPECT_GE(metrics.Value("retainer_commit_races_total"), 9);
  EXPECT_EQ(Load(1).record.clock_states["acme first_response"], "met");
}

TEST_F(JudgeTest, ATicketThatChangesFasterThanItCanBeDecidedIsGivenUpForNow) {
  Decide(1, Opening());
  int commits = 0;
  std::function<void()> other = [&] {
    Decide(1, Comment(kDave, 5, absl::StrCat(100 + ++commits), "And one thing more."));
    store.before_commit = other;
  };
  store.before_commit = other;
  const auto judged = judge->Decide(Key(1), Comment(kAlice, 9, "9", "We look into it."));
  store.before_commit = nullptr;
  EXPECT_TRUE(absl::IsAborted(judged.status())) << judged.status();
  EXPECT_EQ(commits, Judge::kMaxRaces);
  EXPECT_EQ(Load(1).facts.Find(MakeFactId(FactKind::kComment, IssueCommentId("9"), "")), nullptr);
}

TEST_F(JudgeTest, AChangeIsDecidedByWhatItsTicketPromisesInTheEnd) {
  Decide(1, Opening());
  clock.Set(At(10));
  const TicketKey change{"github", "77", TicketKind::kChange, 2};
  const std::string head(40, '1');
  News seen{{Opened(kErin, 0),
             MakeChangeSeen({Provenance::kWebhook, At(1)},
                            {ChangeState::kOpen, "main", head, "", {"#1"}}, Moment::At(At(1)))},
            {},
            {},
            {}};
  // The ticket is answered when the change has been drafted, and does not know of it yet.
  store.before_commit = [&] { Decide(1, Comment(kAlice, 9, "9", "We look into it.")); };
  Decide(change, seen);
  const auto faces = store.ReadDirtyFaces("github", At(10), 10);
  bool found = false;
  for (const DirtyFace& face : *faces) {
    if (face.ticket != change || !face.face.check) continue;
    found = true;
    ASSERT_EQ(face.face.check->rows.size(), 1u);
    EXPECT_EQ(face.face.check->rows[0].state, "met");
  }
  EXPECT_TRUE(found);
}

// ---- One snapshot of the terms

TEST_F(JudgeTest, ADecisionGoesByTheTermsItBeganWith) {
  clock.Set(At(60));
  Policy elsewhere = MakePolicy();
  elsewhere.projects = {{"github", "other/*"}};
  terms.Set({MakeTerms("early", At(-60 * 24), MakePolicy())});
  Decide(2, Opening());  // who we are is known from here on
  store.before_load = [&] {
    terms.Set(
        {MakeTerms("none", At(-60 * 24), elsewhere), MakeTerms("late", At(30), MakePolicy())});
  };
  Decide(1, Opening());
  EXPECT_EQ(Load(1).record.terms_id, "early");
  EXPECT_EQ(Load(1).record.next_due, At(4 * 60)) << "counted from the opening";
  Decide(1, {});
  EXPECT_EQ(Load(1).record.terms_id, "late");
  EXPECT_GT(Load(1).record.next_due, At(4 * 60)) << "counted from the adoption";
}

TEST_F(JudgeTest, WhoDecidesAgainGoesByTheTermsOfThen) {
  Policy late = MakePolicy();
  late.since = At(100);
  Decide(1, Opening());
  store.before_commit = [&] {
    terms.Set({MakeTerms("late", At(-60 * 24), late)});
    Decide(1, Comment(kDave, 1, "5", "And one thing more."));
  };
  Decide(1, Comment(kDave, 2, "6", "And another."));
  EXPECT_EQ(Load(1).record.terms_id, "late");
  EXPECT_GT(Load(1).record.next_due, At(4 * 60));
}

// ---- Questions

TEST_F(JudgeTest, ADecisionAsksNoForgeAndKeepsItsQuestions) {
  AskLater();
  Decide(1, Opening());
  Decide(1, Comment(kErin, 1, "5", "Does it help to turn it off?"));
  EXPECT_TRUE(forge.calls().empty()) << forge.calls()[0];
  const OpenQuestions asks = Load(1).record.asks;
  EXPECT_TRUE(asks.ask_everybody);
  EXPECT_TRUE(asks.held);
  EXPECT_EQ(asks.everybody.size(), 2u) << "whose `dave` is, and what erin may do";
  EXPECT_EQ(Stats().dirty_faces, 0u);
  EXPECT_EQ(store.FindAsks("github", std::nullopt, 10)->size(), 1u);
  AskNow();
  EXPECT_EQ(Load(1).record.asks, OpenQuestions());
  EXPECT_EQ(*store.LoadPins()->Find({"github", "dave"}), kDave.id);
  EXPECT_EQ(Stats().dirty_faces, 1u);
  EXPECT_TRUE(store.FindAsks("github", std::nullopt, 10)->empty());
}

TEST_F(JudgeTest, AfterACrashTheQuestionsAreAskedAndTheFaceIsTheSame) {
  AskLater();
  Decide(1, Opening());
  Decide(1, Comment(kErin, 1, "5", "Does it help to turn it off?"));
  MakeJudge();  // another process, with the same store
  EXPECT_FALSE(house->queue.busy());
  ASSERT_TRUE(house->asker.Refill("github").ok());
  EXPECT_EQ(Load(1).record.asks, OpenQuestions());
  MakeDispatcher(false);
  Dispatch();
  Dispatch();
  EXPECT_EQ(forge.comments().size(), 1u);
  EXPECT_EQ(forge.Count("create"), 1u);
  EXPECT_EQ(forge.Count("update"), 0u);
}

TEST_F(JudgeTest, WhereTheQueueIsLostTheWakeUpAsks) {
  AskLater();
  Decide(1, Opening());
  MakeJudge();
  ASSERT_LE(*Load(1).record.wake_at, clock.Now() + Tries::kQueued);
  clock.Set(*Load(1).record.wake_at);
  timers = std::make_unique<Timers>(*judge, store, clock, log, metrics, terms);
  ASSERT_TRUE(timers->RunDue().ok());
  EXPECT_EQ(Load(1).record.asks, OpenQuestions());
  EXPECT_EQ(Stats().dirty_faces, 1u);
}

TEST_F(JudgeTest, NothingIsShownThatTheAnswerTakesBack) {
  Decide(2, Opening(kErin));
  Decide(1, Opening());
  Dispatch();
  const std::size_t edits = forge.Count("update");
  AskLater();
  forge.SetProject("acme/opendb", "77");
  clock.Set(At(10));
  Decide(1, Comment(kAlice, 10, "5", "We know that one.\n/duplicate #99"));
  Dispatch();
  EXPECT_EQ(forge.Count("update"), edits) << "which ticket that is, the forge says first";
  AskNow();
  Dispatch();
  EXPECT_EQ(forge.Count("update"), edits + 1);
}

TEST_F(JudgeTest, WhatIsHeldIsNotForgotten) {
  Decide(1, Opening());
  ASSERT_EQ(Stats().dirty_faces, 1u);
  Dispatch();
  ASSERT_EQ(Stats().dirty_faces, 0u);
  AskLater();
  // A comment of our account that is not on record, in news that brings up a question.
  News news = Comment(forge.self, 1, "77", "Our words.");
  news.facts.push_back(Commented(kErin, 1, "78", "Does it help to turn it off?"));
  news.backlog = true;
  Decide(1, news);
  ASSERT_TRUE(Load(1).record.asks.held);
  EXPECT_EQ(Load(1).record.asks.turn, FaceTurn::kBacklog);
  EXPECT_EQ(Load(1).record.asks.joined.size(), 2u);
  EXPECT_EQ(Stats().dirty_faces + Stats().backlog_faces, 0u);
  AskNow();
  EXPECT_EQ(Stats().dirty_faces + Stats().backlog_faces, 1u) << "the dispatcher looks what it is";
}

TEST_F(JudgeTest, ALoginOfThePolicyIsAskedForOnceAndBelievedNowhereBefore) {
  AskLater();
  const Actor impostor{"666", "dave", false};
  forge.SetUser("dave", kDave.id);
  Decide(1, Opening(impostor));
  Decide(2, Opening(kDave));
  EXPECT_TRUE(Load(1).record.customers.empty());
  EXPECT_TRUE(Load(2).record.customers.empty());
  AskNow();
  EXPECT_EQ(forge.Count("find_user"), 1u);
  EXPECT_TRUE(Load(1).record.customers.empty());
  EXPECT_EQ(Load(2).record.customers, std::vector<std::string>{"acme"});
}

TEST_F(JudgeTest, AForgeThatFailsIsAskedOnceAndTheTicketIsDecidedAllTheSame) {
  forge.fault = [](const std::string& call) {
    return call == "permission" ? absl::PermissionDeniedError("no") : absl::OkStatus();
  };
  Decide(1, Opening());
  Decide(1, Comment(kErin, 1, "5", "Does it help to turn it off?"));
  EXPECT_EQ(forge.Count("permission"), 1u);
  EXPECT_FALSE(Load(1).record.asks.held);
  EXPECT_FALSE(Load(1).record.asks.ask_everybody);
  EXPECT_EQ(Load(1).record.asks.everybody.size(), 1u);
  EXPECT_EQ(Stats().dirty_faces, 1u);
}

// ---- Forges that stall

// A call of a forge that is answered when the test says so.
class Stall {
 public:
  explicit Stall(FakeForge* forge) {
    forge->fault = [this](const std::string&) {
      if (!std::exchange(begun_, true)) begins_.set_value();
      ends_.get_future().wait();
      return absl::UnavailableError("timed out");
    };
  }
  void WaitUntilBegun() { begins_.get_future().wait(); }
  void End() { ends_.set_value(); }

 private:
  bool begun_ = false;
  std::promise<void> begins_;
  std::promise<void> ends_;
};

TEST_F(JudgeTest, WhileAForgeStallsTimersAndNewsGoOn) {
  FakeForge other("gitlab");
  const ForgeSlot second{"gitlab", ForgeKind::kGitLab, &other};
  house = std::make_unique<AskedAtOnce>(store, clock, log, metrics, terms,
                                        std::vector<ForgeSlot>{slot, second});
  judge = &house->judge;
  timers = std::make_unique<Timers>(*judge, store, clock, log, metrics, terms);
  Policy policy = MakePolicy();
  policy.projects.push_back({"gitlab", "acme/*"});
  policy.customers[0].contacts.logins.push_back({"gitlab", "dave"});
  terms.Set({MakeTerms("v1", At(-60 * 24), policy)});
  const TicketKey there{"gitlab", "88", TicketKind::kIssue, 1};
  News opening = Opening();
  opening.project->key = {"gitlab", "88"};
  Decide(there, opening);
  Decide(1, Opening());
  Decide(2, Opening());

  Stall stall(&forge);
  AskLater();
  Decide(2, Comment(kErin, 1, "5", "Does it help to turn it off?"));
  std::thread asking([&] { (void)house->asker.RunOnce("github", Sake::kEverybody); });
  stall.WaitUntilBegun();
  // All three are late by now, the one that the forge is being asked about too.
  clock.Set(At(4 * 60 + 2));
  const auto judged = timers->RunDue();
  ASSERT_TRUE(judged.ok()) << judged.status();
  EXPECT_EQ(*judged, 3u);
  EXPECT_EQ(store.LoadTicket(there)->record.clock_states["acme first_response"], "breached");
  EXPECT_EQ(Load(1).record.clock_states["acme first_response"], "breached");
  Decide(1, Comment(kDave, 4 * 60 + 2, "6", "By when will that be?"));
  EXPECT_TRUE(house->queue.busy());
  stall.End();
  asking.join();
  EXPECT_EQ(Load(1).record.clock_states["acme first_response"], "breached");
}

// ---- The queue

TEST(AskQueueTest, ATicketWaitsOnceAndOnlyOneIsAtIt) {
  std::vector<std::string> pushed;
  AskQueue queue([&](const std::string& forge, Sake) { pushed.push_back(forge); });
  const TicketKey one{"github", "77", TicketKind::kIssue, 1};
  const TicketKey two{"github", "77", TicketKind::kIssue, 2};
  queue.Push(one, Sake::kEverybody);
  queue.Push(one, Sake::kEverybody);
  queue.Push(two, Sake::kEverybody);
  queue.Push(one, Sake::kHidden);
  EXPECT_EQ(pushed.size(), 3u);
  EXPECT_EQ(queue.Take("github", Sake::kEverybody), one);
  queue.Push(one, Sake::kEverybody);  // news, while it is being asked about
  EXPECT_EQ(queue.Take("github", Sake::kEverybody), two);
  EXPECT_EQ(queue.Take("github", Sake::kEverybody), std::nullopt);
  queue.Done(one, Sake::kEverybody);
  EXPECT_EQ(queue.Take("github", Sake::kEverybody), one);
  queue.Done(one, Sake::kEverybody);
  queue.Done(two, Sake::kEverybody);
  EXPECT_TRUE(queue.busy());
  EXPECT_EQ(queue.Take("github", Sake::kHidden), one);
  queue.Done(one, Sake::kHidden);
  EXPECT_FALSE(queue.busy());
  EXPECT_EQ(queue.Take("gitlab", Sake::kEverybody), std::nullopt);
}

TEST(AskQueueTest, ItsRoomIsBounded) {
  AskQueue queue;
  const auto key = [](std::int64_t number) {
    return TicketKey{"github", "77", TicketKind::kIssue, number};
  };
  const auto most = static_cast<std::int64_t>(AskQueue::kMost);
  for (std::int64_t number = 1; number <= most + 5; ++number) {
    queue.Push(key(number), Sake::kEverybody);
  }
  EXPECT_TRUE(queue.HasRoom(key(1), Sake::kEverybody)) << "it waits already";
  EXPECT_FALSE(queue.HasRoom(key(most + 1), Sake::kEverybody));
  EXPECT_TRUE(queue.HasRoom(key(most + 1), Sake::kHidden));
  std::int64_t taken = 0;
  while (queue.Take("github", Sake::kEverybody)) ++taken;
  EXPECT_EQ(taken, most);
}

}  // namespace
}  // namespace retainer::pipeline
