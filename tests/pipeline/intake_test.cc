#include "src/pipeline/intake.h"

#include <condition_variable>
#include <map>
#include <mutex>
#include <thread>
#include <vector>

#include "tests/pipeline/turns.h"
#include "tests/pipeline/world.h"

namespace retainer::pipeline {
namespace {

class IntakeTest : public World {
 protected:
  IntakeTest()
      : intake({&receiver}, store, clock, log, metrics,
               [this](const std::string& name) { woken.push_back(name); }) {}
  IntakeAnswer Accept(const Headers& headers) {
    return intake.Accept("github", headers, "{\"body\": \"confidential words\"}", clock.Now());
  }
  std::vector<std::string> woken;
  Intake intake;
};

TEST_F(IntakeTest, StoresOnceAndWakesTheWorker) {
  EXPECT_EQ(Accept(FakeReceiver::HeadersOf("d1")).http_status, 202);
  EXPECT_EQ(Accept(FakeReceiver::HeadersOf("d1")).http_status, 200);
  EXPECT_EQ(Stats().inbox, 1u);
  EXPECT_EQ(woken, std::vector<std::string>({"github"}));
}

// A store whose writes of deliveries wait until they are let go.
class HeldStore final : public store::TableStore {
 public:
  HeldStore() : store::TableStore(std::make_unique<store::MemoryEngine>()) {
    EXPECT_TRUE(Open().ok());
  }
  absl::StatusOr<std::vector<Put>> PutDeliveries(const std::vector<Delivery>& deliveries) override {
    std::unique_lock lock(mutex_);
    sizes_.push_back(deliveries.size());
    changed_.notify_all();
    changed_.wait(lock, [&] { return let_go_ > 0; });
    --let_go_;
    if (!status_.ok()) return status_;
    return store::TableStore::PutDeliveries(deliveries);
  }
  void LetGo(absl::Status status = absl::OkStatus()) {
    const std::lock_guard lock(mutex_);
    status_ = std::move(status);
    ++let_go_;
    changed_.notify_all();
  }
  // How many deliveries each write has, once there are `count` writes.
  std::vector<std::size_t> Writes(std::size_t count) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return sizes_.size() >= count; });
    return sizes_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::size_t> sizes_;
  int let_go_ = 0;
  absl::Status status_;
};

class SharedSyncTest : public IntakeTest {
 protected:
  SharedSyncTest() { shared.Start(); }
  void AcceptLater(const std::string& id) {
    shared.AcceptLater("github", FakeReceiver::HeadersOf(id), "{}", clock.Now(), "",
                       [this, id](const IntakeAnswer& answer) {
                         const std::lock_guard lock(mutex);
                         answers[id] = answer.http_status;
                       });
  }
  std::map<std::string, int> Answers() {
    const std::lock_guard lock(mutex);
    return answers;
  }
  HeldStore held;
  std::mutex mutex;
  std::map<std::string, int> answers;
  Intake shared{{&receiver}, held, clock, log, metrics, nullptr};
};

TEST_F(SharedSyncTest, OneAloneIsWrittenAtOnceAndThoseThatComeMeanwhileShareTheNextWrite) {
  AcceptLater("a");
  EXPECT_EQ(held.Writes(1), std::vector<std::size_t>{1}) << "alone it does not wait";
  for (const char* id : {"b", "c", "d"}) AcceptLater(id);
  EXPECT_TRUE(Answers().empty()) << "nothing is said before it is on disk";
  EXPECT_EQ(shared.waiting(), 4u);
  held.LetGo();
  EXPECT_EQ(held.Writes(2), (std::vector<std::size_t>{1, 3}));
  EXPECT_EQ(Answers(), (std::map<std::string, int>{{"a", 202}}));
  held.LetGo();
  shared.Stop();
  EXPECT_EQ(Answers(),
            (std::map<std::string, int>{{"a", 202}, {"b", 202}, {"c", 202}, {"d", 202}}));
  EXPECT_EQ(shared.waiting(), 0u);
}

TEST_F(SharedSyncTest, WhoWaitsForTheDiskSharesTheWriteToo) {
  const auto accept = [this](const std::string& id) {
    return shared.Accept("github", FakeReceiver::HeadersOf(id), "{}", clock.Now()).http_status;
  };
  std::vector<std::thread> senders;
  AcceptLater("first");
  held.Writes(1);
  for (const char* id : {"a", "b", "c"}) {
    senders.emplace_back([&, id] { EXPECT_EQ(accept(id), 202) << id; });
  }
  while (shared.waiting() < 4) std::this_thread::yield();
  held.LetGo();
  EXPECT_EQ(held.Writes(2), (std::vector<std::size_t>{1, 3}));
  held.LetGo();
  for (std::thread& sender : senders) sender.join();
  // Alone he does it himself; who comes meanwhile is the thread's.
  std::thread alone([&] { EXPECT_EQ(accept("alone"), 202); });
  held.Writes(3);
  AcceptLater("later");
  held.LetGo();
  alone.join();
  EXPECT_EQ(held.Writes(4), (std::vector<std::size_t>{1, 3, 1, 1}));
  held.LetGo();
  shared.Stop();
  EXPECT_EQ(Answers()["later"], 202);
}

