// The rules of the clock (src/core/RULES.md), one test for each rule and sub-rule.
#include <gtest/gtest.h>

#include "tests/core/promises.h"

namespace retainer::core {
namespace {

// Rule 2.

TEST(FirstResponse, StartsWithTheOpeningOfAContactAndStopsAtAnAnswer) {
  Story story = P1();
  const absl::Time opened = story.now();
  story.Wait(Minutes(30)).Says("alice", "We are looking into it.");
  const Cycle& cycle = story.Last("acme", kFirst);
  EXPECT_EQ(cycle.started, opened);
  EXPECT_EQ(cycle.stopped, story.now());
  EXPECT_EQ(cycle.elapsed, Minutes(30));
  EXPECT_EQ(cycle.due, opened + Hours(1));
  EXPECT_EQ(cycle.outcome, Outcome::kMet);
}

TEST(FirstResponse, AnAnswerAtTheDueInstantIsInTimeAndASecondLaterIsNot) {
  EXPECT_EQ(P1().Wait(Hours(1)).Says("alice", "Looking.").State("acme", kFirst), ClockState::kMet);
  EXPECT_EQ(P1().Wait(Hours(1) + Seconds(1)).Says("alice", "Looking.").State("acme", kFirst),
            ClockState::kMissed);
}

TEST(FirstResponse, NotStoppedByWhatIsNoAnswer) {
  EXPECT_EQ(P1().Wait(Minutes(1)).Says("acme-ci", "Build failed.").State("acme", kFirst),
            ClockState::kRunning);
  EXPECT_EQ(P1().Wait(Minutes(1)).Says("dave", "More details.").State("acme", kFirst),
            ClockState::kRunning);
  EXPECT_EQ(P1().Wait(Minutes(1)).Notes("alice", "Known bug.").State("acme", kFirst),
            ClockState::kRunning);
  EXPECT_EQ(P1().Wait(Minutes(1)).Says("retainer-bot", "P1 by 10:00").State("acme", kFirst),
            ClockState::kRunning);
  EXPECT_EQ(P1().Wait(Minutes(1)).Labels("alice", "bug").State("acme", kFirst),
            ClockState::kRunning);
  EXPECT_EQ(P1().Wait(Minutes(1)).Says("alice", "> It is down\n").State("acme", kFirst),
            ClockState::kRunning);
  EXPECT_EQ(P1().Wait(Minutes(1)).Says("alice", "/support waiting").State("acme", kFirst),
            ClockState::kRunning);
}

TEST(FirstResponse, CountsFromTheFirstVersionWithSubstance) {
  Story story = P1();
  story.Wait(Minutes(1)).Says("alice", "> quoted\n");
  story.Wait(Minutes(5)).Edits("alice", "alice", "> quoted\n", "We are on it.");
  EXPECT_EQ(story.Last("acme", kFirst).elapsed, Minutes(6));
}

TEST(FirstResponse, DeletingTheAnswerDoesNotUndoIt) {
  Story story = P1();
  story.Wait(Minutes(1)).Says("alice", "On it.").Wait(Minutes(1)).DeletesLast("alice", "alice");
  EXPECT_EQ(story.State("acme", kFirst), ClockState::kMet);
}

TEST(FirstResponse, APublicAnswerBeforeTheClaimMeetsItWithNothingElapsed) {
  Story story;
  story.Opens("eve").Permission("eve", "read").Wait(Hours(1)).Says("alice", "Try this.");
  story.Wait(Hours(1)).Says("alice", "/support claim c-7f3");
  const Cycle& cycle = story.Last("acme", kFirst);
  EXPECT_EQ(cycle.outcome, Outcome::kMet);
  EXPECT_EQ(cycle.elapsed, absl::ZeroDuration());
}

TEST(FirstResponse, ATicketOfAResponderWaitsForTheCustomerToSpeak) {
  Story story;
  story.Opens("alice").Wait(Hours(1)).Says("bob", "/support claim c-7f3");
  EXPECT_EQ(story.State("acme", kFirst), ClockState::kPending);
  EXPECT_EQ(story.State("acme", kResolution), ClockState::kRunning);
  story.Wait(Hours(1)).Says("dave", "This hurts us too.");
  EXPECT_EQ(story.Last("acme", kFirst).started, story.now());
  story.Wait(Hours(1)).Says("bob", "Noted.");
  EXPECT_EQ(story.State("acme", kFirst), ClockState::kMet);
}

TEST(Acknowledgement, StopsAtAnyActionOfAResponder) {
  EXPECT_EQ(P1().Wait(Minutes(5)).Labels("alice", "bug").State("acme", kAck), ClockState::kMet);
  EXPECT_EQ(P1().Wait(Minutes(5)).Notes("alice", "Hm.").State("acme", kAck), ClockState::kMet);
  EXPECT_EQ(P1().Wait(Minutes(5)).Assigns("alice", "bob").State("acme", kAck), ClockState::kMet);
  EXPECT_EQ(P1().Wait(Minutes(5)).Labels("acme-ci", "bug").State("acme", kAck),
            ClockState::kRunning);
}

// Rule 3.

TEST(NextResponse, StartsAtTheOldestUnansweredCommentAndLaterOnesDoNotMoveIt) {
  Story story = P1();
  story.Wait(Minutes(10)).Says("alice", "On it.");
  EXPECT_EQ(story.State("acme", kNext), ClockState::kPending);
  story.Wait(Minutes(10)).Says("dave", "Any news?");
  const absl::Time asked = story.now();
  story.Wait(Minutes(10)).Says("dave", "Hello?");
  EXPECT_EQ(story.Last("acme", kNext).started, asked);
  story.Wait(Minutes(10)).Says("alice", "Nearly.");
  EXPECT_EQ(story.Last("acme", kNext).elapsed, Minutes(20));
  story.Wait(Minutes(1)).Says("dave", "And now?");
  EXPECT_EQ(story.Clock("acme", kNext)->cycles.size(), 2u);
}

TEST(NextResponse, StartsOnAClosedTicketToo) {
  Story story = P1();
  story.Wait(Minutes(10)).Says("alice", "Fixed.").Wait(Minutes(1)).Closes("alice");
  story.Wait(Hours(1)).Says("dave", "It still crashes.");
  EXPECT_EQ(story.State("acme", kNext), ClockState::kRunning);
}

TEST(NextResponse, ThanksDoNotStartIt) {
  Story story = P1();
  story.Wait(Minutes(10)).Says("alice", "Fixed.").Wait(Minutes(1)).Says("dave", "Thanks!");
  EXPECT_EQ(story.State("acme", kNext), ClockState::kPending);
}

TEST(NextResponse, AtOneInstantTheStopComesBeforeTheStart) {  // Rule 7.
  Story story = P1();
  story.Wait(Minutes(10)).Says("alice", "On it.").Wait(Minutes(5)).Says("dave", "News?");
  story.Wait(Minutes(5)).Says("dave", "One more thing.").Says("alice", "Yes, soon.");
  const PromiseClock* clock = story.Clock("acme", kNext);
  ASSERT_EQ(clock->cycles.size(), 2u);
  EXPECT_EQ(clock->cycles[0].outcome, Outcome::kMet);
  EXPECT_EQ(clock->cycles[1].outcome, Outcome::kOpen);
}

// Rule 4.

TEST(Update, IsTheSilenceOfRespondersAfterTheFirstResponse) {
  Story story = P1();
  EXPECT_EQ(story.State("acme", kUpdate), ClockState::kPending);
  story.Wait(Minutes(10)).Says("alice", "On it.").Wait(Hours(3)).Says("bob", "Still on it.");
  story.Wait(Hours(5));
  const PromiseClock* clock = story.Clock("acme", kUpdate);
  ASSERT_EQ(clock->cycles.size(), 2u);
  EXPECT_EQ(clock->cycles[0].outcome, Outcome::kMet);
  EXPECT_EQ(clock->state, ClockState::kBreached);
}

TEST(Update, RunsOnlyWhileOpenAndNotWaiting) {
  Story story = P1();
  story.Wait(Minutes(10)).Says("alice", "Which version?\n/support waiting\n").Wait(Hours(24));
  EXPECT_EQ(story.State("acme", kUpdate), ClockState::kPaused);
  story.Says("dave", "2.1").Wait(Hours(1)).Closes("alice").Wait(Hours(24));
  EXPECT_EQ(story.State("acme", kUpdate), ClockState::kMet);
}

// Rule 5.

TEST(Workaround, StopsAtTheLabelTheCommandOrTheResolution) {
  EXPECT_EQ(P1().Wait(Hours(1)).Labels("alice", "workaround available").State("acme", kWorkaround),
            ClockState::kMet);
  EXPECT_EQ(P1().Wait(Hours(1)).Says("alice", "/support workaround").State("acme", kWorkaround),
            ClockState::kMet);
  EXPECT_EQ(P1().Wait(Hours(1)).Says("alice", "Fixed.").Closes("alice").State("acme", kWorkaround),
            ClockState::kMet);
  EXPECT_EQ(P1().Wait(Hours(1)).Says("dave", "/support workaround").State("acme", kWorkaround),
            ClockState::kRunning);
}

TEST(Workaround, AReopeningDoesNotAskForItAgain) {
  Story story = P1();
  story.Wait(Hours(1)).Says("alice", "/support workaround").Wait(Hours(1));
  story.Says("alice", "Fixed.").Closes("alice").Wait(Hours(1)).Reopens("dave").Wait(Hours(1));
  EXPECT_EQ(story.State("acme", kWorkaround), ClockState::kMet);
  EXPECT_EQ(story.Clock("acme", kWorkaround)->cycles.size(), 1u);
}

TEST(Update, AnAnswerOnAClosedTicketOwesNoFurtherOne) {
  Story story = P1();
  story.Wait(Hours(1)).Says("alice", "Fixed.").Closes("alice").Wait(Minutes(1));
  const std::size_t before = story.Clock("acme", Metric::kUpdate)->cycles.size();
  story.Says("alice", "It is in the next release.").Wait(Hours(1));
  EXPECT_EQ(story.Clock("acme", Metric::kUpdate)->cycles.size(), before);
}

TEST(Claims, EndWhenThePlanNoLongerCoversTheTicket) {
  Story story = P1();
  Policy policy = StoryPolicy();
  policy.plans["gold"].covers_issues = false;
  policy.plans["gold"].covers_changes = true;
  story.Wait(Minutes(10)).NewTerms("v2", policy).Wait(Minutes(1));
  EXPECT_EQ(story.State("acme", kFirst), ClockState::kCancelled);
  EXPECT_NE(story.Explained().find("the plan no longer covers this"), std::string::npos)
      << story.Explained();
}

TEST(Deletion, ADeletedTicketIsNotOpen) {
  Story story = P1();
  story.Wait(Minutes(10)).Deletes("alice");
  EXPECT_FALSE(story.See().open);
}

TEST(Resolution, ABotsCloseStopsNothing) {
  EXPECT_EQ(P1().Wait(Hours(1)).Closes("acme-ci").State("acme", kResolution), ClockState::kRunning);
  EXPECT_EQ(P1().Wait(Hours(1)).Says("alice", "Fixed.").Closes("alice").State("acme", kResolution),
            ClockState::kMet);
}

TEST(Resolution, ReopeningResumesItAndTheClosedTimeIsAPause) {
  Story story = P1();
  story.Wait(Hours(2)).Says("alice", "Fixed.").Closes("alice").Wait(Hours(100)).Reopens("dave");
  story.Wait(Hours(1));
  const Cycle& cycle = story.Last("acme", kResolution);
  EXPECT_EQ(cycle.outcome, Outcome::kOpen);
  EXPECT_EQ(cycle.elapsed, Hours(3));
  ASSERT_EQ(cycle.pauses.size(), 1u);
  EXPECT_EQ(cycle.due, story.now() + Hours(21));
  EXPECT_EQ(story.Clock("acme", kResolution)->cycles.size(), 1u);
}

// Rule 6.

TEST(WaitingForTheCustomer, PausesResolutionWorkaroundAndUpdateButNoResponseClock) {
  Story story = P1();
  story.Wait(Minutes(10)).Labels("alice", "waiting for customer").Wait(Hours(2));
  EXPECT_EQ(story.State("acme", kResolution), ClockState::kPaused);
  EXPECT_EQ(story.State("acme", kWorkaround), ClockState::kPaused);
  EXPECT_EQ(story.State("acme", kFirst), ClockState::kBreached);
  EXPECT_EQ(story.Last("acme", kResolution).elapsed, Minutes(10));
}

TEST(WaitingForTheCustomer, AnyCommentOfTheCustomerEndsIt) {
  Story story = P1();
  story.Wait(Minutes(10)).Says("alice", "Version?\n/support waiting\n");
  EXPECT_TRUE(story.See().waiting.now);
  EXPECT_EQ(story.See().waiting.question, "comment/1");
  EXPECT_FALSE(Story(story).Wait(Hours(1)).Says("dave", "👍").See().waiting.now);
  EXPECT_TRUE(
      Story(story).Wait(Hours(1)).Permission("eve", "read").Says("eve", "2.1").See().waiting.now);
  EXPECT_FALSE(Story(story).Wait(Hours(1)).Says("bob", "/support resume").See().waiting.now);
}

TEST(WaitingForTheCustomer, TheLabelLeftOnIsStaleOnceTheCustomerAnswered) {
  Story story = P1();
  story.Wait(Minutes(10)).Labels("alice", "waiting for customer").Wait(Hours(1)).Says("dave", "ok");
  EXPECT_TRUE(story.See().waiting.label_is_stale);
  EXPECT_TRUE(story.See().waiting.ended_by_author);
  story.Wait(Minutes(1)).Unlabels("retainer-bot", "waiting for customer");
  EXPECT_FALSE(story.See().waiting.label_is_stale);
}

// Rule 8.

TEST(Closing, ByTheCustomerBeforeAnAnswerCancelsItsResponseClocks) {
  Story story = P1();
  story.Wait(Minutes(10)).Closes("dave");
  EXPECT_EQ(story.State("acme", kFirst), ClockState::kCancelled);
  EXPECT_EQ(story.State("acme", kAck), ClockState::kCancelled);
  EXPECT_EQ(story.Last("acme", kFirst).note, "closed by the customer");
}

TEST(Closing, ByAResponderWithoutAnAnswerIsCountedApart) {
  Story story = P1();
  story.Wait(Minutes(10)).Closes("alice");
  EXPECT_EQ(story.State("acme", kFirst), ClockState::kCancelled);
  EXPECT_EQ(story.Last("acme", kFirst).note, "closed unanswered");
  EXPECT_EQ(story.State("acme", kAck), ClockState::kMet);
}

TEST(Closing, TakenBackByAResponderOwesTheAnswerAsBefore) {
  Story story = P1();
  const absl::Time opened = story.now();
  story.Wait(Minutes(10)).Closes("alice").Wait(Minutes(5)).Reopens("alice");
  EXPECT_EQ(story.State("acme", kFirst), ClockState::kRunning);
  EXPECT_EQ(story.Clock("acme", kFirst)->cycles.size(), 1u);
  EXPECT_EQ(story.Last("acme", kFirst).due, opened + Hours(1));
  EXPECT_EQ(story.State("acme", kAck), ClockState::kMet);
}

TEST(Closing, WithACommentInTheSameSecondIsAnAnswer) {
  Story story = P1();
  story.Wait(Minutes(10)).Closes("alice").Says("alice", "Fixed in 2.2.");
  EXPECT_EQ(story.State("acme", kFirst), ClockState::kMet);
}

TEST(Duplicate, MovesTheClaimWithItsElapsedTime) {
  Story story = P1();
  story.Wait(Minutes(20)).Says("alice", "/support duplicate #9");
  story.Finds("#9", "github/77/issue/9");
  const Standing standing = story.See();
  EXPECT_EQ(standing.successor, "#9");
  EXPECT_EQ(standing.successor_key, "github/77/issue/9");
  ASSERT_EQ(standing.claims.size(), 1u);
  EXPECT_TRUE(standing.claims[0].released);
  EXPECT_FALSE(standing.worst.has_value());
  ASSERT_FALSE(standing.carried.empty());

  Story successor;
  successor.context().key.number = 9;
  successor.GoTo("2026-03-01 09:00:00").Opens("eve").Permission("eve", "read");
  successor.GoTo("2026-03-02 09:20:00");
  Fact arrival;
  arrival.kind = FactKind::kArrived;
  arrival.id = MakeFactId(FactKind::kArrived, "github/77/issue/12", "");
  arrival.subject = "github/77/issue/12";
  arrival.value = standing.carried;
  arrival.at = standing.moved_at;
  successor.Add(arrival);
  EXPECT_EQ(successor.Last("acme", kFirst).due, Utc("2026-03-02 10:00:00"));
  EXPECT_EQ(successor.Last("acme", kResolution).due, Utc("2026-03-03 09:00:00"));
}

TEST(Deletion, Cancels) {
  EXPECT_EQ(P1().Wait(Minutes(10)).Deletes("alice").State("acme", kResolution),
            ClockState::kCancelled);
}

// Rule 9.

TEST(StricterTerms, ARaisedPriorityIsDueAtTheEarlierOfTheOldDueAndAFreshTarget) {
  Story story = Story().Opens("dave");  // P3: 8 h
  const absl::Time opened = story.now();
  EXPECT_EQ(story.Last("acme", kFirst).due, opened + Hours(8));
  story.Wait(Hours(2)).Says("dave", "/support priority P1");
  EXPECT_EQ(story.Last("acme", kFirst).due, opened + Hours(3));
  Story late = Story().Opens("dave").Wait(Hours(7) + Minutes(30));
  late.Says("dave", "/support priority P1");
  EXPECT_EQ(late.Last("acme", kFirst).due, opened + Hours(8));
  EXPECT_EQ(late.Clock("acme", kFirst)->cycles.size(), 1u);
}

TEST(LooserTerms, CarryElapsedTimeOver) {
  Story story = P1();
  const absl::Time opened = story.now();
  story.Wait(Minutes(30)).Says("dave", "/support priority P2");
  EXPECT_EQ(story.Last("acme", kFirst).due, opened + Hours(4));
}

TEST(LooserTerms, DoNotMendABreachThatHappened) {
  Story story = P1();
  story.Wait(Hours(2)).Labels("alice", "priority: P3");
  EXPECT_EQ(story.State("acme", kFirst), ClockState::kBreached);
}

// Rule 10.

TEST(Term, IsJudgedByTheDayOfTheOpeningInTheCustomersZoneBothDaysInclusive) {
  Policy policy = StoryPolicy();
  policy.customers[0].entitlements.front().term =
      Term{absl::CivilDay(2026, 3, 3), absl::CivilDay(2026, 3, 4)};
  policy.customers[0].time_zone = "Asia/Tokyo";
  EXPECT_TRUE(Story(policy).GoTo("2026-03-02 14:59:59").Opens("dave").See().claims.empty());
  EXPECT_FALSE(Story(policy).GoTo("2026-03-02 15:00:00").Opens("dave").See().claims.empty());
  EXPECT_FALSE(Story(policy).GoTo("2026-03-04 14:59:59").Opens("dave").See().claims.empty());
  EXPECT_TRUE(Story(policy).GoTo("2026-03-04 15:00:00").Opens("dave").See().claims.empty());
}

TEST(Term, ATicketOpenedWithinItStaysCoveredAfterIt) {
  Policy policy = StoryPolicy();
  policy.customers[0].entitlements.front().term =
      Term{absl::CivilDay(2026, 3, 1), absl::CivilDay(2026, 3, 2)};
  EXPECT_EQ(Story(policy).Opens("dave").Wait(Hours(48)).State("acme", kFirst),
            ClockState::kBreached);
}

// Rule 11.

TEST(Adoption, ClocksStartNoEarlier) {
  Story story;
  story.context().adopted = Utc("2026-03-02 12:00:00");
  story.Opens("dave").Wait(Hours(6));
  EXPECT_EQ(story.Last("acme", kFirst).started, Utc("2026-03-02 12:00:00"));
}

TEST(Adoption, ATicketWithoutItsOpeningIsAskedForAndNotJudged) {
  Story story;
  story.Says("dave", "Hello?");
  const Standing standing = story.See();
  EXPECT_TRUE(standing.claims.empty());
  ASSERT_FALSE(standing.questions.empty());
  EXPECT_EQ(standing.questions[0].kind, Question::Kind::kOpening);
}

// Rule 12.

TEST(States, RunAtRiskBreachedAndATicketShowsItsWorst) {
  Story story = P1();
  EXPECT_EQ(story.State("acme", kFirst), ClockState::kRunning);
  EXPECT_EQ(Story(story).Wait(Minutes(45)).State("acme", kFirst), ClockState::kAtRisk);
  EXPECT_EQ(Story(story).Wait(Hours(1)).State("acme", kFirst), ClockState::kBreached);
  EXPECT_EQ(Story(story).Wait(Hours(1)).See().worst, ClockState::kBreached);
  EXPECT_EQ(Story(story).Wait(Hours(2)).Says("alice", "Sorry.").State("acme", kFirst),
            ClockState::kMissed);
}

TEST(States, AnExcuseIsAnAdminsDecisionWithAReason) {
  Story story = P1();
  story.Wait(Hours(2)).Excuses("first_response", "acme", "the forge was down");
  EXPECT_EQ(story.State("acme", kFirst), ClockState::kExcused);
  EXPECT_EQ(story.Last("acme", kFirst).note, "the forge was down");
  EXPECT_EQ(story.State("acme", kResolution), ClockState::kRunning);
}

TEST(States, AnExcuseIsForTheRunThatWasLateNotForTheOneThatBeganSince) {
  Story story = P1();  // update within 4 h
  story.Wait(Minutes(10)).Says("alice", "Looking.").Wait(Hours(5)).Says("alice", "Still looking.");
  story.Wait(Hours(1)).Excuses("update", "acme", "the forge was down");
  const std::vector<Cycle>& cycles = story.Clock("acme", kUpdate)->cycles;
  ASSERT_EQ(cycles.size(), 2u);
  EXPECT_EQ(cycles[0].outcome, Outcome::kExcused);
  EXPECT_EQ(cycles[1].outcome, Outcome::kOpen);
  EXPECT_EQ(story.State("acme", kUpdate), ClockState::kRunning);
}

TEST(States, AnExcusedRunIsOverWhateverThePolicyPromisesLater) {
  Story story = P1();
  story.Wait(Minutes(80)).Excuses("first_response", "acme", "agreed by phone").Wait(Minutes(10));
  Policy without = StoryPolicy();
  without.plans["gold"].promises["P1"].targets.erase(kFirst);
  story.NewTerms("v2", without).Wait(Minutes(10));
  EXPECT_EQ(story.State("acme", kFirst), ClockState::kExcused);
  EXPECT_EQ(story.Last("acme", kFirst).elapsed, Minutes(80));
}

// A policy version in which the customer is missing by mistake.
TEST(Terms, ACustomerWhoComesBackIsClaimedAgain) {
  Story story = P1();
  Policy without = StoryPolicy();
  without.customers.erase(without.customers.begin());
  story.Wait(Minutes(10)).NewTerms("v2", without).Wait(Minutes(10));
  EXPECT_FALSE(story.See().worst.has_value());
  story.NewTerms("v3", StoryPolicy()).Wait(Minutes(10));
  const Standing standing = story.See();
  ASSERT_EQ(standing.claims.size(), 2u);
  EXPECT_EQ(standing.claims[1].since, standing.claims[0].since + Minutes(20));
  EXPECT_EQ(standing.worst, ClockState::kRunning);
}

TEST(Terms, AClaimThatAPersonReleasedStaysReleased) {
  Story story = P1();
  story.Wait(Minutes(5)).Says("alice", "/support release c-7f3").Wait(Minutes(5));
  story.NewTerms("v2", StoryPolicy()).Wait(Minutes(10));
  EXPECT_FALSE(story.See().worst.has_value());
}

// Rule 11, where a version moves the adoption.

TEST(Adoption, MovedLaterItStartsOpenClocksThenAndLeavesWhatHadStopped) {
  Story story = P1();
  const absl::Time opened = story.now();
  story.Wait(Hours(2)).Says("alice", "Sorry for the delay.").Wait(Hours(24));
  Policy later = StoryPolicy();
  later.since = story.now();
  story.NewTerms("v2", later).Wait(Hours(1));
  EXPECT_EQ(story.Last("acme", kFirst).outcome, Outcome::kMissed);
  EXPECT_EQ(story.Last("acme", kFirst).started, opened);
  EXPECT_EQ(story.Last("acme", kResolution).started, *later.since);
  EXPECT_EQ(story.State("acme", kResolution), ClockState::kRunning);
}

TEST(Adoption, MovedEarlierItCountsWhatHadNotBegun) {
  Policy wrong = StoryPolicy();
  wrong.since = Utc("2027-01-01 00:00:00");
  Story story(wrong);
  const absl::Time opened = story.now();
  story.Opens("dave", "Down.\n\n/support priority P1\n").Wait(Minutes(10));
  Policy right = StoryPolicy();
  right.since = Utc("2026-01-01 00:00:00");
  story.NewTerms("v2", right).Wait(Minutes(10));
  EXPECT_EQ(story.Last("acme", kFirst).started, opened);
  EXPECT_EQ(story.State("acme", kFirst), ClockState::kRunning);
}

// A ticket first seen through an edit: the forge's API tells what its texts say now.

TEST(FirstSeen, ACommandThatAnEditAddedIsRun) {
  Story story;
  story.Backfilled().Opens("dave", "Down.\n\n/support priority P1\n").Backfilled(false);
  story.Wait(Hours(1)).Add(MakeTextEdited(
      {Provenance::kWebhook, story.now()}, story.Who("dave"), story.Who("dave"),
      Moment::At(story.now()), "Down.\n\n/support priority P1\n", "Down.", std::nullopt));
  EXPECT_EQ(story.See().claims[0].priority, "P1");
}

TEST(FirstSeen, AnAnswerCountsFromTheEditThatGaveItSubstance) {
  Story story;
  story.Backfilled().Opens("dave", "Down.").Wait(Minutes(5)).Says("alice", "Look at the log.");
  story.Backfilled(false).Wait(Hours(3)).Edits("alice", "alice", "> Down.", "Look at the log.");
  EXPECT_EQ(story.Last("acme", kFirst).elapsed, Hours(3) + Minutes(5));
}

}  // namespace
}  // namespace retainer::core
