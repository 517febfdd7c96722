// Tickets that are transferred between projects that we watch, or into one of them: their time goes
// with them, and notices that were sent or kept there are not sent again.
#include <algorithm>

#include "tests/pipeline/world.h"

namespace retainer::pipeline {
namespace {

class TransfersTest : public World {
 protected:
  TransfersTest() {
    // Both projects were adopted before these events.
    Policy policy = MakePolicy();
    policy.since = At(-60);
    terms.Set({MakeTerms("v1", At(-60 * 24), policy)});
    forge.SetProject("acme/driver", "88");
    Backfill there;
    const Learnt read{Provenance::kBackfill, At(300)};
    there.facts = {
        MakeOpened(read, kDave, Moment::At(At(0)), "It breaks when I press the button.")};
    there.facts.push_back(MakeComment(read, IssueCommentId("901"), kAlice, Moment::At(At(8)),
                                      "Set the other switch."));
    forge.SetBackfill(There(), there);
  }

  static TicketKey There() { return {"github", "88", TicketKind::kIssue, 4}; }

  // `issues.opened` with `changes.old_issue`, as the parser reads it.
  void ArrivesAt(int minute) {
    Event event = MakeEvent(
        4, kDave,
        {MakeCame({Provenance::kWebhook, At(minute)}, ToString(Key(1)), Moment::At(At(minute)))});
    event.project = {"88", "acme/driver", "https://forge/acme/driver", false, "5"};
    Deliver("arrived", event);
  }
  void LeavesAt(int minute) {
    Event event = MakeEvent(1, kDave,
                            {MakeMoved({Provenance::kWebhook, At(minute)}, ToString(There()),
                                       kAlice, Moment::Unstated())});
    Deliver("left", event);
  }
  // Tells all waiting notices.
  std::vector<std::string> Told() {
    std::vector<std::string> told;
    const auto waiting = store.ReadNotices(100);
    for (const Notice& notice : waiting.value()) {
      if (notice.kind == NoticeKind::kBreach || notice.kind == NoticeKind::kEscalation) {
        told.push_back(notice.id);
      }
    }
    return told;
  }
  Standing See(const TicketKey& key) {
    auto judged = judge->Decide(key, {});
    EXPECT_TRUE(judged.ok()) << judged.status();
    return judged->decision.standing;
  }
  const PromiseClock& Clock(const Standing& standing) {
    EXPECT_EQ(standing.claims.size(), 1u);
    return standing.claims.at(0).clocks.at(0);
  }
};

// Report (here): a ticket that was answered before its transfer is reported as broken in its new
// project.
TEST_F(TransfersTest, AnsweredBeforeItCameBreaksNothingInEitherOrder) {
  for (const bool opened_first : {true, false}) {
    SCOPED_TRACE(opened_first);
    if (opened_first) {
      Deliver("d1", MakeEvent(1, kDave, {Opened(kDave, 0)}));
      Deliver("d2", MakeEvent(1, kDave, {Commented(kAlice, 8, "1", "Set the other switch.")}));
      Work();
    }
    clock.Set(At(300));
    if (opened_first) ArrivesAt(300);
    LeavesAt(300);
    Work();
    if (!opened_first) {
      ArrivesAt(300);
      Work();
    }
    clock.Advance(absl::Hours(30));
    const Standing standing = See(There());
    EXPECT_TRUE(standing.questions.empty());
    EXPECT_EQ(Clock(standing).state, ClockState::kMet);
    EXPECT_EQ(Clock(standing).cycles.at(0).elapsed, absl::Minutes(8));
    EXPECT_TRUE(Told().empty()) << Told().front();
  }
}

// Report (here): a transfer counts as an opening, and the ticket's earlier comments are not read.
TEST_F(TransfersTest, ItIsReadFromTheForgeBeforeItIsJudged) {
  forge.fault = [](const std::string& call) {
    return call == "read_ticket" ? absl::UnavailableError("down") : absl::OkStatus();
  };
  clock.Set(At(300));
  ArrivesAt(300);
  Work();
  clock.Advance(absl::Hours(30));
  const Standing unread = See(There());
  EXPECT_FALSE(unread.opened);
  EXPECT_TRUE(unread.claims.empty());
  EXPECT_TRUE(Told().empty());
}

// Report (here): a breach is reported again after a transfer.
TEST_F(TransfersTest, ABreachThatWasToldIsNotToldAgain) {
  Backfill unanswered;
  unanswered.facts = {MakeOpened({Provenance::kBackfill, At(300)}, kDave, Moment::At(At(0)),
                                 "It breaks when I press the button.")};
  forge.SetBackfill(There(), unanswered);
  Deliver("d1", MakeEvent(1, kDave, {Opened(kDave, 0)}));
  Work();
  clock.Set(At(4 * 60 + 2));
  EXPECT_EQ(Clock(See(Key(1))).state, ClockState::kBreached);
  const std::vector<std::string> before = Told();
  ASSERT_EQ(before.size(), 2u);  // the breach and its escalation
  clock.Set(At(300));
  ArrivesAt(300);
  Work();
  LeavesAt(300);
  Work();
  clock.Advance(absl::Hours(30));
  const Standing standing = See(There());
  EXPECT_EQ(Clock(standing).state, ClockState::kBreached);
  EXPECT_EQ(Told(), before);
}

TEST_F(TransfersTest, FiguresCountWhatEndedThereOnce) {
  Deliver("d1", MakeEvent(1, kDave, {Opened(kDave, 0)}));
  Deliver("d2", MakeEvent(1, kDave, {Commented(kAlice, 8, "1", "Set the other switch.")}));
  Work();
  clock.Set(At(300));
  ArrivesAt(300);
  LeavesAt(300);
  Work();
  const auto sums = store.SumEndings("acme", std::nullopt, 0, 100000);
  ASSERT_TRUE(sums.ok());
  EXPECT_EQ(sums->metrics.at(Metric::kFirstResponse).met, 1u);
  EXPECT_EQ(sums->metrics.at(Metric::kFirstResponse).cancelled, 0u);
}

}  // namespace
}  // namespace retainer::pipeline
