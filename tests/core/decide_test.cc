// The content of a decision: new facts, changes, notices, the record, and the next wake-up.
#include <gtest/gtest.h>

#include "absl/strings/match.h"
#include "story.h"

namespace retainer::core {
namespace {

using absl::Hours;
using absl::Minutes;
using absl::Seconds;
using Strings = std::vector<std::string>;
constexpr auto kAck = Metric::kAcknowledgement;
constexpr auto kFirst = Metric::kFirstResponse;
constexpr auto kNext = Metric::kNextResponse;
constexpr auto kUpdate = Metric::kUpdate;
constexpr auto kWorkaround = Metric::kWorkaround;
constexpr auto kResolution = Metric::kResolution;

Policy OnePromise() {
  Policy policy = StoryPolicy();
  policy.plans["gold"].promises["P3"].targets = {{kFirst, OpenTarget(Hours(1))}};
  return policy;
}

// Adds all facts of the story to a ticket without facts.
Decision DecideAll(const Story& story, const std::map<std::string, std::string>& before = {}) {
  return Decide(story.context_of(), {}, story.list(), story.terms(), {}, before, story.now());
}

Fact ArrivalOf(const Story& story) {
  const Decision decision = DecideAll(story);
  if (decision.departures.size() != 1) std::abort();
  return decision.departures[0].arrival;
}

TEST(Decide, ADeliveryRepeatedIsNoNews) {
  Story story(OnePromise());
  story.Opens("dave");
  const Decision first = DecideAll(story);
  EXPECT_EQ(first.new_facts.size(), 1u);
  EXPECT_EQ(first.record.facts, Strings{"opened::"});
  const Decision again = Decide(story.context_of(), first.facts, story.list(), story.terms(), {},
                                ClockStates(first.standing), story.now());
  EXPECT_TRUE(again.new_facts.empty());
  EXPECT_TRUE(again.record.facts.empty());
  EXPECT_TRUE(again.record.changes.empty());
  EXPECT_EQ(again.facts, first.facts);
}

TEST(Decide, AFactThatGivesWayToAStrongerOneIsNews) {
  Story story(OnePromise());
  story.Backfilled().Opens("dave");
  const Decision first = DecideAll(story);
  Story later(OnePromise());
  later.Opens("dave");
  const Decision second =
      Decide(later.context_of(), first.facts, later.list(), later.terms(), {}, {}, later.now());
  ASSERT_EQ(second.new_facts.size(), 1u);
  EXPECT_EQ(second.new_facts[0].provenance, Provenance::kWebhook);
}

TEST(Decide, RecordsWhatChanged) {
  Story story(OnePromise());
  story.Opens("dave");
  const Decision opened = DecideAll(story);
  EXPECT_EQ(opened.record.changes, Strings{"acme first_response: none -> running"});
  EXPECT_EQ(opened.record.terms_id, "v1");
  EXPECT_EQ(opened.record.at, story.now());
  story.Wait(Minutes(30)).Says("alice", "On it.");
  const Decision answered = DecideAll(story, ClockStates(opened.standing));
  EXPECT_EQ(answered.record.changes, Strings{"acme first_response: running -> met"});
}

TEST(Decide, TheLedgerAndTheExplanationNameTheCommitOfThePolicy) {
  Story story(OnePromise());
  story.Opens("dave");
  const std::string commit = "3f2a91c0d4e5f60718293a4b5c6d7e8f90a1b2c3";
  const TermsHistory terms = {
      *CompileTerms("v1", story.terms()[0]->effective, OnePromise(), commit)};
  const Decision decision =
      Decide(story.context_of(), {}, story.list(), terms, {}, {}, story.now());
  EXPECT_EQ(decision.record.commit, commit);
  const std::string why =
      Explain(story.context_of(), decision.facts, decision.standing, terms, story.now());
  EXPECT_TRUE(absl::StrContains(why, "policy v1 (commit 3f2a91c), in force since")) << why;
  EXPECT_TRUE(absl::StrContains(why, "policy v1 (commit 3f2a91c) in force since")) << why;
  EXPECT_EQ(DecideAll(story).record.commit, "");
}

TEST(Decide, WakesWhenTimeAloneChangesSomethingAndNotOtherwise) {
  Policy policy = OnePromise();
  policy.plans["gold"].warn_at = {0.5};
  Story story(policy);
  story.Opens("dave");
  const absl::Time opened = story.now();
  EXPECT_EQ(DecideAll(story).wake_at, opened + Minutes(30));                    // the warning
  EXPECT_EQ(DecideAll(story.Wait(Minutes(30))).wake_at, opened + Minutes(45));  // at risk
  EXPECT_EQ(DecideAll(story.Wait(Minutes(15))).wake_at, opened + Hours(1));     // due
  EXPECT_EQ(DecideAll(story.Wait(Minutes(15))).wake_at, opened + Hours(1) + Seconds(60));
  EXPECT_EQ(DecideAll(story.Wait(Seconds(60))).wake_at, absl::InfiniteFuture());
}

TEST(Decide, AnnouncesNothingWhileAQuestionIsOpen) {
  Policy policy = OnePromise();
  policy.customers[0].is_public = true;
  Story story(policy);
  story.Opens("dave").Wait(Minutes(50)).Says("eve", "Have you tried this?").Wait(Hours(3));
  const Decision open = DecideAll(story);
  ASSERT_FALSE(open.standing.questions.empty());
  EXPECT_TRUE(open.notices.empty());
  EXPECT_FALSE(open.face.has_value());
  // A breach is not taken back either.
  const Decision before = DecideAll(story, {{"acme first_response", "breached"}});
  EXPECT_TRUE(before.notices.empty());
  const Decision answered = DecideAll(story.Permission("eve", "read"));
  EXPECT_EQ(answered.notices.size(), 1u);
  EXPECT_TRUE(answered.face.has_value());
}

TEST(Decide, ABreachThatWasNoneIsTakenBackOnceAndTheRecordSaysSo) {
  Story story(OnePromise());
  story.Opens("dave").Wait(Hours(2));
  const Decision late = DecideAll(story);
  ASSERT_EQ(late.notices.size(), 1u);
  const Fact answer = MakeComment({Provenance::kWebhook, story.now()}, "comment/5",
                                  story.Who("alice"), Moment::At(story.now() - Minutes(70)), "Hi.");
  const Decision mended = Decide(story.context_of(), late.facts, {answer}, story.terms(), {},
                                 ClockStates(late.standing), story.now(), late.notices);
  ASSERT_EQ(mended.notices.size(), 1u);
  EXPECT_EQ(mended.notices[0].kind, NoticeKind::kBreachWithdrawn);
  EXPECT_EQ(mended.notices[0].withdraws, Strings{late.notices[0].id});
  EXPECT_EQ(mended.record.changes, (Strings{"acme first_response: breached -> met",
                                            "acme first_response: breach taken back"}));
  // People who were not told of the breach are not told that there was none. The record has it
  // anyway.
  const Decision untold = Decide(story.context_of(), late.facts, {answer}, story.terms(), {},
                                 ClockStates(late.standing), story.now());
  EXPECT_TRUE(untold.notices.empty());
  EXPECT_EQ(untold.record.changes, mended.record.changes);
  const Decision after = Decide(story.context_of(), mended.facts, {answer}, story.terms(), {},
                                ClockStates(mended.standing), story.now());
  EXPECT_TRUE(after.notices.empty());
}

TEST(Departures, ADuplicateSendsItsClaimAndAnOrdinaryTicketNone) {
  Story story(OnePromise());
  story.Opens("dave").Wait(Minutes(20));
  EXPECT_TRUE(DecideAll(story).departures.empty());
  story.Says("alice", "/support duplicate #9").Finds("#9", "github/77/issue/9");
  const Decision decision = DecideAll(story);
  ASSERT_EQ(decision.departures.size(), 1u);
  EXPECT_EQ(decision.departures[0].successor, "github/77/issue/9");
  EXPECT_EQ(decision.departures[0].arrival.kind, FactKind::kArrived);
  EXPECT_EQ(decision.departures[0].arrival.subject, "github/77/issue/12");
  EXPECT_EQ(decision.departures[0].arrival.at, story.now());
}

TEST(Departures, ALaterWordOnTheCarriedClaimReplacesTheEarlier) {
  Story story(OnePromise());
  story.Opens("dave").Wait(Minutes(20)).Says("alice", "/support duplicate #9");
  story.Finds("#9", "github/77/issue/9");
  const Fact first = ArrivalOf(story);
  Story known = story;
  known.Add(MakeComment({Provenance::kWebhook, story.now()}, "comment/77", story.Who("bob"),
                        Moment::At(story.now() - Minutes(10)), "Seen."));
  const Fact second = ArrivalOf(known);
  EXPECT_EQ(second.id, first.id);
  FactSet set;
  set.Add(second);
  set.Add(first);
  EXPECT_EQ(set.Find(first.id)->value, second.value);
}

TEST(Departures, OnGitLabAHashIsAnIssueAndAnExclamationMarkAMergeRequest) {
  Story story(OnePromise());
  story.context().forge_kind = ForgeKind::kGitLab;
  story.Opens("dave").Wait(Minutes(1));
  story.Finds("!12", "github/77/change/12").Finds("#13", "github/77/issue/13");
  // The same number of the other kind is another ticket.
  EXPECT_EQ(Story(story).Says("alice", "/support duplicate !12").See().successor, "!12");
  EXPECT_EQ(Story(story).Says("alice", "/support duplicate #12").See().successor, "");
  EXPECT_EQ(Story(story).Says("alice", "/support duplicate #13").See().successor, "#13");
  Story github(OnePromise());
  github.context().key.kind = TicketKind::kChange;
  github.Opens("dave").Wait(Minutes(1)).Finds("#13", "github/77/issue/13");
  EXPECT_EQ(Story(github).Says("alice", "/support duplicate #12").See().successor, "");
  EXPECT_EQ(Story(github).Says("alice", "/support duplicate #13").See().successor, "#13");
}

// A successor with a claim of the same customer, opened by `minutes` before the other one.
Story Successor(absl::Duration earlier, const std::string& opening = "Down here too.") {
  Story successor;
  successor.context().key.number = 9;
  successor.Wait(-earlier).Opens("dave", opening).Wait(earlier);
  return successor;
}

TEST(Arrivals, TheLongerTimeCountsWhereTheCustomerHasAClaimAlready) {
  Story story;  // opened at 9:00, P3: first response within 8 h
  story.Opens("dave")
      .Wait(Hours(5))
      .Says("alice", "/support duplicate #9")
      .Finds("#9", "github/77/issue/9");
  Story successor = Successor(-Hours(4));  // opened at 13:00
  successor.GoTo("2026-03-02 14:00:00").Add(ArrivalOf(story)).Wait(Hours(1));
  ASSERT_EQ(successor.See().claims.size(), 1u);
  EXPECT_EQ(successor.Last("acme", kFirst).due, Utc("2026-03-02 17:00:00"));
  EXPECT_EQ(successor.Last("acme", kFirst).elapsed, Hours(6));
  EXPECT_EQ(successor.Clock("acme", kFirst)->cycles.size(), 1u);
  // An older claim there is not changed by a younger one.
  Story older = Successor(Hours(2));
  older.GoTo("2026-03-02 14:00:00").Add(ArrivalOf(story));
  EXPECT_EQ(older.Last("acme", kFirst).due, Utc("2026-03-02 15:00:00"));
  EXPECT_EQ(older.Last("acme", kFirst).elapsed, Hours(7));
}

TEST(Arrivals, SeveralDuplicatesOfOneTicketEachBringTheirs) {
  Story first, second;
  first.Opens("dave")
      .Wait(Hours(2))
      .Says("alice", "/support duplicate #9")
      .Finds("#9", "github/77/issue/9");
  second.context().key.number = 13;
  second.Wait(-Hours(3))
      .Opens("dave")
      .Wait(Hours(5))
      .Says("alice", "/support duplicate #9")
      .Finds("#9", "github/77/issue/9");
  Story successor = Successor(-Hours(1));
  successor.GoTo("2026-03-02 11:00:00").Add(ArrivalOf(first)).Add(ArrivalOf(second));
  EXPECT_EQ(successor.Last("acme", kFirst).elapsed, Hours(5));
  EXPECT_EQ(successor.Last("acme", kFirst).due, Utc("2026-03-02 14:00:00"));
}

TEST(Arrivals, AnAnswerOnTheSuccessorMeetsWhatArrivesAndNothingIsVoided) {
  Story story(OnePromise());
  story.Opens("dave")
      .Wait(Minutes(40))
      .Says("alice", "/support duplicate #9")
      .Finds("#9", "github/77/issue/9");
  Story successor(OnePromise());
  successor.context().key.number = 9;
  successor.Wait(-Hours(1)).Opens("dave").Wait(Minutes(5)).Says("alice", "Known.");
  successor.GoTo("2026-03-02 09:40:00").Add(ArrivalOf(story));
  const PromiseClock* clock = successor.Clock("acme", kFirst);
  ASSERT_EQ(clock->cycles.size(), 2u);
  EXPECT_EQ(clock->cycles[1].outcome, Outcome::kMet);
  EXPECT_EQ(clock->cycles[1].elapsed, Minutes(40));
  // What was broken there stays broken.
  Story broken(OnePromise());
  broken.Opens("dave")
      .Wait(Hours(2))
      .Says("alice", "/support duplicate #9")
      .Finds("#9", "github/77/issue/9");
  Story late(OnePromise());
  late.context().key.number = 9;
  late.Opens("dave").Wait(Minutes(5)).Says("alice", "Known.").Wait(Minutes(115));
  late.Add(ArrivalOf(broken)).Wait(Hours(1));
  EXPECT_EQ(late.State("acme", kFirst), ClockState::kMissed);
}

TEST(Arrivals, ABreachToldOnTheDuplicateIsNotToldAgain) {
  Story story(OnePromise());
  story.Opens("dave").Wait(Hours(2));
  EXPECT_EQ(story.See().notices.size(), 1u);
  story.Says("alice", "/support duplicate #9").Finds("#9", "github/77/issue/9");
  Story successor(OnePromise());
  successor.context().key.number = 9;
  successor.Opens("eve").Permission("eve", "read").Wait(Hours(2)).Add(ArrivalOf(story));
  successor.Wait(Hours(5));
  EXPECT_EQ(successor.State("acme", kFirst), ClockState::kBreached);
  EXPECT_TRUE(successor.See().notices.empty());
}

TEST(Arrivals, NorAreTheWarningsAndEscalationsThatWereToldThere) {
  Policy policy = OnePromise();
  policy.plans["gold"].warn_at = {0.5};
  policy.plans["gold"].escalation = {{1.0, std::nullopt, {"lead"}}, {3.0, std::nullopt, {"lead"}}};
  Story story(policy);
  story.Opens("dave").Wait(Hours(2));
  EXPECT_EQ(story.See().notices.size(), 3u);
  story.Says("alice", "/support duplicate #9").Finds("#9", "github/77/issue/9");
  Story successor(policy);
  successor.context().key.number = 9;
  successor.Opens("eve").Permission("eve", "read").Wait(Hours(2)).Add(ArrivalOf(story));
  EXPECT_TRUE(Story(successor).Wait(Minutes(30)).See().notices.empty());
  const std::vector<Notice> later = successor.Wait(Hours(2)).See().notices;
  ASSERT_EQ(later.size(), 1u);
  EXPECT_NE(later[0].id.find("300%"), std::string::npos);
  // A warning that was told before the move is not told again either.
  Story warned(policy);
  warned.Opens("dave")
      .Wait(Minutes(40))
      .Says("alice", "/support duplicate #9")
      .Finds("#9", "github/77/issue/9");
  Story heir(policy);
  heir.context().key.number = 9;
  heir.Opens("eve").Permission("eve", "read").Wait(Minutes(40)).Add(ArrivalOf(warned));
  EXPECT_TRUE(heir.Wait(Minutes(10)).See().notices.empty());
  EXPECT_EQ(heir.Wait(Minutes(20)).See().notices.size(), 2u);
}

TEST(Arrivals, AMoveToAShorterPromiseBreaksNoneOnTheSpot) {
  Story story;  // P3: 8 h
  story.Opens("dave")
      .Wait(Hours(3))
      .Says("alice", "/support duplicate #9")
      .Finds("#9", "github/77/issue/9");
  Story successor = Successor(-(Hours(2) + Minutes(50)), "Down.\n/support priority P1\n");
  successor.GoTo("2026-03-02 12:00:00").Add(ArrivalOf(story));
  EXPECT_EQ(successor.Last("acme", kFirst).due, successor.now() + Minutes(50));
  EXPECT_EQ(successor.State("acme", kFirst), ClockState::kRunning);
  // At the other ticket nothing runs yet, and the arriving claim gets the whole of the shorter
  // target.
  Policy strict = StoryPolicy();
  strict.plans["gold"].promises["P3"] = strict.plans["gold"].promises["P1"];
  Story heir(strict);
  heir.context().key.number = 9;
  heir.Opens("eve").Permission("eve", "read").Wait(Hours(3)).Add(ArrivalOf(story));
  EXPECT_EQ(heir.Last("acme", kFirst).due, heir.now() + Hours(1));
}

TEST(Arrivals, WhatWasExcusedThereIsNotOwedHere) {
  Story story(OnePromise());
  story.Opens("dave").Wait(Hours(9)).Excuses("first_response", "acme", "the forge was down");
  story.Wait(Hours(1)).Says("alice", "/support duplicate #9").Finds("#9", "github/77/issue/9");
  EXPECT_EQ(story.State("acme", kFirst), ClockState::kExcused);
  Story successor(OnePromise());
  successor.context().key.number = 9;
  successor.Opens("eve").Permission("eve", "read").Wait(Hours(3)).Add(ArrivalOf(story));
  EXPECT_TRUE(successor.Wait(Hours(5)).See().notices.empty());
  EXPECT_NE(successor.See().worst, ClockState::kBreached);
}

TEST(Arrivals, AnAcknowledgementThatWasGivenIsNotOwedAgain) {
  Story story;
  story.Opens("dave").Wait(Minutes(5)).Acts("alice", "milestoned").Wait(Minutes(5));
  story.Says("alice", "/support duplicate #9").Finds("#9", "github/77/issue/9");
  Story successor;
  successor.context().key.number = 9;
  successor.Opens("eve").Permission("eve", "read").Wait(Minutes(10)).Add(ArrivalOf(story));
  successor.Wait(Minutes(1)).Says("dave", "Any news of this?");
  EXPECT_EQ(successor.State("acme", Metric::kAcknowledgement), ClockState::kPending);
}

TEST(Arrivals, APriorityThatComesAlongRaisesButDoesNotLower) {
  Story low, high;
  low.Opens("dave", "Hm.\n/support priority P3\n").Wait(Hours(1));
  low.Says("alice", "/support duplicate #9").Finds("#9", "github/77/issue/9");
  high.Opens("dave", "Down.\n/support priority P1\n").Wait(Minutes(10));
  high.Says("alice", "/support duplicate #9").Finds("#9", "github/77/issue/9");
  Story successor = Successor(Hours(1), "Hm.\n/support priority P2\n");
  successor.Wait(Hours(1));
  EXPECT_EQ(Story(successor).Add(ArrivalOf(low)).See().claims[0].priority, "P2");
  EXPECT_EQ(Story(successor).Add(ArrivalOf(high)).See().claims[0].priority, "P1");
}

TEST(Arrivals, ClosedFirstAndNamedADuplicateAfterwardsNothingIsLost) {
  Story story;
  story.Opens("dave").Wait(Hours(2)).Closes("alice", "duplicate").Wait(Minutes(1));
  EXPECT_EQ(story.State("acme", kResolution), ClockState::kCancelled);
  story.Says("alice", "/support duplicate #9").Finds("#9", "github/77/issue/9");
  Story successor;
  successor.context().key.number = 9;
  successor.Opens("eve").Permission("eve", "read").GoTo("2026-03-02 11:01:00");
  successor.Add(ArrivalOf(story)).Wait(Hours(1));
  EXPECT_EQ(successor.State("acme", kFirst), ClockState::kRunning);
  EXPECT_EQ(successor.Last("acme", kResolution).elapsed, Hours(3));  // closed for a minute
}

TEST(Arrivals, ATransferBringsWhatWasDoneToo) {
  // The forge opens the ticket again at another place, by the same author at the same instant.
  Story story;
  story.Opens("dave").Wait(Minutes(10)).Says("alice", "On it.").Wait(Minutes(50));
  story.Moves("alice", "github/88/issue/3");
  Story successor;
  successor.context().key = {"github", "88", TicketKind::kIssue, 3};
  successor.Opens("dave").Wait(Hours(1)).Add(ArrivalOf(story)).Wait(Hours(20));
  EXPECT_EQ(successor.State("acme", kFirst), ClockState::kCancelled);
  EXPECT_EQ(successor.State("acme", kAck), ClockState::kCancelled);
  EXPECT_EQ(successor.Last("acme", kResolution).elapsed, Hours(21));
  EXPECT_NE(successor.State("acme", kUpdate), ClockState::kPending);
  for (const Notice& notice : successor.See().notices) EXPECT_NE(notice.metric, kFirst);
}

TEST(WorkaroundLabel, TakenOffTheClockGoesOnWhereItStopped) {
  Story story;
  story.Opens("dave").Wait(Hours(1)).Labels("alice", "workaround available").Wait(Hours(10));
  EXPECT_EQ(story.State("acme", kWorkaround), ClockState::kMet);
  story.Unlabels("bob", "workaround available").Wait(Hours(1));
  EXPECT_EQ(story.State("acme", kWorkaround), ClockState::kRunning);
  EXPECT_EQ(story.Last("acme", kWorkaround).elapsed, Hours(2));
  EXPECT_EQ(story.Clock("acme", kWorkaround)->cycles.size(), 1u);
  story.Labels("alice", "workaround available");
  EXPECT_EQ(story.State("acme", kWorkaround), ClockState::kMet);
}

TEST(WorkaroundLabel, TakenOffUndoesNoCommandAndNoResolution) {
  Story said;
  said.Opens("dave").Wait(Hours(1)).Says("alice", "Use 2.1.\n/support workaround\n");
  said.Wait(Minutes(1)).Labels("alice", "workaround available").Wait(Minutes(1));
  said.Unlabels("alice", "workaround available");
  EXPECT_EQ(said.State("acme", kWorkaround), ClockState::kMet);
  Story closed;
  closed.Opens("dave").Wait(Hours(1)).Labels("alice", "workaround available").Wait(Hours(1));
  closed.Closes("alice").Wait(Hours(1)).Unlabels("alice", "workaround available");
  EXPECT_EQ(closed.State("acme", kWorkaround), ClockState::kMet);
  closed.Wait(Hours(1)).Reopens("dave").Wait(Hours(1));
  EXPECT_EQ(closed.Last("acme", kWorkaround).elapsed, Hours(2));
}

TEST(TakenBack, AQuestionThatItsAuthorDeletesWantsNoAnswer) {
  Story story;
  story.Opens("dave").Wait(Minutes(5)).Says("alice", "On it.").Wait(Minutes(5));
  story.Says("dave", "Any news?").Wait(Minutes(5));
  EXPECT_EQ(Story(story).DeletesLast("dave", "dave").State("acme", kNext), ClockState::kCancelled);
  // Nobody else can take it back, and nobody can take back his other questions.
  EXPECT_EQ(Story(story).DeletesLast("alice", "dave").State("acme", kNext), ClockState::kRunning);
  story.Says("dave", "Hello?").Wait(Minutes(1)).DeletesLast("dave", "dave");
  EXPECT_EQ(story.State("acme", kNext), ClockState::kRunning);
}

TEST(TakenBack, ABrokenPromiseStaysBroken) {
  Story story;
  story.Opens("dave").Wait(Minutes(5)).Says("alice", "On it.").Wait(Minutes(5));
  story.Says("dave", "Any news?").Wait(Hours(100)).DeletesLast("dave", "dave");
  EXPECT_EQ(story.State("acme", kNext), ClockState::kMissed);
}

TEST(TakenBack, TheOpeningStillWantsAnAnswer) {
  Story story;
  story.Opens("dave").Wait(Minutes(5)).Says("dave", "More.").Wait(Minutes(5));
  EXPECT_EQ(story.DeletesLast("dave", "dave").State("acme", kFirst), ClockState::kRunning);
}

TEST(KnownByAnEdit, ACommentCountsFromItsCreation) {
  Story story;
  story.Opens("dave").Wait(Minutes(30));
  const absl::Time created = story.now() - Minutes(20);
  const auto edit = [&](const std::string& author, const std::string& editor,
                        std::optional<absl::Time> since) {
    return MakeCommentEdited({Provenance::kWebhook, story.now()}, "comment/70", story.Who(editor),
                             story.Who(author), Moment::At(story.now()), "We are looking into it!",
                             "We are looking into it.", since);
  };
  Story answer = story;
  answer.Add(edit("alice", "alice", created));
  EXPECT_EQ(answer.Last("acme", kFirst).elapsed, Minutes(10));
  EXPECT_TRUE(absl::StrContains(answer.Explained(), "comment/70 is known by an edit only"));
  // Also if another person edited it.
  EXPECT_EQ(Story(story).Add(edit("alice", "bob", created)).Last("acme", kFirst).elapsed,
            Minutes(10));
  // The comment itself gives the same result, whenever it arrives.
  Story whole = answer;
  whole.Add(MakeComment({Provenance::kWebhook, created}, "comment/70", story.Who("alice"),
                        Moment::At(created), "We are looking into it."));
  EXPECT_EQ(whole.Last("acme", kFirst).elapsed, Minutes(10));
  EXPECT_FALSE(absl::StrContains(whole.Explained(), "is known by an edit only"));
  // If the forge does not tell the creation, it counts from the known version.
  EXPECT_EQ(Story(story).Add(edit("alice", "alice", std::nullopt)).Last("acme", kFirst).elapsed,
            Minutes(30));
}

TEST(KnownByAnEdit, ACustomersQuestionToo) {
  Story story;
  story.Opens("dave").Wait(Minutes(5)).Says("alice", "On it.").Wait(Hours(1));
  story.Add(MakeCommentEdited({Provenance::kWebhook, story.now()}, "comment/71", story.Who("dave"),
                              story.Who("dave"), Moment::At(story.now()), "Any news at all?",
                              "Any news?\n/support priority P1", story.now() - Minutes(50)));
  EXPECT_EQ(story.Last("acme", kNext).started, story.now() - Minutes(50));
  // It is unknown whether the command was in the first version, so it does not run.
  EXPECT_EQ(story.See().claims[0].priority, "P3");
}

}  // namespace
}  // namespace retainer::core
