#include "src/pipeline/desk.h"

#include <atomic>
#include <thread>

#include "tests/pipeline/world.h"

namespace retainer::pipeline {
namespace {

constexpr absl::Duration kPatience = absl::Seconds(30);

class DeskTest : public World {
 protected:
  void Open(bool observe = false, std::vector<NoticeSink*> sinks = {}) {
    DeskOptions options;
    options.observe = observe;
    options.probe_every = absl::ZeroDuration();
    options.random = [] { return 0.5; };
    desk = std::make_unique<Desk>(
        DeskPorts{store, clock, log, metrics, renderer, {&receiver}, {slot}, sinks}, options);
  }
  int Post(const std::string& id, Event event) {
    receiver.Register(id, std::move(event));
    return desk->Accept("github", FakeReceiver::HeadersOf(id), "{}").http_status;
  }
  void Settle() {
    const absl::Status settled = desk->Settle(kPatience);
    ASSERT_TRUE(settled.ok()) << settled;
  }
  std::unique_ptr<Desk> desk;
};

TEST_F(DeskTest, FromDeliveryToCommentAndBreach) {
  Open();
  desk->Start();
  desk->SetTerms({MakeTerms("v1", At(-60), MakePolicy())});
  EXPECT_EQ(Post("d1", MakeEvent(1, kDave, {Opened(kDave, 0)})), 202);
  Settle();
  EXPECT_EQ(forge.comments().size(), 1u);

  clock.Set(At(5 * 60));  // time jumps
  desk->Nudge();
  Settle();
  const auto inspection = desk->Inspect({"github", "acme/opendb", TicketKind::kIssue, 1});
  ASSERT_TRUE(inspection.ok()) << inspection.status();
  EXPECT_EQ(inspection->standing.worst, ClockState::kBreached);
  EXPECT_FALSE(inspection->explanation.empty());
  EXPECT_EQ(Stats().pending_notices, 0u);
  EXPECT_TRUE(desk->Stop(kPatience).ok());
}

// Settle answered between the commit of a decision and the queueing of its questions.
TEST_F(DeskTest, IsNotSettledWhileAQuestionIsOnRecord) {
  Open();
  desk->Start();
  desk->SetTerms({MakeTerms("v1", At(-60), MakePolicy())});
  EXPECT_EQ(Post("d1", MakeEvent(1, kDave, {Opened(kDave, 0)})), 202);
  Settle();
  EXPECT_TRUE(desk->Stop(kPatience).ok());
  const auto stored = store.LoadTicket({"github", "acme/opendb", TicketKind::kIssue, 1});
  ASSERT_TRUE(stored.ok()) << stored.status();
  DecisionWrite write;
  write.record = stored->record;
  write.record.asks.ask_everybody = true;
  ASSERT_TRUE(store.Commit(write).ok());
  const absl::Status settled = desk->Settle(absl::ZeroDuration());
  EXPECT_EQ(settled.message(), "not settled: questions to github");
}

// Counts what it is told.
class CountingSink final : public NoticeSink {
 public:
  const std::string& name() const override { return name_; }
  bool takes_private() const override { return true; }
  absl::Status Tell(const Notice&) override {
    ++told;
    return is_down ? absl::UnavailableError("down") : absl::OkStatus();
  }
  std::atomic<int> told = 0;
  std::atomic<bool> is_down = false;

