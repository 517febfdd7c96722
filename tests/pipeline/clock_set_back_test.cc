// The machine's clock is set back: nothing waits longer because of it.
#include "src/pipeline/recovery.h"
#include "tests/pipeline/world.h"

namespace retainer::pipeline {
namespace {

class ClockSetBack : public World {
 protected:
  ClockSetBack() { forge.clock = &clock; }
};

TEST_F(ClockSetBack, FacesThatWerePutOffGoOnInTheirTime) {
  for (const absl::Duration by : {absl::Minutes(3), absl::Hours(1), absl::Hours(24 * 30)}) {
    SCOPED_TRACE(absl::FormatDuration(by));
    const std::int64_t ticket = absl::ToInt64Minutes(by);
    Want(ticket, MakeFace("first"));
    forge.fault = [](const std::string& call) {
      return call == "create"
                 ? WithRetryAfter(absl::ResourceExhaustedError("slow down"), absl::Seconds(90))
                 : absl::OkStatus();
    };
    Dispatch();
    forge.fault = nullptr;
    const std::size_t before = forge.comments().size();
    clock.ChangeDate(-by);
    Dispatch();
    EXPECT_EQ(forge.comments().size(), before);
    clock.Advance(absl::Seconds(90));
    Dispatch();
    EXPECT_EQ(forge.comments().size(), before + 1);
  }
}

TEST_F(ClockSetBack, FacesThatWerePutOffBeforeARestartAreDue) {
  Want(1, MakeFace("first"));
  forge.fault = [](const std::string&) { return absl::InvalidArgumentError("no"); };
  Dispatch();
  forge.fault = nullptr;
  clock.ChangeDate(-absl::Hours(24));
  MakeDispatcher(false);
  Dispatch();
  EXPECT_EQ(forge.comments().size(), 1u);
}

TEST_F(ClockSetBack, IntentsAreWaitedForAsLongAsEver) {
  Want(1, MakeFace("first"));
  forge.fault = [](const std::string& call) {
    return call == "create" ? absl::UnavailableError("cut") : absl::OkStatus();
  };
  Dispatch();
  forge.fault = nullptr;
  clock.ChangeDate(-absl::Hours(24));
  MakeDispatcher(false);
  for (int second = 0; second < 90; ++second) {
    Dispatch();
    clock.Advance(absl::Seconds(1));
  }
  EXPECT_EQ(forge.comments().size(), 1u);
}

TEST_F(ClockSetBack, SpacedMutationsAndEditsGoOn) {
  forge.spacing = absl::Seconds(1);
  Want(1, MakeFace("first"));
  Dispatch();
  Want(1, MakeFace("second"));
  clock.ChangeDate(-absl::Hours(3));
  clock.Advance(absl::Seconds(1));
  Dispatch();
  EXPECT_NE(forge.comments()["1"].body.find("second"), std::string::npos);
}

TEST_F(ClockSetBack, TheForgeIsAskedAgainAfterItsPause) {
  forge.fault = [](const std::string& call) {
    return call == "permission" ? absl::UnavailableError("no route") : absl::OkStatus();
  };
  Deliver("1", MakeEvent(1, kDave, {Opened(kDave, 0)}));
  Deliver("2", MakeEvent(1, kDave, {Commented(kErin, 0, "9", "Have you tried?")}));
  Work();
  forge.fault = nullptr;
  clock.ChangeDate(-absl::Hours(24));
  clock.Advance(absl::Minutes(1));
  const std::size_t asked = forge.Count("permission");
  ASSERT_TRUE(judge->Decide(Key(1), {}).ok());
  EXPECT_GT(forge.Count("permission"), asked);
  EXPECT_EQ(Load(1).record.questions, 0u);
}

TEST_F(ClockSetBack, TicketsAreJudgedAgainSoThatNoRetryLiesFarAhead) {
  Reconciler reconciler(*judge, store, clock, log, metrics, terms, {"github"});
  forge.fault = [](const std::string& call) {
    return call == "permission" ? absl::UnavailableError("no route") : absl::OkStatus();
  };
  Deliver("1", MakeEvent(1, kDave, {Opened(kDave, 0), Commented(kErin, 0, "9", "Tried it?")}));
  Work();
  while (reconciler.RunOnce()->more) {
  }
  ASSERT_GT(Load(1).record.questions, 0u);
  forge.fault = nullptr;
  clock.ChangeDate(-absl::Hours(24));
  clock.Advance(absl::Minutes(1));
  while (reconciler.RunOnce()->more) {
  }
  EXPECT_EQ(Load(1).record.questions, 0u);
  EXPECT_EQ(log.Count("the clock was set back; tickets are judged again"), 1u);
}

TEST_F(ClockSetBack, RecoveryLooksAgainInItsTime) {
  Recovery recovery(slot, store, clock, log, metrics);
  const absl::Time next = recovery.RunOnce();
  clock.ChangeDate(-absl::Hours(24));
  EXPECT_EQ(next - clock.Steady(), Recovery::kEvery);
}

}  // namespace
}  // namespace retainer::pipeline
