#include "src/pipeline/notices.h"

#include "tests/pipeline/world.h"

namespace retainer::pipeline {
namespace {

class FakeSink final : public NoticeSink {
 public:
  FakeSink(std::string name, bool takes_private)
      : name_(std::move(name)), takes_private_(takes_private) {}
  const std::string& name() const override { return name_; }
  bool takes_private() const override { return takes_private_; }
  bool Wants(NoticeKind kind) const override { return !wants || kind == *wants; }
  absl::Status Tell(const Notice& notice) override {
    ++asked;
    if (!answer.ok()) return answer;
    told.push_back(notice.id);
    return absl::OkStatus();
  }
  absl::Status answer;
  std::optional<NoticeKind> wants;
  int asked = 0;
  std::vector<std::string> told;

 private:
  const std::string name_;
  const bool takes_private_;
};

// Every waiting notice is true.
class NoReview final : public NoticeReview {
 public:
  absl::StatusOr<Word> Review(Notice*) override { return word; }
  absl::Status DecideAgain(const TicketKey&) override { return absl::OkStatus(); }
  absl::StatusOr<Word> word = Word::kTell;
};

class NoticesTest : public World {
 protected:
  NoticesTest()
      : open("ops", false),
        closed("crm", true),
        notifier(store, clock, log, metrics, terms, review, {&open, &closed}, nullptr) {
    Policy policy = MakePolicy();
    policy.teams["core"].sinks = {"ops", "crm"};
    terms.Set({MakeTerms("v1", At(-60), policy)});
  }
  void Put(const std::string& id, bool is_private) {
    Notice notice;
    notice.id = id;
    notice.kind = NoticeKind::kBreach;
    notice.ticket = Key(1);
    notice.customer = "acme";
    notice.at = notice.due = clock.Now();
    notice.teams = {"core"};
    notice.text = "ACME Corp waits";
    notice.is_private = is_private;
    DecisionWrite write;
    write.record = Load(1).record;
    write.record.key = Key(1);
    write.notices = {notice};
    write.ledger.at = clock.Now();
    ASSERT_TRUE(store.Commit(write).ok());
  }
  FakeSink open;
  FakeSink closed;
  NoReview review;
  Notifier notifier;
};

TEST_F(NoticesTest, ASinkThatIsReplacedGetsAtOnceWhatWaited) {
  open.answer = absl::UnavailableError("down");
  Put("n1", false);
  ASSERT_TRUE(notifier.RunOnce().ok());
  EXPECT_EQ(open.asked, 1);
  auto mended = std::make_shared<FakeSink>("ops", false);
  auto same = std::make_shared<FakeSink>("crm", true);
  notifier.SetSinks({mended, same});
  EXPECT_EQ(notifier.RunOnce()->finished, 1u);
  EXPECT_EQ(mended->told, std::vector<std::string>({"n1"}));
  EXPECT_TRUE(same->told.empty()) << "it had it before";
  EXPECT_EQ(closed.told, std::vector<std::string>({"n1"}));
}

TEST_F(NoticesTest, ANoticeDoesNotWaitForASinkThatIsGone) {
  open.answer = absl::UnavailableError("down");
  Put("n1", false);
  ASSERT_TRUE(notifier.RunOnce().ok());
  notifier.SetSinks({std::make_shared<FakeSink>("crm", true)});
  EXPECT_EQ(notifier.RunOnce()->finished, 1u);
  EXPECT_EQ(Stats().pending_notices, 0u);
  EXPECT_EQ(Stats().dead_notices, 0u);
}

TEST_F(NoticesTest, ToldOnceToTheTeamsSinks) {
  Put("n1", false);
  EXPECT_EQ(notifier.RunOnce()->finished, 1u);
  Put("n1", false);  // decided again
  ASSERT_TRUE(notifier.RunOnce().ok());
  EXPECT_EQ(open.told, std::vector<std::string>({"n1"}));
  EXPECT_EQ(closed.told, std::vector<std::string>({"n1"}));
}

TEST_F(NoticesTest, PrivateGoesOnlyWhereItMay) {
  Put("n1", true);
  ASSERT_TRUE(notifier.RunOnce().ok());
  EXPECT_TRUE(open.told.empty());
  EXPECT_EQ(closed.told.size(), 1u);
  for (const std::string& line : log.lines()) EXPECT_EQ(line.find("ACME"), std::string::npos);
}

TEST_F(NoticesTest, FailingSinkIsTriedAgainAndTheOthersAreNotToldTwice) {
  open.answer = absl::UnavailableError("down");
  Put("n1", false);
  const auto round = notifier.RunOnce();
  ASSERT_TRUE(round.ok());
  EXPECT_GT(round->next, clock.Now());
  ASSERT_TRUE(notifier.RunOnce().ok());  // too early
  open.answer = absl::OkStatus();
  clock.Set(round->next);
  EXPECT_EQ(notifier.RunOnce()->finished, 1u);
  EXPECT_EQ(open.told.size(), 1u);
  EXPECT_EQ(closed.told.size(), 1u);
}

TEST_F(NoticesTest, WhatIsNotSoAnyMoreIsDroppedAndMayComeAgain) {
  Put("n1", false);
  review.word = NoticeReview::Word::kDrop;
  ASSERT_TRUE(notifier.RunOnce().ok());
  EXPECT_TRUE(open.told.empty());
  EXPECT_EQ(Stats().pending_notices, 0u);
  EXPECT_EQ(metrics.Value("retainer_notices_total"), 1);  // silenced
  review.word = NoticeReview::Word::kTell;
  Put("n1", false);  // it is true after all
  ASSERT_TRUE(notifier.RunOnce().ok());
  EXPECT_EQ(open.told, std::vector<std::string>({"n1"}));
}

TEST_F(NoticesTest, WhileAnAnswerIsOutstandingItWaits) {
  Put("n1", false);
  review.word = NoticeReview::Word::kWait;
  auto round = notifier.RunOnce();
  ASSERT_TRUE(round.ok());
  EXPECT_TRUE(open.told.empty());
  EXPECT_EQ(Stats().pending_notices, 1u);
  review.word = NoticeReview::Word::kTell;
  clock.Set(round->next);
  ASSERT_TRUE(notifier.RunOnce().ok());
  EXPECT_EQ(open.told.size(), 1u);
}

TEST_F(NoticesTest, ATicketThatCannotBeReadHoldsUpNothing) {
  Put("n1", false);
  review.word = absl::DataLossError("unreadable");
  const auto round = notifier.RunOnce();
  ASSERT_TRUE(round.ok());
  EXPECT_GT(round->next, clock.Now());
  EXPECT_EQ(Stats().pending_notices, 1u);
}

TEST_F(NoticesTest, ARateLimitIsNoFailedTry) {
  Put("n1", false);
  open.answer = WithRetryAfter(absl::ResourceExhaustedError("slow down"), absl::Seconds(1));
  for (int i = 0; i < 3 * Notifier::kMaxAttempts; ++i) {
    const auto round = notifier.RunOnce();
    ASSERT_TRUE(round.ok());
    EXPECT_EQ(round->next, clock.Now() + absl::Seconds(1));
    clock.Set(round->next);
  }
  open.answer = absl::OkStatus();
  ASSERT_TRUE(notifier.RunOnce().ok());
  EXPECT_EQ(open.told.size(), 1u);
  EXPECT_EQ(closed.told.size(), 1u);
}

TEST_F(NoticesTest, WhoAsksToBeSparedForEverIsGivenUpInSight) {
  EXPECT_EQ(WholeLadder(), absl::Hours(27) + absl::Minutes(35) + absl::Seconds(5));
  Put("n1", false);
  open.answer = WithRetryAfter(absl::ResourceExhaustedError("slow down"), absl::Hours(1));
  const absl::Time begin = clock.Now();
  for (int i = 0; i < 28; ++i) {
    const auto round = notifier.RunOnce();
    ASSERT_TRUE(round.ok());
    ASSERT_EQ(round->next, clock.Now() + absl::Hours(1)) << i;
    EXPECT_EQ(Stats().dead_notices, 0u);
    clock.Set(round->next);
  }
  ASSERT_GT(clock.Now() - begin, WholeLadder());
  ASSERT_TRUE(notifier.RunOnce().ok());
  EXPECT_EQ(Stats().pending_notices, 0u);
  ASSERT_EQ(Stats().dead_notices, 1u);
  EXPECT_EQ((*store.ListDeadNotices(1))[0].reason, "ops: slow down");
  // Revived by hand, its retries begin again.
  ASSERT_TRUE(store.ReviveNotice("n1").ok());
  EXPECT_EQ(notifier.RunOnce()->next, clock.Now() + absl::Hours(1));
  EXPECT_EQ(Stats().dead_notices, 0u);
}

TEST_F(NoticesTest, ASinkHearsTheKindsThatItWants) {
  open.wants = NoticeKind::kClosed;
  Put("n1", false);
  ASSERT_TRUE(notifier.RunOnce().ok());
  EXPECT_TRUE(open.told.empty());
  EXPECT_EQ(closed.told.size(), 1u);
  EXPECT_EQ(Stats().pending_notices, 0u);
}

TEST_F(NoticesTest, TheLadderIsTheOneOfWebhooks) {
  const std::vector<absl::Duration> pauses = {absl::Seconds(5), absl::Minutes(5), absl::Minutes(30),
                                              absl::Hours(2),   absl::Hours(5),   absl::Hours(10),
                                              absl::Hours(10)};
  Put("n1", false);
  open.answer = absl::UnavailableError("down");
  for (const absl::Duration pause : pauses) {
    const auto round = notifier.RunOnce();
    ASSERT_TRUE(round.ok());
    EXPECT_EQ(round->next, clock.Now() + pause);
    EXPECT_EQ(Stats().dead_notices, 0u);
    clock.Set(round->next);
  }
  EXPECT_EQ(notifier.RunOnce()->next, absl::InfiniteFuture());
  EXPECT_EQ(RetryPause(Notifier::kMaxAttempts), std::nullopt);
  EXPECT_EQ(Stats().pending_notices, 0u);
  EXPECT_EQ(Stats().dead_notices, 1u);
  EXPECT_EQ((*store.ListDeadNotices(1))[0].reason, "ops: down");
}

TEST_F(NoticesTest, WhatWasGivenUpIsToldOnceMoreToThoseWhoMissedItAlone) {
  open.answer = absl::FailedPreconditionError("a redirect");
  Put("n1", false);
  ASSERT_TRUE(notifier.RunOnce().ok());
  EXPECT_EQ(Stats().dead_notices, 1u);
  Put("n1", false);  // decided again
  ASSERT_TRUE(notifier.RunOnce().ok());
  open.answer = absl::OkStatus();
  ASSERT_TRUE(store.ReviveNotice("n1").ok());
  ASSERT_TRUE(notifier.RunOnce().ok());
  EXPECT_EQ(open.told, std::vector<std::string>({"n1"}));
  EXPECT_EQ(closed.told, std::vector<std::string>({"n1"}));
  EXPECT_EQ(Stats().dead_notices, 0u);
  EXPECT_EQ(Stats().pending_notices, 0u);
}

TEST_F(NoticesTest, ARestartRepeatsNothingAndGoesOnWithTheLadder) {
  open.answer = absl::UnavailableError("down");
  Put("n1", false);
  clock.Set(notifier.RunOnce()->next);
  const absl::Time next = notifier.RunOnce()->next;
  EXPECT_EQ(next, clock.Now() + absl::Minutes(5));
  Notifier restarted(store, clock, log, metrics, terms, review, {&open, &closed}, nullptr);
  EXPECT_EQ(restarted.RunOnce()->next, next) << "no try before its time";
  clock.Set(next);
  EXPECT_EQ(restarted.RunOnce()->next, clock.Now() + absl::Minutes(30));
  open.answer = absl::OkStatus();
  clock.Advance(absl::Minutes(30));
  ASSERT_TRUE(restarted.RunOnce().ok());
  EXPECT_EQ(open.told.size(), 1u);
  EXPECT_EQ(closed.told.size(), 1u);
}

TEST_F(NoticesTest, ASinkThatFailsAgainAndAgainIsLeftAloneForAWhile) {
  open.answer = absl::UnavailableError("down");
  for (int i = 0; i < 10; ++i) Put(absl::StrCat("n", i), false);
  const auto round = notifier.RunOnce();
  ASSERT_TRUE(round.ok());
  EXPECT_EQ(open.asked, Notifier::kMostTroubles);
  EXPECT_EQ(closed.told.size(), 10u) << "the other one hears all at once";
  open.answer = absl::OkStatus();
  clock.Advance(Notifier::kRest);
  ASSERT_TRUE(notifier.RunOnce().ok());
  EXPECT_EQ(open.told.size(), 10u);
  EXPECT_EQ(closed.told.size(), 10u);
}

}  // namespace
}  // namespace retainer::pipeline
