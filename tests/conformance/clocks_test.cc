// What other trackers did wrong with clocks. One test per report; each fails if we did the same.
#include <gtest/gtest.h>

#include "absl/strings/match.h"
#include "tests/core/story.h"

namespace retainer {
namespace {

using core::OpenTarget;
using core::Story;
using core::StoryPolicy;
using core::Utc;

using absl::Hours;
using absl::Minutes;
using absl::Seconds;
constexpr auto kFirst = Metric::kFirstResponse;
constexpr auto kNext = Metric::kNextResponse;
constexpr auto kUpdate = Metric::kUpdate;
constexpr auto kResolution = Metric::kResolution;

Story P1() { return Story().Opens("dave", "Down.\n\n/support priority P1\n"); }

Policy Office(const std::string& zone) {
  Policy policy = StoryPolicy();
  policy.calendars["office"].time_zone = zone;
  policy.plans["gold"].calendars = {"office"};
  return policy;
}

// Report (working_hours #26, dbt_zendesk #25): a deadline across a change of summer time is an
// hour off.
TEST(ClockReports, DaylightSavingMovesADeadlineByThePhysicalHour) {
  // Sunday 29 March 2026, 02:00 does not exist in Paris: the night is an hour shorter, office hours
  // are not.
  Story story(Office("Europe/Paris"));
  story.GoTo("2026-03-27 15:00:00").Opens("dave");  // Friday 16:00, an hour before closing; P3: 8 h
  EXPECT_EQ(story.Last("acme", kFirst).due,
            Utc("2026-03-30 14:00:00"));  // Monday 16:00 summer time
}

// Report (working_hours #45, biz #37): the calculation does not end in a zone whose clocks go
// forward at midnight.
TEST(ClockReports, AZoneThatSkipsMidnightHasNoEndlessLoop) {
  Policy policy = Office("America/Sao_Paulo");  // until 2018 the clocks went forward at midnight
  policy.calendars["office"].weekly[6] = {{0, 24 * 60}};
  policy.since = Utc("2018-01-01 00:00:00");
  Story story(policy);
  story.context().adopted = Utc("2018-01-01 00:00:00");
  story.GoTo("2018-11-02 20:00:00").Opens("dave");  // Friday after closing
  // Sunday 4 November began at 01:00, 03:00 UTC: 8 h from there.
  EXPECT_EQ(story.Last("acme", kFirst).due, Utc("2018-11-04 11:00:00"));
}

// Report (dbt_zendesk #62): today's offset is applied to days of last winter.
TEST(ClockReports, EachDayHasItsOwnOffsetHoweverLateItIsWorkedOut) {
  // A winter's ticket looked at in summer: the day began at 08:00 UTC then, not at 07:00.
  Story story(Office("Europe/Paris"));
  story.GoTo("2026-03-02 06:00:00").Opens("dave").GoTo("2026-07-01 12:00:00");
  EXPECT_EQ(story.Last("acme", kFirst).due, Utc("2026-03-02 16:00:00"));
}

// Report (business_time #175, zammad #390, chatwoot #6467, chatwoot #10436): holidays count as open
// days, or ordinary days do not.
TEST(ClockReports, HolidaysCountForNothingAndOnlyHolidaysDo) {
  Policy policy = Office("Europe/Paris");
  policy.calendars["office"].yearly_holidays = {{5, 1}};
  Story story(policy);
  story.GoTo("2026-04-30 14:00:00").Opens("dave");  // Thursday 16:00; Friday is the first of May
  EXPECT_EQ(story.Last("acme", kFirst).due, Utc("2026-05-04 14:00:00"));
  Story other(policy);
  other.GoTo("2026-05-07 14:00:00").Opens("dave");  // an ordinary Friday follows
  EXPECT_EQ(other.Last("acme", kFirst).due, Utc("2026-05-08 14:00:00"));
}

// Report (glpi #10594, frappe #1554, frappe #2449): a pause over a weekend moves the deadline by
// its wall-clock length, or out of opening hours.
TEST(ClockReports, APauseOverTheWeekendDelaysADeadlineByItsOpenTimeOnly) {
  Story story(Office("Europe/Paris"));
  story.GoTo("2026-03-06 08:00:00").Opens("dave");  // Friday 09:00
  const absl::Time due = story.Last("acme", kResolution).due;
  story.Wait(Hours(7)).Says("alice", "Which version?\n/support waiting\n");  // an hour is left
  story.GoTo("2026-03-09 09:00:00").Says("dave", "2.1");                     // Monday 10:00
  const absl::Time later = story.Last("acme", kResolution).due;
  // Two open hours of pause, not the sixty-six on the wall; and still within office hours.
  EXPECT_EQ(story.terms().back()->Calendar({"office"}).Elapsed(due, later), Hours(2));
  EXPECT_TRUE(story.terms().back()->Calendar({"office"}).IsOpen(later - Seconds(1)));
}

// Report (glpi #6902, frappe #1675): paused time is lost when the agreement or the priority
// changes.
TEST(ClockReports, PausedTimeSurvivesAChangeOfTerms) {
  Story story = P1();
  story.Wait(Hours(2)).Says("alice", "Which?\n/support waiting\n").Wait(Hours(10));
  story.Says("dave", "2.1").Wait(Hours(1)).Says("dave", "/support priority P2");
  EXPECT_EQ(story.Last("acme", kResolution).elapsed, Hours(3));
  EXPECT_EQ(story.Last("acme", kResolution).due, story.now() + Hours(96 - 3));
}

// Report (glpi #9082, glpi #24481, osTicket #3034): a ticket breaches its promise while it waits
// for the customer.
TEST(ClockReports, NothingIsBreachedWhilePaused) {
  Story story = P1();
  story.Wait(Minutes(10)).Says("alice", "Which?\n/support waiting\n").Wait(Hours(1000));
  EXPECT_EQ(story.State("acme", kResolution), ClockState::kPaused);
  EXPECT_EQ(story.Last("acme", kResolution).due, absl::InfiniteFuture());
  EXPECT_TRUE(story.See().notices.empty());
}

// Report (zammad #4353, zammad #5624): a deleted agreement continues to escalate, or does so until
// the ticket changes.
TEST(ClockReports, ARemovedPromiseEscalatesNoMoreAndAtOnce) {
  Policy policy = StoryPolicy();
  policy.plans["gold"].escalation = {{1.0, std::nullopt, {"lead"}}};
  Story story(policy);
  story.Opens("dave").Wait(Hours(1));
  policy.plans["gold"].promises["P3"].targets.erase(kFirst);
  // By the new terms' instant, not by the ticket's next event.
  story.NewTerms("v2", policy).Wait(Hours(20));
  EXPECT_EQ(story.Last("acme", kFirst).stopped, Utc("2026-03-02 10:00:00"));
  EXPECT_EQ(story.State("acme", kFirst), ClockState::kCancelled);
  for (const Notice& notice : story.See().notices) EXPECT_NE(notice.metric, kFirst);
}

// Report (zammad #4353): tickets of a customer without an agreement continue to escalate.
TEST(ClockReports, ACustomerWhoLeftThePolicyEscalatesNoMore) {
  Policy policy = StoryPolicy();
  policy.plans["gold"].escalation = {{1.0, std::nullopt, {"lead"}}};
  Story story(policy);
  story.Opens("dave").Wait(Hours(1));
  policy.customers.erase(policy.customers.begin());
  story.NewTerms("v2", policy).Wait(Hours(2000));
  EXPECT_EQ(story.State("acme", kFirst), ClockState::kCancelled);
  EXPECT_TRUE(story.See().notices.empty());
  EXPECT_EQ(story.See().next_wake, absl::InfiniteFuture());
}

// Report (zammad #5177): the update time hides an earlier first response.
TEST(ClockReports, TheUpdateClockDoesNotOverruleTheFirstResponse) {
  Story story = P1();
  story.Wait(Minutes(5)).Labels("alice", "bug").Wait(Minutes(45));
  EXPECT_EQ(story.State("acme", kUpdate), ClockState::kPending);
  EXPECT_EQ(story.See().next_due, Utc("2026-03-02 10:00:00"));
}

// Report (zammad #3140): a ticket escalates although it was answered.
TEST(ClockReports, ANextResponseDoesNotEscalateWhereWeSpokeLast) {
  Story story = P1();
  story.Wait(Minutes(1)).Says("alice", "Looking.").Wait(Minutes(1)).Says("dave", "And?");
  story.Wait(Minutes(1)).Says("alice", "Found it.").Wait(Hours(100));
  EXPECT_EQ(story.State("acme", kNext), ClockState::kMet);
  for (const Notice& notice : story.See().notices) EXPECT_NE(notice.metric, kNext);
}

// Report (zammad #3551): a reply that also sets the ticket to waiting does not count as a reply.
TEST(ClockReports, AReplyThatAlsoPausesIsCredited) {
  Story story = P1();
  story.Wait(Minutes(10)).Says("alice", "Which version is it?\n\n/support waiting\n");
  EXPECT_EQ(story.State("acme", kFirst), ClockState::kMet);
  EXPECT_EQ(story.State("acme", kResolution), ClockState::kPaused);
}

// Report (zammad #2579, zammad #4516): the elapsed time is empty until the ticket is reopened.
TEST(ClockReports, ElapsedIsThereFromTheFirstClose) {
  Story story = P1();
  story.Wait(Hours(3)).Says("alice", "Fixed.").Closes("alice");
  EXPECT_EQ(story.Last("acme", kResolution).elapsed, Hours(3));
}

// Report (zammad #4777, zammad #3410): only the longest exchange is kept.
TEST(ClockReports, EveryExchangeIsKept) {
  Story story = P1();
  story.Wait(Minutes(1)).Says("alice", "Looking.");
  for (int minutes : {5, 50, 20}) {
    story.Wait(Minutes(1)).Says("dave", "And?").Wait(Minutes(minutes)).Says("alice", "Soon.");
  }
  const PromiseClock* clock = story.Clock("acme", kNext);
  ASSERT_EQ(clock->cycles.size(), 3u);
  EXPECT_EQ(clock->cycles[0].elapsed, Minutes(5));
  EXPECT_EQ(clock->cycles[1].elapsed, Minutes(50));
  EXPECT_EQ(clock->cycles[2].elapsed, Minutes(20));
}

// Report (chatwoot #6409, chatwoot #13181, frappe #32328, slacker #135): a bot, or the warning of
// the desk itself, counts as the reply.
TEST(ClockReports, BotsAndOurOwnWarningsAreNoReply) {
  Story story = P1();
  story.Wait(Minutes(1)).Says("acme-ci", "Build 7 failed.").Posts().Says("retainer-bot", "Late.");
  Fact machine = MakeComment({Provenance::kWebhook, story.now()}, "comment/99",
                             {"900", "dependabot[bot]", true}, Moment::At(story.now()), "Bump.");
  story.Add(machine);
  EXPECT_EQ(story.State("acme", kFirst), ClockState::kRunning);
}

// Report (issue-metrics #101): the author's own comment counts as a reply.
TEST(ClockReports, TheAuthorsOwnCommentIsNoReply) {
  // Neither a customer's, nor that of a responder who opened the ticket and talks to himself.
  EXPECT_EQ(P1().Wait(Minutes(1)).Says("dave", "More.").State("acme", kFirst),
            ClockState::kRunning);
  Story story;
  story.Opens("alice").Wait(Minutes(1)).Says("bob", "/support claim c-7f3").Wait(Minutes(1));
  story.Says("alice", "I can reproduce it.");
  EXPECT_EQ(story.State("acme", kFirst), ClockState::kPending);
  // Once the customer has asked there, the author's reply is one to the customer.
  story.Wait(Minutes(1)).Says("dave", "When?").Wait(Minutes(1)).Says("alice", "On Friday.");
  EXPECT_EQ(story.State("acme", kFirst), ClockState::kMet);
}

// Report (zammad #1620, zammad #1880, zammad #1322): public notes do not count, internal ones do,
// and the customer's notes do not restart the clock.
TEST(ClockReports, PublicRepliesCountInternalNotesDoNotAndTheCustomersRestartTheClock) {
  Story story = P1();
  story.Wait(Minutes(1)).Notes("alice", "Known since 2.0.");
  EXPECT_EQ(story.State("acme", kFirst), ClockState::kRunning);
  story.Wait(Minutes(1)).Says("alice", "A known bug.");
  EXPECT_EQ(story.State("acme", kFirst), ClockState::kMet);
  story.Wait(Minutes(1)).Says("dave", "When will it be fixed?");
  EXPECT_EQ(story.State("acme", kNext), ClockState::kRunning);
  story.Wait(Minutes(1)).Notes("alice", "No idea.");
  EXPECT_EQ(story.State("acme", kNext), ClockState::kRunning);
}

// Report (chatwoot #10178): a word of thanks starts the clock of the next response.
TEST(ClockReports, ThanksAfterTheAnswerIsNoQuestion) {
  Story story = P1();
  story.Wait(Minutes(1)).Says("alice", "Set the flag.").Wait(Minutes(1)).Says("dave", "Thank you!");
  EXPECT_EQ(story.State("acme", kNext), ClockState::kPending);
}

// Report (chatwoot #13392): a late reply is not recognised as late after it is given, or if it is
// given before the next check.
TEST(ClockReports, LateIsLateHoweverLateWeLook) {
  // Answered an hour late, and looked at for the first time a day after that.
  Story story = P1();
  story.Wait(Hours(2)).Says("alice", "Sorry.").Wait(Hours(24));
  EXPECT_EQ(story.State("acme", kFirst), ClockState::kMissed);
  EXPECT_EQ(story.Last("acme", kFirst).due, Utc("2026-03-02 10:00:00"));
}

// Report (frappe #1675): waiting or closing without a word counts as the first response.
TEST(ClockReports, WaitingOrClosingWithoutAReplyIsNoResponse) {
  Story waiting = P1();
  waiting.Wait(Minutes(1)).Labels("alice", "waiting for customer");
  EXPECT_EQ(waiting.State("acme", kFirst), ClockState::kRunning);
  Story closed = P1();
  closed.Wait(Minutes(1)).Closes("alice");
  EXPECT_EQ(closed.State("acme", kFirst), ClockState::kCancelled);
  EXPECT_EQ(closed.Last("acme", kFirst).note, "closed unanswered");
}

// Report (zammad #904): a merged ticket escalates.
TEST(ClockReports, ADuplicateEscalatesNoMore) {
  Policy policy = StoryPolicy();
  policy.plans["gold"].warn_at = {0.5};
  policy.plans["gold"].escalation = {{1.0, std::nullopt, {"lead"}}};
  Story story(policy);
  story.Opens("dave")
      .Wait(Hours(1))
      .Says("alice", "/support duplicate #9")
      .Finds("#9", "github/77/issue/9")
      .Wait(Hours(1000));
  EXPECT_TRUE(story.See().notices.empty());
  EXPECT_EQ(story.See().next_wake, absl::InfiniteFuture());
}

// Report (zammad #904): a ticket that was transferred escalates in its old project.
TEST(ClockReports, ATransferredTicketEscalatesNoMore) {
  Story story = P1();
  story.Wait(Minutes(10)).Moves("alice", "github/88/issue/3").Wait(Hours(1000));
  EXPECT_EQ(story.State("acme", kFirst), ClockState::kCancelled);
  EXPECT_TRUE(story.See().notices.empty());
  EXPECT_EQ(story.See().next_wake, absl::InfiniteFuture());
  EXPECT_FALSE(story.See().carried.empty());  // it goes on over there
}

// Report (zammad #2157, zammad #4432): people are told at midnight.
TEST(ClockReports, NoAlertAtNight) {
  Policy policy = Office("Europe/Paris");
  policy.plans["gold"].warn_at = {0.5};
  policy.plans["gold"].escalation = {{1.5, std::nullopt, {"lead"}}};
  policy.plans["gold"].promises["P3"].targets = {{kFirst, OpenTarget(Hours(8))}};
  Story story(policy);
  story.GoTo("2026-03-02 13:00:00").Opens("dave").Wait(Hours(24 * 9));  // Monday 14:00
  const auto& calendar = story.terms().back()->Calendar({"office"});
  ASSERT_EQ(story.See().notices.size(), 3u);
  for (const Notice& notice : story.See().notices) {
    EXPECT_TRUE(calendar.IsOpen(notice.at)) << notice.id;
  }
}

// Report (stale #1122): a bot closes an unanswered issue, and the promise ends.
TEST(ClockReports, ABotsCloseOfAnUnansweredIssueEndsNothing) {
  Story story = P1();
  story.Wait(Minutes(1)).Closes("acme-ci", "not_planned").Wait(Hours(100));
  EXPECT_EQ(story.State("acme", kFirst), ClockState::kBreached);
  EXPECT_EQ(story.State("acme", kResolution), ClockState::kBreached);
}

// Report (glpi #15429): a ticket is escalated as soon as it is created.
TEST(ClockReports, NothingIsToldAtTheOpening) {
  Policy policy = StoryPolicy();
  policy.plans["gold"].warn_at = {0.5};
  policy.plans["gold"].escalation = {{1.0, std::nullopt, {"lead"}}};
  EXPECT_TRUE(Story(policy).Opens("dave").See().notices.empty());
}

// Report (osTicket #6739): the calculation is wrong unless Monday and Thursday are working days.
TEST(ClockReports, AWeekMayHaveAnyDays) {
  Policy policy = Office("Europe/Paris");
  for (int day : {0, 3, 4}) policy.calendars["office"].weekly[day].clear();
  Story story(policy);
  story.GoTo("2026-03-05 10:00:00").Opens("dave");  // a Thursday; P3: 8 h, which is all of Tuesday
  EXPECT_EQ(story.Last("acme", kFirst).due, Utc("2026-03-10 16:00:00"));
}

// Report (frappe #2212, frappe #1528, chatwoot #14009): the lunch break counts.
TEST(ClockReports, ALunchBreakDoesNotCount) {
  Policy policy = Office("Europe/Paris");
  policy.calendars["office"].weekly[0] = {{9 * 60, 12 * 60}, {13 * 60, 18 * 60}};
  Story story(policy);
  story.GoTo("2026-03-02 08:00:00").Opens("dave");  // Monday 09:00
  EXPECT_EQ(story.Last("acme", kFirst).due, Utc("2026-03-02 17:00:00"));
}

// Report (zammad #418): a target may not be longer than 99 hours.
TEST(ClockReports, ATargetMayBeLong) {
  Policy policy = StoryPolicy();
  policy.plans["gold"].promises["P3"].targets[kResolution] = OpenTarget(Hours(5000));
  EXPECT_EQ(Story(policy).Opens("dave").Last("acme", kResolution).due,
            Utc("2026-03-02 09:00:00") + Hours(5000));
}

// Report (chatwoot #12058, chatwoot #11787): the reply to a reopened ticket is measured from its
// first opening.
TEST(ClockReports, AReplyAfterAReopeningIsMeasuredFromTheQuestion) {
  Story story = P1();
  story.Wait(Minutes(5)).Says("alice", "Fixed.").Closes("alice").Wait(Hours(24 * 274));
  story.Says("dave", "It is back.").Reopens("dave").Wait(Minutes(7)).Says("alice", "Looking.");
  EXPECT_EQ(story.Last("acme", kNext).elapsed, Minutes(7));
  EXPECT_EQ(story.Last("acme", kFirst).elapsed, Minutes(5));
}

// Report (glpi #687): the calendar of the agreement is not used.
TEST(ClockReports, ACustomersOwnCalendarIsUsed) {
  Policy policy = StoryPolicy();
  policy.customers[0].calendars = {"office"};
  Story story(policy);
  story.GoTo("2026-03-06 16:00:00").Opens("dave");  // Friday 17:00, closed until Monday 09:00
  EXPECT_EQ(story.Last("acme", kFirst).due, Utc("2026-03-09 16:00:00"));
}

// Report (frappe #2214): an edited agreement shows the old time.
TEST(ClockReports, AnEditedTargetShowsAtOnce) {
  Policy policy = StoryPolicy();
  Story story(policy);
  story.Opens("dave").Wait(Hours(1));
  policy.plans["gold"].promises["P3"].targets[kFirst] = OpenTarget(Hours(2));
  story.NewTerms("v2", policy);
  // Stricter: from the change on, so that nothing breaks on the spot.
  EXPECT_EQ(story.Last("acme", kFirst).due, Utc("2026-03-02 12:00:00"));
}

// Report (frappe #3547): an agreement without a condition takes everybody's tickets.
TEST(ClockReports, AStrangersIssueHasNoClaim) {
  Story story;
  story.Opens("mallory").Permission("mallory", "read");
  EXPECT_TRUE(story.See().claims.empty());
}

// Report (chatwoot #6889, zammad #2532): there is only one level of escalation.
TEST(ClockReports, EachLevelOfEscalationCallsItsOwnTeam) {
  Policy policy = StoryPolicy();
  policy.plans["gold"].escalation = {{1.5, kFirst, {"core"}}, {2.0, kFirst, {"lead"}}};
  Story story(policy);
  story.Opens("dave").Wait(Hours(12) + kBreachGrace);  // one and a half times 8 h
  const auto called = [&] {
    std::vector<std::string> teams;
    for (const Notice& notice : story.See().notices) {
      if (notice.kind == NoticeKind::kEscalation) {
        teams.insert(teams.end(), notice.teams.begin(), notice.teams.end());
      }
    }
    return teams;
  };
  EXPECT_EQ(called(), std::vector<std::string>{"core"});
  story.Wait(Hours(4));
  EXPECT_EQ(called(), (std::vector<std::string>{"core", "lead"}));
}

}  // namespace
}  // namespace retainer
