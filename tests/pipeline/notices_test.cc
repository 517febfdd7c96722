#include "src/pipeline/notices.h"

#include "tests/pipeline/world.h"

namespace retainer {
namespace {

class FakeSink final : public NoticeSink {
 public:
  FakeSink(std::string name, bool takes_private)
      : name_(std::move(name)), takes_private_(takes_private) {}
  const std::string& name() const override { return name_; }
  bool takes_private() const override { return takes_private_; }
  absl::Status Tell(const Notice& notice) override {
    if (!answer.ok()) return answer;
    told.push_back(notice.id);
    return absl::OkStatus();
  }
  absl::Status answer;
  std::vector<std::string> told;

 private:
  const std::string name_;
  const bool takes_private_;
};

// Everything that waits is so.
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
  Put("n1", false);  // it is so after all
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

}  // namespace
}  // namespace retainer
