#include "src/pipeline/recovery.h"

#include "tests/pipeline/world.h"

namespace retainer::pipeline {
namespace {

class RecoveryTest : public World {
 protected:
  // The forge sent it at this minute, and got no answer.
  void Miss(const std::string& id, int minute, std::size_t attempts = 1, bool refused = false) {
    forge.Miss({id, "log " + id, "issues", "77", At(minute), attempts, refused});
  }
  void KeepInLog(const std::string& id, const std::string& event = "issues") {
    forge.KeepInLog("log " + id, {{{"X-Id", id}, {"X-Event", event}}, "{}"});
  }
  RecoveryOptions Options() {
    RecoveryOptions options;
    options.receiver = &receiver;
    options.stored = [this] { ++stored; };
    options.read_back = [this](const std::string& project, absl::Time since) {
      read_back.emplace_back(project, since);
      return absl::OkStatus();
    };
    return options;
  }
  Gap OnlyGap() {
    const auto gaps = *store.ListGaps();
    EXPECT_EQ(gaps.size(), 1u);
    return gaps.empty() ? Gap() : gaps[0];
  }
  double Figure(const std::string& state) {
    return metrics.Value("retainer_missed_deliveries", {{"forge", "github"}, {"state", state}});
  }

  int stored = 0;
  std::vector<std::pair<std::string, absl::Time>> read_back;
};

TEST_F(RecoveryTest, LooksFarBackOnceThenOnlyAtWhatIsRecent) {
  Recovery recovery(slot, store, clock, log, metrics);
  EXPECT_EQ(recovery.RunOnce(), clock.Now() + Recovery::kEvery);
  clock.Advance(Recovery::kEvery);
  recovery.RunOnce();
  EXPECT_EQ(forge.redelivered_since(),
            (std::vector<absl::Time>{At(0) - Recovery::kKept,
                                     At(0) + Recovery::kEvery - Recovery::kRecent}));
}

TEST_F(RecoveryTest, WhereTheForgeKeepsNoLogItNeverAsksAgain) {
  forge.fault = [](const std::string&) { return absl::UnimplementedError("no log"); };
  Recovery recovery(slot, store, clock, log, metrics);
  EXPECT_EQ(recovery.RunOnce(), absl::InfiniteFuture());
  EXPECT_TRUE(log.lines().empty());
}

TEST_F(RecoveryTest, WaitsAsLongAsALimitSays) {
  forge.fault = [](const std::string&) {
    return WithRetryAfter(absl::ResourceExhaustedError("slow down"), absl::Hours(1));
  };
  Recovery recovery(slot, store, clock, log, metrics);
  EXPECT_EQ(recovery.RunOnce(), clock.Now() + absl::Hours(1));
}

TEST_F(RecoveryTest, WhatARedeliveryDoesNotBringIsReadFromTheLog) {
  Recovery recovery(slot, store, clock, log, metrics, Options());
  Miss("a", -30);
  Miss("b", -20);
  KeepInLog("a");
  KeepInLog("b");
  EXPECT_EQ(recovery.RunOnce(), clock.Now() + Recovery::kLookAgain);
  EXPECT_EQ(OnlyGap().missing, 2u) << "they may still be sent again";
  EXPECT_EQ(Figure("missing"), 2);
  EXPECT_TRUE(store.ReadInbox("github", 0, 9)->empty());

  Miss("a", -30, 2);  // the redelivery failed too
  Miss("b", -20, 2);
  EXPECT_EQ(recovery.RunOnce(), clock.Now() + Recovery::kEvery);
  const auto entries = *store.ReadInbox("github", 0, 9);
  ASSERT_EQ(entries.size(), 2u);
  EXPECT_EQ(entries[0].delivery.id, "a") << "in the order in which they were sent";
  EXPECT_EQ(entries[0].delivery.origin, DeliveryOrigin::kForgeLog);
  EXPECT_EQ(stored, 2);
  const Gap gap = OnlyGap();
  EXPECT_EQ(gap.from, At(-30));
  EXPECT_EQ(gap.to, At(-20));
  EXPECT_EQ(gap.read, 2u);
  EXPECT_EQ(gap.missing, 0u);
  EXPECT_EQ(Figure("read"), 2);
  EXPECT_EQ(Figure("missing"), 0);
  EXPECT_EQ(log.Count("deliveries were missed"), 1u);

  // The redelivery comes late: it is the same delivery.
  EXPECT_EQ(*store.PutDelivery(entries[0].delivery), Store::Put::kKnown);
  clock.Advance(Recovery::kEvery);
  recovery.RunOnce();
  EXPECT_EQ(log.Count("deliveries were missed"), 1u) << "said once";

  // The log goes on to say that it failed.
  Recovery after_a_restart(slot, store, clock, log, metrics, Options());
  after_a_restart.RunOnce();
  EXPECT_EQ(OnlyGap(), gap);
  EXPECT_EQ(Figure("read"), 2) << "of the last 24 hours";
}

TEST_F(RecoveryTest, OneThatIsNotHeardOfIsReadAfterAWhile) {
  Recovery recovery(slot, store, clock, log, metrics, Options());
  Miss("a", -30);
  KeepInLog("a");
  recovery.RunOnce();
  clock.Advance(Recovery::kPatience - absl::Seconds(1));
  recovery.RunOnce();
  EXPECT_EQ(OnlyGap().missing, 1u);
  clock.Advance(absl::Seconds(1));
  recovery.RunOnce();
  EXPECT_EQ(OnlyGap().read, 1u);
}

TEST_F(RecoveryTest, WhatComesWhenItIsSentAgainIsRecoveredToo) {
  Recovery recovery(slot, store, clock, log, metrics, Options());
  Miss("a", -30);
  Miss("b", -29);
  recovery.RunOnce();
  ASSERT_TRUE(store.PutDelivery({"github", "a", "issues", "{}", clock.Now()}).ok());
  forge.Unmiss("a");
  forge.Unmiss("b");  // nobody needs it: it was answered well, and not stored
  recovery.RunOnce();
  EXPECT_EQ(OnlyGap().sent_again, 1u);
  EXPECT_EQ(OnlyGap().missing, 0u);
  EXPECT_EQ(OnlyGap().lost + OnlyGap().read, 0u);
}

TEST_F(RecoveryTest, ARestartKnowsWhatIsStillMissing) {
  {
    Recovery recovery(slot, store, clock, log, metrics, Options());
    Miss("a", -30);
    Miss("b", -29);
    recovery.RunOnce();
    EXPECT_EQ(OnlyGap().missing, 2u);
  }
  ASSERT_TRUE(store.PutDelivery({"github", "a", "issues", "{}", clock.Now()}).ok());
  Recovery recovery(slot, store, clock, log, metrics, Options());
  recovery.RunOnce();
  EXPECT_EQ(OnlyGap().missing, 1u);
}

TEST_F(RecoveryTest, WhatTheLogHasNoMoreIsLostAndItsProjectIsReadBack) {
  Recovery recovery(slot, store, clock, log, metrics, Options());
  Miss("a", -30, 1, /*refused=*/true);
  EXPECT_EQ(recovery.RunOnce(), clock.Now() + Recovery::kEvery);
  EXPECT_EQ(OnlyGap().lost, 1u);
  EXPECT_EQ(OnlyGap().lost_ids, std::vector<std::string>{"a"});
  EXPECT_EQ(read_back, (std::vector<std::pair<std::string, absl::Time>>{{"77", At(-30)}}));
  EXPECT_EQ(Figure("lost"), 1);

  Recovery after_a_restart(slot, store, clock, log, metrics, Options());
  after_a_restart.RunOnce();
  EXPECT_EQ(OnlyGap().lost, 1u) << "counted once";
  EXPECT_EQ(read_back.size(), 1u);
  clock.Advance(GapBook::kTold + absl::Seconds(1));
  after_a_restart.RunOnce();
  EXPECT_EQ(Figure("lost"), 0) << "an alert ends";
}

TEST_F(RecoveryTest, OnlyWhatTheForgeWouldSendIsTakenFromItsLog) {
  Recovery recovery(slot, store, clock, log, metrics, Options());
  Miss("a", -5, 2);
  forge.KeepInLog("log a", {{{"X-Id", "a"}, {"X-Event", "issues"}}, "misfit"});
  Miss("b", -4, 2);
  forge.KeepInLog("log b", {{{"X-Id", "other"}, {"X-Event", "issues"}}, "{}"});
  Miss("c", -3, 2);
  KeepInLog("c", "unwanted");
  recovery.RunOnce();
  EXPECT_TRUE(store.ReadInbox("github", 0, 9)->empty());
  EXPECT_EQ(OnlyGap().lost_ids, (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(OnlyGap().missing, 0u);
}

TEST_F(RecoveryTest, TroubleOfTheForgeLosesNothing) {
  Recovery recovery(slot, store, clock, log, metrics, Options());
  Miss("a", -5, 2);
  KeepInLog("a");
  forge.fault = [](const std::string& call) {
    return call == "read_delivery"
               ? WithRetryAfter(absl::ResourceExhaustedError("slow down"), absl::Minutes(5))
               : absl::OkStatus();
  };
  EXPECT_EQ(recovery.RunOnce(), clock.Now() + absl::Minutes(5));
  EXPECT_EQ(OnlyGap().missing, 1u);
  forge.fault = nullptr;
  store.FailWrites(absl::ResourceExhaustedError("full"));
  recovery.RunOnce();
  store.FailWrites(absl::OkStatus());
  recovery.RunOnce();
  EXPECT_EQ(OnlyGap().read, 1u);
}

TEST_F(RecoveryTest, AnEntryThatCannotBeReadKeepsNoOtherWaiting) {
  Recovery recovery(slot, store, clock, log, metrics, Options());
  Miss("a", -5, 2);
  Miss("b", -4, 2);
  for (const char* id : {"a", "b"}) KeepInLog(id);
  int calls = 0;
  forge.fault = [&calls](const std::string& call) {
    // The first is of `a`.
    return call == "read_delivery" && ++calls != 2 ? absl::UnavailableError("no JSON")
                                                   : absl::OkStatus();
  };
  recovery.RunOnce();
  recovery.RunOnce();
  EXPECT_TRUE(*store.HasDelivery("github", "b"));
  EXPECT_FALSE(*store.HasDelivery("github", "a"));
  EXPECT_EQ(OnlyGap().missing, 1u);
}

TEST_F(RecoveryTest, WhatOurRightsRefuseIsNotLost) {
  Recovery recovery(slot, store, clock, log, metrics, Options());
  Miss("a", -5, 2);
  KeepInLog("a");
  forge.fault = [](const std::string& call) {
    return call == "read_delivery" ? absl::PermissionDeniedError("suspended") : absl::OkStatus();
  };
  recovery.RunOnce();
  EXPECT_EQ(OnlyGap().missing, 1u);
  forge.fault = nullptr;
  recovery.RunOnce();
  EXPECT_EQ(OnlyGap().read, 1u);
}

TEST_F(RecoveryTest, WhatLiesFarApartMakesTwoGaps) {
  Recovery recovery(slot, store, clock, log, metrics, Options());
  Miss("a", -300, 2);
  Miss("b", -250, 2);
  Miss("c", -30, 2);
  for (const char* id : {"a", "b", "c"}) KeepInLog(id);
  recovery.RunOnce();
  const auto gaps = *store.ListGaps();
  ASSERT_EQ(gaps.size(), 2u);
  EXPECT_EQ(gaps[0].read, 2u);
  EXPECT_EQ(gaps[0].to, At(-250));
  EXPECT_EQ(gaps[1].from, At(-30));
}

TEST_F(RecoveryTest, WithoutALogTheTimeOfTheDowntimeIsNamed) {
  RecoveryOptions options = Options();
  options.last_alive = At(-90);
  forge.fault = [](const std::string&) { return absl::UnimplementedError("no log"); };
  Recovery recovery(slot, store, clock, log, metrics, options);
  EXPECT_EQ(recovery.RunOnce(), absl::InfiniteFuture());
  const Gap gap = OnlyGap();
  EXPECT_TRUE(gap.unlogged);
  EXPECT_EQ(gap.from, At(-90));
  EXPECT_EQ(gap.to, At(0));
  EXPECT_EQ(metrics.Value("retainer_unlogged_gaps"), 1);
}

TEST_F(RecoveryTest, WhatTheLogHasForgottenIsNamedAfterALongDowntime) {
  RecoveryOptions options = Options();
  options.last_alive = clock.Now() - Recovery::kKept - absl::Hours(24);
  Recovery recovery(slot, store, clock, log, metrics, options);
  recovery.RunOnce();
  EXPECT_EQ(OnlyGap().from, *options.last_alive);
  EXPECT_EQ(OnlyGap().to, clock.Now() - Recovery::kKept);

  options.last_alive = clock.Now() - Recovery::kKept;
  Recovery in_time(slot, store, clock, log, metrics, options);
  in_time.RunOnce();
  EXPECT_EQ(store.ListGaps()->size(), 1u);
}

}  // namespace
}  // namespace retainer::pipeline