TEST_F(SharedSyncTest, WhoWritesNeedNotWaitForADecisionToEnd) {
  if (TurnOfThisThread() == 0) GTEST_SKIP() << "this system knows no turns";
  std::uint64_t turn = 0;
  shared.AcceptLater("github", FakeReceiver::HeadersOf("a"), "{}", clock.Now(), "",
                     [&](const IntakeAnswer&) { turn = TurnOfThisThread(); });
  held.LetGo();
  shared.Stop();
  EXPECT_LT(turn, TurnOfThisThread());
  EXPECT_GT(turn, 0u);
}

TEST_F(SharedSyncTest, WriteThatFailsIsRefusedToAllOfIt) {
  AcceptLater("a");
  held.Writes(1);
  AcceptLater("b");
  AcceptLater("c");
  held.LetGo();
  held.Writes(2);
  held.LetGo(absl::ResourceExhaustedError("full"));
  shared.Stop();
  EXPECT_EQ(Answers(), (std::map<std::string, int>{{"a", 202}, {"b", 503}, {"c", 503}}));
}

TEST_F(SharedSyncTest, WhatIsRefusedIsAnsweredAtOnceAndWhatComesAfterTheStopStillIsStored) {
  shared.AcceptLater(
      "github", {{"X-Event", "issues"}}, "{}", clock.Now(), "",
      [this](const IntakeAnswer& answer) { answers["forged"] = answer.http_status; });
  EXPECT_EQ(answers["forged"], 401);
  shared.Stop();
  held.LetGo();
  AcceptLater("late");
  EXPECT_EQ(Answers()["late"], 202);
}

TEST_F(IntakeTest, RefusesByStatus) {
  EXPECT_EQ(intake.Accept("nowhere", {}, "{}", clock.Now()).http_status, 404);
  EXPECT_EQ(Accept({{"X-Event", "issues"}}).http_status, 401);
  EXPECT_EQ(Accept({{"X-Secret", "s"}}).http_status, 400);
  EXPECT_EQ(Accept({{"Content-Type", "text/xml"}}).http_status, 415);
  EXPECT_EQ(Accept({{"X-Secret", "s"}, {"X-Event", "unwanted"}}).http_status, 200);
  EXPECT_EQ(Stats().inbox, 0u);
}

TEST_F(IntakeTest, ASecretGoesOnHoldingForItsProjectWhenThatIsRenamed) {
  const auto accept = [&](const char* id, const char* project) {
    return Accept(
        {{"X-Secret", "bound"}, {"X-Id", id}, {"X-Event", "issues"}, {"X-Project", project}});
  };
  EXPECT_EQ(accept("d1", "77").http_status, 401) << "a project that nobody knows";
  ASSERT_TRUE(store.SaveProject({{"github", "77"}, "acme/opendb", "", false, "5", At(0)}).ok());
  EXPECT_EQ(accept("d1", "88").http_status, 401) << "another project";
  EXPECT_EQ(Stats().inbox, 0u);
  EXPECT_EQ(accept("d1", "77").http_status, 202);
  EXPECT_TRUE((*store.ReadInbox("github", 0, 1))[0].delivery.bound);
  EXPECT_EQ(log.Count("a webhook secret names a project by an old name"), 1u);
  // Another project has the name now.
  ASSERT_TRUE(store.SaveProject({{"github", "88"}, "acme/opendb", "", false, "5", At(1)}).ok());
  EXPECT_EQ(accept("d2", "77").http_status, 401);
}

TEST_F(IntakeTest, FiguresNameTheEventOnlyWhereTheSignatureHolds) {
  Accept(FakeReceiver::HeadersOf("d1"));
  Accept({{"X-Event", "made-up-by-a-stranger"}});
  const auto count = [&](const char* event, const char* status) {
    return metrics.Value("retainer_deliveries_total",
                         {{"forge", "github"}, {"event", event}, {"status", status}});
  };
  EXPECT_EQ(count("issues", "202"), 1);
  EXPECT_EQ(count("none", "401"), 1);
  EXPECT_EQ(metrics.Value("retainer_deliveries_total"), 2);
}

