// Tickets that the forge does not have: deleted before they were known, or mistyped.
#include "tests/pipeline/world.h"

namespace retainer::pipeline {
namespace {

using Strings = std::vector<std::string>;

class ReferencesTest : public World {
 protected:
  ReferencesTest() { forge.SetProject("acme/opendb", "77"); }
  void GoOn(int minute) {
    clock.Set(At(minute));
    Work();
    ASSERT_TRUE(timers->RunDue().ok());
  }
};

TEST_F(ReferencesTest, WhatIsDeletedBeforeItWasKnownLeavesNothingToAsk) {
  Deliver("d1",
          MakeEvent(1, kDave,
                    {MakeDeleted({Provenance::kWebhook, At(0)}, kAlice, Moment::Unstated())}));
  Deliver("d2", MakeEvent(2, kDave,
                          {MakeMoved({Provenance::kWebhook, At(0)}, "github/88/issue/1", kAlice,
                                     Moment::Unstated())}));
  Work();
  for (int number : {1, 2}) {
    EXPECT_EQ(Load(number).record.questions, 0u);
    EXPECT_FALSE(Load(number).record.open);
    EXPECT_FALSE(Load(number).record.wake_at.has_value());
  }
  EXPECT_EQ(forge.Count("read_ticket"), 0u);
}

TEST_F(ReferencesTest, TheForgesNoIsTakenOnceItCannotBeItsLag) {
  Deliver("d1", MakeEvent(5, kDave, {Commented(kDave, 0, "1", "It is down again.")}));
  GoOn(0);
  EXPECT_EQ(Load(5).record.questions, 1u);
  EXPECT_TRUE(Load(5).record.wake_at.has_value());
  GoOn(1);
  EXPECT_EQ(Load(5).record.questions, 1u);
  GoOn(3);
  EXPECT_EQ(Load(5).record.questions, 0u);
  EXPECT_FALSE(Load(5).record.open);
  EXPECT_FALSE(Load(5).record.wake_at.has_value());
  // Its opening comes after all.
  Deliver("d2", MakeEvent(5, kDave, {Opened(kDave, -1)}));
  GoOn(4);
  EXPECT_TRUE(Load(5).record.open);
  EXPECT_EQ(Load(5).record.customers, Strings({"acme"}));
}

TEST_F(ReferencesTest, AHiddenProjectIsNoProofThatATicketIsGone) {
  forge.SetProject("acme/opendb", "78");
  Deliver("d1", MakeEvent(5, kDave, {Commented(kDave, 0, "1", "It is down again.")}));
  GoOn(0);
  GoOn(60);
  EXPECT_EQ(Load(5).record.questions, 1u);
}

TEST_F(ReferencesTest, AMistypedDuplicateIsRefusedAndKeepsTheClaim) {
  Deliver("d1", MakeEvent(1, kDave, {Opened(kDave, 0)}));
  Deliver("d2", MakeEvent(1, kDave, {Commented(kAlice, 10, "5", "/duplicate #9999")}));
  GoOn(10);
  // Nothing waits for it: see InquiriesTest.AMistypedDuplicateMutesNothing.
  EXPECT_EQ(Load(1).record.questions, 0u);
  EXPECT_EQ(Load(1).record.customers, Strings({"acme"}));
  GoOn(13);
  EXPECT_EQ(Load(1).record.questions, 0u);
  EXPECT_EQ(Load(1).record.customers, Strings({"acme"}));
  EXPECT_TRUE(Load(9999).facts.empty());
  EXPECT_EQ(forge.Count("read_ticket"), 0u);
}

TEST_F(ReferencesTest, DuplicatesOfEachOtherKeepTheClaimOnOneWhicheverWordComesFirst) {
  Deliver("d1", MakeEvent(1, kDave, {Opened(kDave, 0)}));
  Deliver("d2", MakeEvent(2, kErin, {Opened(kErin, 0)}));
  GoOn(0);
  clock.Set(At(20));
  Deliver("d4", MakeEvent(2, kErin, {Commented(kAlice, 20, "6", "/duplicate #1")}));
  Work();
  Deliver("d3", MakeEvent(1, kDave, {Commented(kAlice, 10, "5", "/duplicate #2")}));
  Work();
  EXPECT_EQ(Load(1).record.customers, Strings({"acme"}));
  EXPECT_TRUE(Load(2).record.customers.empty());
  EXPECT_EQ(*Load(1).record.next_due, At(4 * 60)) << "with the time that it had used";
}

TEST_F(ReferencesTest, ADuplicateOfAPullRequestGoesThere) {
  const TicketKey change{"github", "77", TicketKind::kChange, 9};
  Backfill backfill;
  backfill.facts = {MakeOpened({Provenance::kBackfill, At(0)}, kErin, Moment::At(At(-30)), "Fix")};
  forge.SetBackfill(change, backfill);
  Policy policy = MakePolicy();
  policy.plans["gold"].covers_changes = true;
  terms.Set({MakeTerms("v1", At(-60 * 24), policy)});
  Deliver("d1", MakeEvent(1, kDave, {Opened(kDave, 0)}));
  Deliver("d2", MakeEvent(1, kDave, {Commented(kAlice, 10, "5", "/duplicate #9")}));
  GoOn(10);
  EXPECT_TRUE(Load(1).record.customers.empty());
  EXPECT_TRUE(Load(9).facts.empty());
  EXPECT_EQ(store.LoadTicket(change)->record.customers, Strings({"acme"}));
}

TEST_F(ReferencesTest, WithoutAForgePeoplesWordIsTaken) {
  Judge alone(store, clock, log, metrics, terms,
              {ForgeSlot{"github", ForgeKind::kGitHub, nullptr}});
  News opened{{Opened(kDave, 0)}, {}, {}, {}};
  opened.project = ProjectRecord{{"github", "77"}, "acme/opendb", "", false, "5", At(0)};
  ASSERT_TRUE(alone.Decide(Key(1), opened).ok());
  clock.Set(At(10));
  const auto judged =
      alone.Decide(Key(1), {{Commented(kAlice, 10, "5", "/duplicate #2")}, {}, {}, {}});
  ASSERT_TRUE(judged.ok()) << judged.status();
  EXPECT_EQ(judged->decision.standing.successor_key, "github/77/issue/2");
  EXPECT_EQ(judged->successors.size(), 1u);
}

TEST_F(ReferencesTest, ADuplicateByTheForgesOwnMeansIsFollowedWhereItNamesTheTicket) {
  slot.kind = ForgeKind::kGitLab;
  AskedAtOnce at_once(store, clock, log, metrics, terms, {slot});
  Judge& gitlab = at_once.judge;
  News opened{{Opened(kDave, 0)}, {}, {}, {}};
  opened.project = ProjectRecord{{"github", "77"}, "acme/opendb", "", false, "5", At(0)};
  ASSERT_TRUE(gitlab.Decide(Key(1), opened).ok());
  const auto original = [&](const std::string& key) {
    Backfill backfill;
    backfill.facts = {MakeReference({Provenance::kBackfill, At(10)},
                                    absl::StrCat("duplicate ", absl::ToUnixSeconds(At(10))), key)};
    forge.SetBackfill(Key(1), backfill);
  };
  // A project that nothing is known of cannot take the claim.
  original("github/99/issue/2");
  clock.Set(At(10));
  const Fact closed =
      MakeClosed({Provenance::kWebhook, At(10)}, "duplicate", kAlice, Moment::At(At(10)));
  ASSERT_TRUE(gitlab.Decide(Key(1), {{closed}, {}, {}, {}}).ok());
  EXPECT_EQ(Load(1).record.questions, 1u) << "the forge's lag, as far as one can tell";
  EXPECT_EQ(Load(1).record.customers, Strings({"acme"}));
  original("github/77/issue/2");
  forge.SetTicket(Key(2));
  clock.Set(At(11));
  const auto judged = at_once.asker.DecideAndAsk(Key(1), {});
  ASSERT_TRUE(judged.ok()) << judged.status();
  EXPECT_TRUE(Load(1).record.customers.empty());
  EXPECT_EQ(judged->successors.size(), 1u);
}

TEST_F(ReferencesTest, WrongCredentialsAreNotShownAgainAtEachDelivery) {
  forge.fault = [](const std::string& call) {
    return call == "read_ticket"
               ? WithRetryAfter(absl::FailedPreconditionError("401"), absl::Minutes(1))
               : absl::OkStatus();
  };
  for (int i = 1; i <= 30; ++i) {
    Deliver(absl::StrCat("d", i),
            MakeEvent(i, kDave, {Commented(kDave, 0, absl::StrCat(i), "It is down again.")}));
  }
  GoOn(0);
  EXPECT_EQ(forge.Count("read_ticket"), 1u);
  GoOn(2);
  EXPECT_LE(forge.Count("read_ticket"), 3u);
}

}  // namespace
}  // namespace retainer::pipeline
