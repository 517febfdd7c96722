// A desk on a restored backup: what it does not say, and until when.
#include "src/pipeline/restore_hold.h"

#include "src/pipeline/mentions.h"
#include "src/pipeline/notices.h"
#include "src/pipeline/recovery.h"
#include "tests/pipeline/world.h"

namespace retainer::pipeline {
namespace {

class Chat final : public NoticeSink {
 public:
  const std::string& name() const override { return name_; }
  bool takes_private() const override { return true; }
  absl::Status Tell(const Notice& notice) override {
    told.push_back(notice.id);
    return absl::OkStatus();
  }
  std::vector<std::string> told;

 private:
  const std::string name_ = "ops";
};

class AllTrue final : public NoticeReview {
 public:
  absl::StatusOr<Word> Review(Notice*) override { return Word::kTell; }
  absl::Status DecideAgain(const TicketKey&) override { return absl::OkStatus(); }
};

// The backup is of minute 0; it is restored at minute 60.
class RestoreHoldTest : public World {
 protected:
  RestoreHoldTest()
      : hold(store, Restored{At(0), At(60)}),
        mentions(*judge, store, renderer, clock, log, metrics, terms, right_of_way,
                 /*observe=*/false, &hold),
        notifier(store, clock, log, metrics, terms, review, {&chat}, &mentions, &hold) {
    Policy policy = MakePolicy();
    policy.teams["core"].sinks = {"ops"};
    terms.Set({MakeTerms("v1", At(-60), policy)});
    dispatcher = std::make_unique<Dispatcher>(
        slot, *judge, store, renderer, clock, log, metrics,
        DispatcherOptions{.random = [] { return 0.5; },
                          .right_of_way = &right_of_way,
                          .self = [this] { return house->inquiries.Self(slot.name); },
                          .restore_hold = &hold});
    clock.Set(At(61));
  }
  void ReadBack(bool finished) {
    ResyncRecord resync;
    resync.project = {"github", "77"};
    resync.cause = kRestoredCause;
    resync.began = At(60);
    if (finished) resync.finished = clock.Now();
    ASSERT_TRUE(store.SaveResync(resync).ok());
  }
  Notice Put(const std::string& id, int minute, NoticeKind kind = NoticeKind::kBreach) {
    Notice notice;
    notice.id = id;
    notice.kind = kind;
    notice.ticket = Key(1);
    notice.customer = "acme";
    notice.at = notice.due = At(minute);
    notice.teams = {"core"};
    notice.is_private = false;
    DecisionWrite write;
    write.record = Load(1).record;
    write.record.key = Key(1);
    write.record.project_path = "acme/opendb";
    write.notices = {notice};
    write.ledger.at = clock.Now();
    EXPECT_TRUE(store.Commit(write).ok());
    return notice;
  }
  void Tell() {
    clock.Advance(RestoreHold::kPause);
    ASSERT_TRUE(notifier.RunOnce().ok());
  }

  RestoreHold hold;
  Chat chat;
  AllTrue review;
  MentionSink mentions;
  Notifier notifier;
};

TEST_F(RestoreHoldTest, NothingIsShownBeforeEveryProjectOfTheForgeWasReadBack) {
  ReadBack(false);
  Want(1, MakeFace("P1"));
  const auto round = Dispatch();
  EXPECT_EQ(round.mutations, 0u);
  EXPECT_EQ(round.next, clock.Now() + RestoreHold::kPause);
  EXPECT_TRUE(forge.comments().empty());
  ReadBack(true);
  Dispatch();
  EXPECT_EQ(forge.comments().size(), 1u);
}

TEST_F(RestoreHoldTest, ADeskThatWasNotRestoredHoldsNothing) {
  ReadBack(false);
  RestoreHold none(store, std::nullopt);
  EXPECT_FALSE(*none.Holds("github"));
  none.AwaitDeliveries("github");
  EXPECT_FALSE(*none.Holds("github"));
}

TEST_F(RestoreHoldTest, AChatIsNotToldAgainWhatFellDueBeforeTheRestore) {
  ReadBack(false);
  Put("before", 30);
  Put("after", 61);
  Tell();
  EXPECT_TRUE(chat.told.empty()) << "an answer may be in what is read back";
  ReadBack(true);
  Tell();
  EXPECT_EQ(chat.told, std::vector<std::string>({"after"}));
  EXPECT_EQ(Stats().pending_notices, 0u);
  Put("before", 30);  // decided again
  Tell();
  EXPECT_EQ(chat.told.size(), 1u);
}

TEST_F(RestoreHoldTest, AWrongAnnouncementIsTakenBackAllTheSame) {
  Notice notice = Put("withdrawal", 30);
  EXPECT_TRUE(hold.MayBeTold(notice));
  notice.withdraws = {"breach"};
  EXPECT_FALSE(hold.MayBeTold(notice));
}

TEST_F(RestoreHoldTest, AMentionIsSearchedOnTheTicketBeforeItIsPosted) {
  Deliver("d1", MakeEvent(1, kDave, {Opened(kDave, 0)}));
  Work();
  const Notice said = Put("said", 30, NoticeKind::kMention);
  const Notice unsaid = Put("unsaid", 31, NoticeKind::kMention);
  const RemoteTicket at{Key(1), "acme/opendb", "5"};
  const std::string marker = MentionMarker(said.ticket, TellingName(said));
  ASSERT_TRUE(forge.CreateComment(at, "@alice it is late " + marker).ok());
  Tell();
  EXPECT_EQ(Stats().pending_notices, 0u);
  int posted = 0;
  for (const auto& [id, comment] : forge.comments()) {
    EXPECT_EQ(comment.body.find("@alice"), 0u) << comment.body;
    ++posted;
  }
  EXPECT_EQ(posted, 2) << "what was said, once, and what was not";
}

TEST_F(RestoreHoldTest, DeliveriesSinceTheBackupAreAskedForBeforeAnythingIsShown) {
  forge.lost_deliveries = Recovery::kAtOnce + 1;
  hold.AwaitDeliveries("github");
  Recovery recovery(slot, store, clock, log, metrics, {.restore_hold = &hold});
  EXPECT_EQ(recovery.RunOnce(), clock.Now() + Recovery::kPause);
  EXPECT_TRUE(*hold.Holds("github"));
  EXPECT_EQ(forge.redelivered_since().back(), At(0) - kMaxAhead);
  clock.Advance(Recovery::kPause);
  EXPECT_EQ(recovery.RunOnce(), clock.Now() + Recovery::kRestorePause);
  EXPECT_TRUE(*hold.Holds("github")) << "they are on their way";
  clock.Advance(Recovery::kRestorePause);
  EXPECT_EQ(recovery.RunOnce(), clock.Now() + Recovery::kEvery);
  EXPECT_FALSE(*hold.Holds("github"));
}

TEST_F(RestoreHoldTest, AForgeWithoutALogHoldsNothingForIt) {
  hold.AwaitDeliveries("github");
  Recovery recovery(slot, store, clock, log, metrics, {.restore_hold = &hold});
  forge.fault = [](const std::string&) { return absl::UnavailableError("away"); };
  recovery.RunOnce();
  EXPECT_TRUE(*hold.Holds("github")) << "nothing can be shown there either";
  forge.fault = [](const std::string&) { return absl::UnimplementedError("no log"); };
  EXPECT_EQ(recovery.RunOnce(), absl::InfiniteFuture());
  EXPECT_FALSE(*hold.Holds("github"));
  ASSERT_FALSE(log.lines().empty());
  EXPECT_NE(log.lines().back().find("give them again"), std::string::npos);
}

}  // namespace
}  // namespace retainer::pipeline