TEST_F(IntakeTest, WhatNoForgeSendsIsRefusedAndNotKept) {
  const Headers headers = FakeReceiver::HeadersOf("d1");
  EXPECT_EQ(intake.Accept("github", headers, "misfit", clock.Now()).http_status, 400);
  EXPECT_EQ(Stats().inbox, 0u);
  EXPECT_EQ(Stats().set_aside, 0u);
}

// Intervals go by the clock that is never set back.
TEST_F(IntakeTest, AClockThatIsSetBackOrAheadLetsNoFloodIntoTheLog) {
  for (int i = 0; i < 60; ++i) {
    clock.ChangeDate(absl::Hours(i % 2 == 0 ? 1 : -1));
    Accept({{"X-Event", "issues"}});
  }
  EXPECT_EQ(log.Count("delivery refused"), 10u);
  clock.Advance(absl::Minutes(1));
  Accept({{"X-Event", "issues"}});
  EXPECT_EQ(log.Count("delivery refused"), 11u);
}

TEST_F(IntakeTest, MadeUpEventNamesAreOneFigure) {
  for (int i = 0; i < 50; ++i) Accept({{"X-Secret", "s"}, {"X-Id", "d"}, {"X-Event", "unwanted"}});
  EXPECT_EQ(metrics.Value("retainer_deliveries_total",
                          {{"forge", "github"}, {"event", "other"}, {"status", "200"}}),
            50);
}

TEST_F(IntakeTest, RefusalsAreCountedByAddressAndBounded) {
  for (int i = 0; i < 7; ++i) {
    intake.Accept("github", {{"X-Event", "issues"}}, "{}", clock.Now(), "192.0.2.7");
  }
  for (int i = 0; i < 1000; ++i) {
    intake.Accept("github", {{"X-Event", "issues"}}, "{}", clock.Now() + absl::Seconds(i % 2),
                  absl::StrCat("198.51.100.", i));
  }
  EXPECT_LE(intake.Refused(clock.Now()).size(), Refusals::kMost);
  intake.Accept("github", {{"X-Event", "issues"}}, "{}", clock.Now() + absl::Minutes(1),
                "192.0.2.7");
  EXPECT_NE(log.lines().front().find("from=192.0.2.7"), std::string::npos) << log.lines().front();
  clock.Advance(absl::Hours(26));
  EXPECT_TRUE(intake.Refused(clock.Now()).empty());
}

TEST_F(IntakeTest, FullDiskAcknowledgesNothing) {
  store.FailWrites(absl::ResourceExhaustedError("disk is full"));
  const IntakeAnswer answer = Accept(FakeReceiver::HeadersOf("d1"));
  EXPECT_EQ(answer.http_status, 503);
  ASSERT_TRUE(answer.retry_after.has_value());
  EXPECT_GT(*answer.retry_after, absl::ZeroDuration());
  EXPECT_EQ(answer.problem.find("disk"), std::string::npos);  // nothing internal goes out
  EXPECT_EQ(Stats().inbox, 0u);
  EXPECT_TRUE(woken.empty());

  store.FailWrites(absl::OkStatus());
  EXPECT_EQ(Accept(FakeReceiver::HeadersOf("d1")).http_status, 202);
}

TEST_F(IntakeTest, AFloodOfRefusalsCostsAFewLines) {
  for (int i = 0; i < 500; ++i) Accept({{"X-Event", "issues"}});
  const std::size_t lines = log.lines().size();
  EXPECT_LE(lines, 10u);
  EXPECT_GE(lines, 1u);
  // Of another kind is not kept back, and the next minute says how many were.
  EXPECT_EQ(Accept({{"X-Secret", "s"}}).http_status, 400);
  EXPECT_EQ(log.lines().size(), lines + 1);
  clock.Advance(absl::Minutes(1));
  Accept({{"X-Event", "issues"}});
  EXPECT_NE(log.lines().back().find("more_like_it=490"), std::string::npos) << log.lines().back();
}

TEST_F(IntakeTest, ADeliveryForAForgeThatIsNotConfiguredIsLogged) {
  intake.Accept("githbu", {}, "{}", clock.Now());
  ASSERT_EQ(log.lines().size(), 1u);
  EXPECT_NE(log.lines()[0].find("githbu"), std::string::npos);
}

TEST_F(IntakeTest, LogsNoBody) {
  Accept({{"X-Event", "issues"}, {"X-Secret", "wrong-secret"}});
  Accept(FakeReceiver::HeadersOf("d1"));
  for (const std::string& line : log.lines()) {
    EXPECT_EQ(line.find("confidential"), std::string::npos) << line;
    EXPECT_EQ(line.find("wrong-secret"), std::string::npos) << line;
  }
}

}  // namespace
}  // namespace retainer::pipeline