 private:
  const std::string name_ = "ops";
};

TEST_F(DeskTest, ObservingTellsNoSink) {
  for (const bool observe : {true, false}) {
    CountingSink ops;
    Open(observe, {&ops});
    desk->Start();
    desk->SetTerms({MakeTerms("v1", At(-60), MakePolicy())});
    const std::int64_t number = observe ? 1 : 2;
    EXPECT_EQ(Post(absl::StrCat("d", number), MakeEvent(number, kDave, {Opened(kDave, 0)})), 202);
    Settle();
    clock.Advance(absl::Hours(5));
    desk->Nudge();
    Settle();
    EXPECT_EQ(Stats().pending_notices, 0u);
    EXPECT_EQ(ops.told > 0, !observe);
    EXPECT_TRUE(desk->Stop(kPatience).ok());
    desk.reset();
  }
}

TEST_F(DeskTest, IsSettledOnceATryThatHasBecomeDueIsMade) {
  CountingSink ops;
  ops.is_down = true;
  Policy policy = MakePolicy();
  policy.plans["gold"].warn_at = {};
  policy.plans["gold"].escalation = {};
  Open(/*observe=*/false, {&ops});
  desk->Start();
  policy.teams["core"].sinks = {"ops"};
  desk->SetTerms({MakeTerms("v1", At(-60), std::move(policy))});
  EXPECT_EQ(Post("d1", MakeEvent(1, kDave, {Opened(kDave, 0)})), 202);
  Settle();
  clock.Advance(absl::Hours(5));
  Settle();
  for (int tries = 1; tries < Notifier::kMaxAttempts; ++tries) {
    ASSERT_EQ(ops.told, tries);
    clock.Advance(*RetryPause(tries));
    Settle();
  }
  EXPECT_EQ(ops.told, Notifier::kMaxAttempts);
  EXPECT_TRUE(desk->Stop(kPatience).ok());
  desk.reset();
}

TEST_F(DeskTest, WithoutPolicyDeliveriesAreStoredAndWait) {
  Open();
  desk->Start();
  EXPECT_EQ(Post("d1", MakeEvent(1, kDave, {Opened(kDave, 0)})), 202);
  EXPECT_FALSE(desk->CheckHealth().ready);
  EXPECT_FALSE(desk->CheckHealth().policy);
  EXPECT_EQ(Stats().inbox, 1u);
  desk->SetTerms({MakeTerms("v1", At(-60), MakePolicy())});
  Settle();
  EXPECT_TRUE(desk->CheckHealth().ready);
  EXPECT_EQ(Stats().inbox, 0u);
}

TEST_F(DeskTest, IsNotReadyWhileNothingCanBeWrittenAndHealsByItself) {
  Open();
  desk->Start();
  desk->SetTerms({MakeTerms("v1", At(-60), MakePolicy())});
  Settle();
  EXPECT_TRUE(desk->CheckHealth().ready);
  store.FailWrites(absl::ResourceExhaustedError("the disk is full"));
  const Health ill = desk->CheckHealth();
  EXPECT_FALSE(ill.ready);
  EXPECT_FALSE(ill.store);
  EXPECT_NE(ill.store_error.find("full"), std::string::npos);
  EXPECT_EQ(Post("d1", MakeEvent(1, kDave, {Opened(kDave, 0)})), 503);
  EXPECT_EQ(Stats().inbox, 0u);
  store.FailWrites(absl::OkStatus());
  EXPECT_EQ(Post("d1", MakeEvent(1, kDave, {Opened(kDave, 0)})), 202);
  Settle();
  EXPECT_TRUE(desk->CheckHealth().ready);
  EXPECT_EQ(forge.comments().size(), 1u);
}

TEST_F(DeskTest, WhatWasMissedIsAskedForAtTheStartButNotWhenObserving) {
  for (const bool observe : {true, false}) {
    Open(observe);
    desk->Start();
    desk->SetTerms({MakeTerms("v1", At(-60), MakePolicy())});
    Settle();
    // Not a part of settling: the thread that asks may not have begun.
    const absl::Time deadline = absl::Now() + kPatience;
    while (!observe && forge.Count("redeliver") == 0 && absl::Now() < deadline) {
      std::this_thread::yield();
    }
    EXPECT_TRUE(desk->Stop(kPatience).ok());
    EXPECT_EQ(forge.Count("redeliver"), observe ? 0u : 1u);
  }
}

TEST_F(DeskTest, PolicyReloadReachesEveryTicketInTheBackground) {
  Open();
  desk->Start();
  desk->SetTerms({MakeTerms("v1", At(-60), MakePolicy())});
  for (int i = 1; i <= 60; ++i) {
    ASSERT_EQ(Post(absl::StrCat("d", i), MakeEvent(i, kDave, {Opened(kDave, 0)})), 202);
  }
  Settle();
  clock.Set(At(10));
  TermsHistory history = desk->terms();
  history.push_back(MakeTerms("v2", At(10), MakePolicy()));
  desk->SetTerms(history);
  EXPECT_EQ(Post("more", MakeEvent(61, kDave, {Opened(kDave, 10)})), 202);  // intake continues
  Settle();
  for (int i = 1; i <= 61; ++i) EXPECT_EQ(Load(i).record.terms_id, "v2") << i;
}

TEST_F(DeskTest, ObserveDecidesEverythingAndWritesNothing) {
  Open(/*observe=*/true);
  desk->Start();
  desk->SetTerms({MakeTerms("v1", At(-60), MakePolicy())});
  ASSERT_EQ(Post("d1", MakeEvent(1, kDave, {Opened(kDave, 0)})), 202);
  Settle();
  EXPECT_EQ(Load(1).record.customers, std::vector<std::string>({"acme"}));
  EXPECT_EQ(forge.mutations(), 0u);
}

TEST_F(DeskTest, ShutdownDrainsTheInboxAndTakesNoMore) {
  Open();
  desk->SetTerms({MakeTerms("v1", At(-60), MakePolicy())});
  for (int i = 1; i <= 100; ++i) {
    ASSERT_EQ(Post(absl::StrCat("d", i), MakeEvent(i, kDave, {Opened(kDave, 0)})), 202);
  }
  desk->Start();
  EXPECT_TRUE(desk->Stop(absl::Seconds(60)).ok());
  EXPECT_EQ(Stats().inbox, 0u);
  const IntakeAnswer answer = desk->Accept("github", FakeReceiver::HeadersOf("late"), "{}");
  EXPECT_EQ(answer.http_status, 503);
  EXPECT_TRUE(answer.retry_after.has_value());
}

TEST_F(DeskTest, OperatorClaimsWhatMustNotBeTypedInPublic) {
  Open();
  desk->Start();
  desk->SetTerms({MakeTerms("v1", At(-60), MakePolicy())});
  ASSERT_EQ(Post("d1", MakeEvent(1, kErin, {Opened(kErin, 0)})), 202);
  Settle();
  const TicketRef ref{"github", "acme/opendb", TicketKind::kIssue, 1};
  clock.Set(At(1));
  const auto judged = desk->Operate(
      ref, MakeOperatorFact({CommandName::kClaim, "c-7f3", false}, "carol: by phone", At(1)));
  ASSERT_TRUE(judged.ok()) << judged.status();
  EXPECT_EQ(Load(1).record.customers, std::vector<std::string>({"acme"}));
  const auto unknown =
      desk->Operate(TicketRef{"github", "acme/nowhere", TicketKind::kIssue, 1},
                    MakeOperatorFact({CommandName::kClaim, "c-7f3", false}, "carol", At(1)));
  EXPECT_TRUE(absl::IsNotFound(unknown.status()));
  // A mistyped number leaves no trace.
  const auto mistyped =
      desk->Operate(TicketRef{"github", "acme/opendb", TicketKind::kIssue, 9999},
                    MakeOperatorFact({CommandName::kClaim, "c-7f3", false}, "carol", At(1)));
  EXPECT_TRUE(absl::IsNotFound(mistyped.status())) << mistyped.status();
  EXPECT_TRUE(Load(9999).facts.empty());
  forge.SetTicket({"github", "77", TicketKind::kChange, 8});
  const auto change =
      desk->Operate(TicketRef{"github", "acme/opendb", TicketKind::kIssue, 8},
                    MakeOperatorFact({CommandName::kClaim, "c-7f3", false}, "carol", At(1)));
  EXPECT_EQ(change.status().message(),
            "github:acme/opendb#8 is of the other kind: write github:acme/opendb!8 for it");
}

TEST_F(DeskTest, UnreachableForgeDoesNotStopTheClocks) {
  forge.fault = [](const std::string& call) {
    return call == "create" ? absl::UnavailableError("down") : absl::OkStatus();
  };
  Open();
  desk->Start();
  desk->SetTerms({MakeTerms("v1", At(-60), MakePolicy())});
  ASSERT_EQ(Post("d1", MakeEvent(1, kDave, {Opened(kDave, 0)})), 202);
  Settle();
  clock.Set(At(5 * 60));
  desk->Nudge();
  Settle();
  EXPECT_EQ(Load(1).record.worst, ClockState::kBreached);
  EXPECT_TRUE(forge.comments().empty());
}

}  // namespace
}  // namespace retainer::pipeline
