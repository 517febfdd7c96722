#include "retainer/calendar.h"

#include <gtest/gtest.h>

#include <optional>
#include <thread>
#include <vector>

#include "absl/strings/match.h"
#include "tests/core/calendar_samples.h"

namespace retainer::core {
namespace {

using testing::At;
using testing::Compile;
using testing::EveryDay;
using testing::Hours;
using testing::Office;

TEST(CalendarTest, DeadlineWithinOneDay) {
  const auto office = Compile({Office("UTC")});
  EXPECT_EQ(office->Deadline(At("2026-03-02T10:00:00Z"), absl::Hours(2)),
            At("2026-03-02T12:00:00Z"));
}

TEST(CalendarTest, WhatIsAlwaysOpenIsOpenAtOnceAndNeverCloses) {
  CalendarSpec always;
  always.name = "always";
  always.time_zone = "UTC";
  always.always = true;
  const auto time = Compile({always});
  const absl::Time at = At("2026-03-02T10:00:00Z");
  EXPECT_EQ(time->NextOpen(at), at);
  EXPECT_EQ(time->NextOpen(absl::InfiniteFuture()), std::nullopt);
  EXPECT_EQ(time->NextClose(at), std::nullopt);
}

TEST(CalendarTest, ClosesAtTheFirstHolidayWhateverYearThatIsIn) {
  CalendarSpec daily = EveryDay("UTC", {Hours(0, 0, 24, 0)});
  daily.holidays = {absl::CivilDay(2031, 5, 1)};
  EXPECT_EQ(Compile({daily})->NextClose(At("2026-03-02T10:00:00Z")), At("2031-05-01T00:00:00Z"));
}

TEST(CalendarTest, DeadlineRunsOverNightsAndWeekends) {
  const auto office = Compile({Office("UTC")});
  EXPECT_EQ(office->Deadline(At("2026-03-06T16:00:00Z"), absl::Hours(2)),
            At("2026-03-09T10:00:00Z"));
  EXPECT_EQ(office->Deadline(At("2026-03-07T12:00:00Z"), absl::Hours(8)),
            At("2026-03-09T17:00:00Z"));
}

TEST(CalendarTest, ATargetThatEndsAtClosingIsDueAtClosing) {
  const auto office = Compile({Office("UTC")});
  EXPECT_EQ(office->Deadline(At("2026-03-02T09:00:00Z"), absl::Hours(8)),
            At("2026-03-02T17:00:00Z"));
  EXPECT_EQ(office->Deadline(At("2026-03-02T17:00:00Z"), absl::Seconds(1)),
            At("2026-03-03T09:00:01Z"));
}

TEST(CalendarTest, ZeroIsTheFirstOpenInstant) {
  const auto office = Compile({Office("UTC")});
  EXPECT_EQ(office->Deadline(At("2026-03-02T10:00:00Z"), absl::ZeroDuration()),
            At("2026-03-02T10:00:00Z"));
  EXPECT_EQ(office->Deadline(At("2026-03-07T10:00:00Z"), absl::Seconds(-5)),
            At("2026-03-09T09:00:00Z"));
  // Paused until Monday noon.
  EXPECT_EQ(office->Deadline(At("2026-03-07T10:00:00Z"), absl::ZeroDuration(),
                             {{At("2026-03-09T08:00:00Z"), At("2026-03-09T12:00:00Z")}}),
            At("2026-03-09T12:00:00Z"));
}

TEST(CalendarTest, FractionsOfSecondsCount) {
  const auto office = Compile({Office("UTC")});
  const absl::Time from = At("2026-03-02T16:59:59.750Z");
  EXPECT_EQ(office->Deadline(from, absl::Milliseconds(500)), At("2026-03-03T09:00:00.250Z"));
  EXPECT_EQ(office->Elapsed(from, At("2026-03-03T09:00:00.250Z")), absl::Milliseconds(500));
}

TEST(CalendarTest, ReversedIsZero) {
  const auto office = Compile({Office("UTC")});
  EXPECT_EQ(office->Elapsed(At("2026-03-03T10:00:00Z"), At("2026-03-02T10:00:00Z")),
            absl::ZeroDuration());
}

TEST(CalendarTest, HolidaysDatedYearlyAndInLeapYears) {
  CalendarSpec spec = Office("UTC");
  spec.holidays = {absl::CivilDay(2026, 3, 3)};
  spec.yearly_holidays = {{12, 25}, {2, 29}};
  const auto office = Compile({spec});
  EXPECT_FALSE(office->IsOpen(At("2026-03-03T10:00:00Z")));
  EXPECT_TRUE(office->IsOpen(At("2027-03-03T10:00:00Z")));
  EXPECT_FALSE(office->IsOpen(At("2026-12-25T10:00:00Z")));
  EXPECT_FALSE(office->IsOpen(At("2028-12-25T10:00:00Z")));
  EXPECT_FALSE(office->IsOpen(At("2028-02-29T10:00:00Z")));
}

TEST(CalendarTest, OverridesStandInsteadOfWeeklyHoursAndHolidays) {
  CalendarSpec spec = Office("UTC");
  spec.holidays = {absl::CivilDay(2026, 3, 4)};
  spec.overrides[absl::CivilDay(2026, 3, 3)] = {};
  spec.overrides[absl::CivilDay(2026, 3, 4)] = {Hours(9, 0, 12, 0)};
  spec.overrides[absl::CivilDay(2026, 3, 7)] = {Hours(10, 0, 11, 0)};  // a Saturday
  const auto office = Compile({spec});
  EXPECT_FALSE(office->IsOpen(At("2026-03-03T10:00:00Z")));
  EXPECT_EQ(office->NextClose(At("2026-03-04T10:00:00Z")), At("2026-03-04T12:00:00Z"));
  EXPECT_TRUE(office->IsOpen(At("2026-03-07T10:30:00Z")));
}

TEST(CalendarTest, BreaksAreTakenOut) {
  CalendarSpec spec = Office("UTC");
  spec.breaks[absl::CivilDay(2026, 3, 3)] = {Hours(8, 0, 9, 30), Hours(12, 0, 13, 0)};
  const auto office = Compile({spec});
  const std::vector<Interval> expected = {{At("2026-03-03T09:30:00Z"), At("2026-03-03T12:00:00Z")},
                                          {At("2026-03-03T13:00:00Z"), At("2026-03-03T17:00:00Z")}};
  EXPECT_EQ(office->OpenIntervals(At("2026-03-03T00:00:00Z"), At("2026-03-04T00:00:00Z"), 10),
            expected);
}

TEST(CalendarTest, HoursPastMidnightBelongToTheDayTheyStart) {
  CalendarSpec spec;
  spec.name = "night";
  spec.time_zone = "UTC";
  spec.weekly[4] = {Hours(22, 0, 6, 0)};         // Friday night
  spec.holidays = {absl::CivilDay(2026, 3, 7)};  // the Saturday it ends on: still open
  spec.yearly_holidays = {{3, 13}};              // the next Friday: closed, Saturday too
  const auto night = Compile({spec});
  EXPECT_TRUE(night->IsOpen(At("2026-03-07T05:59:59Z")));
  EXPECT_FALSE(night->IsOpen(At("2026-03-07T06:00:00Z")));
  EXPECT_FALSE(night->IsOpen(At("2026-03-14T03:00:00Z")));
  EXPECT_EQ(night->business_day(), absl::Hours(8));
}

TEST(CalendarTest, TwentyFourHoursMeetTheNextDayWithoutASeam) {
  CalendarSpec spec = EveryDay("UTC", {{0, 24 * 60}});
  spec.holidays = {absl::CivilDay(2026, 3, 8)};
  const auto open = Compile({spec});
  EXPECT_EQ(open->NextClose(At("2026-03-02T10:00:00Z")), At("2026-03-08T00:00:00Z"));
  EXPECT_EQ(open->Elapsed(At("2026-03-02T00:00:00Z"), At("2026-03-10T00:00:00Z")),
            absl::Hours(7 * 24));
}

TEST(CalendarTest, FullWeeksWithoutExceptionsAreAlwaysOpen) {
  EXPECT_TRUE(Compile({EveryDay("Europe/Paris", {{0, 24 * 60}})})->always_open());
  EXPECT_FALSE(Compile({Office("UTC")})->always_open());
}

TEST(CalendarTest, SeveralCalendarsAreTheirUnion) {
  // The hours of Paris and Los Angeles do not overlap: from 16:00 to 17:00 UTC both are closed.
  const auto both = Compile({Office("Europe/Paris"), Office("America/Los_Angeles")});
  EXPECT_TRUE(both->IsOpen(At("2026-01-05T08:00:00Z")));
  EXPECT_FALSE(both->IsOpen(At("2026-01-05T16:30:00Z")));
  EXPECT_TRUE(both->IsOpen(At("2026-01-05T17:00:00Z")));
  EXPECT_EQ(both->business_day(), absl::Hours(16));
  // Overlapping hours count once.
  const auto twice = Compile({Office("UTC"), Office("UTC")});
  EXPECT_EQ(twice->Elapsed(At("2026-03-02T00:00:00Z"), At("2026-03-03T00:00:00Z")), absl::Hours(8));
  EXPECT_EQ(twice->business_day(), absl::Hours(8));
  CalendarSpec always;
  always.time_zone = "UTC";
  always.always = true;
  EXPECT_TRUE(Compile({Office("UTC"), always})->always_open());
}

TEST(CalendarTest, AlwaysOpenIsPlainArithmetic) {
  CalendarSpec always;
  always.time_zone = "UTC";
  always.always = true;
  const auto open = Compile({always});
  const absl::Time from = At("2026-03-07T10:00:00Z");
  EXPECT_EQ(open->Deadline(from, absl::Hours(24)), from + absl::Hours(24));
  EXPECT_EQ(open->Deadline(from, absl::Hours(2), {{from + absl::Hours(1), from + absl::Hours(5)}}),
            from + absl::Hours(6));
  EXPECT_EQ(open->Elapsed(from, from + absl::Hours(9)), absl::Hours(9));
  EXPECT_EQ(open->NextClose(from), std::nullopt);
  EXPECT_EQ(open->business_day(), absl::Hours(24));
}

// Pauses.

TEST(CalendarPauseTest, OnlyTheOpenPartOfAPauseMovesTheDeadline) {
  // Friday 16:00 to Monday 10:00 is 66 hours of wall-clock time and two open hours.
  const auto office = Compile({Office("UTC")});
  EXPECT_EQ(office->Deadline(At("2026-03-06T15:00:00Z"), absl::Hours(3),
                             {{At("2026-03-06T16:00:00Z"), At("2026-03-09T10:00:00Z")}}),
            At("2026-03-09T12:00:00Z"));
}

TEST(CalendarPauseTest, APauseIsExactToTheSecond) {
  const auto office = Compile({Office("UTC")});
  EXPECT_EQ(office->Deadline(At("2026-03-02T10:00:00Z"), absl::Hours(1),
                             {{At("2026-03-02T10:00:59Z"), At("2026-03-02T10:30:01Z")}}),
            At("2026-03-02T11:29:02Z"));
}

TEST(CalendarPauseTest, PausesNeedNeitherOrderNorDistance) {
  const auto office = Compile({Office("UTC")});
  const std::vector<Interval> pauses = {{At("2026-03-02T13:00:00Z"), At("2026-03-02T14:00:00Z")},
                                        {At("2026-03-02T10:00:00Z"), At("2026-03-02T11:00:00Z")},
                                        {At("2026-03-02T10:30:00Z"), At("2026-03-02T12:00:00Z")},
                                        {At("2026-03-02T15:00:00Z"), At("2026-03-02T14:00:00Z")}};
  EXPECT_EQ(office->Deadline(At("2026-03-02T09:00:00Z"), absl::Hours(3), pauses),
            At("2026-03-02T15:00:00Z"));
  EXPECT_EQ(office->Elapsed(At("2026-03-02T09:00:00Z"), At("2026-03-02T15:00:00Z"), pauses),
            absl::Hours(3));
}

TEST(CalendarPauseTest, DueAtTheInstantAPauseBeginsIsNotMoved) {
  const auto office = Compile({Office("UTC")});
  EXPECT_EQ(office->Deadline(At("2026-03-02T10:00:00Z"), absl::Hours(1),
                             {{At("2026-03-02T11:00:00Z"), At("2026-03-02T12:00:00Z")}}),
            At("2026-03-02T11:00:00Z"));
}

TEST(CalendarPauseTest, APauseWithoutEndLeavesNoDeadline) {
  const auto office = Compile({Office("UTC")});
  const std::vector<Interval> open_end = {{At("2026-03-02T11:00:00Z"), absl::InfiniteFuture()}};
  EXPECT_EQ(office->Deadline(At("2026-03-02T10:00:00Z"), absl::Hours(2), open_end),
            absl::InfiniteFuture());
  EXPECT_EQ(office->Deadline(At("2026-03-02T10:00:00Z"), absl::Minutes(30), open_end),
            At("2026-03-02T10:30:00Z"));
}

// Daylight saving time.

TEST(CalendarDstTest, TheSundayOf25HoursIs25HoursLong) {
  CalendarSpec spec = EveryDay("Europe/Paris", {{0, 24 * 60}});
  spec.holidays = {absl::CivilDay(2030, 1, 1)};
  const auto open = Compile({spec});
  EXPECT_EQ(open->Elapsed(At("2020-10-24T22:00:00Z"), At("2020-10-25T23:00:00Z")), absl::Hours(25));
  EXPECT_EQ(open->Elapsed(At("2021-03-27T23:00:00Z"), At("2021-03-28T22:00:00Z")), absl::Hours(23));
}

TEST(CalendarDstTest, ASkippedLocalTimeMovesForwardByTheGap) {
  // 02:30 does not exist on 2026-03-29 in Paris: it is 03:30 CEST.
  const auto open = Compile({EveryDay("Europe/Paris", {Hours(2, 30, 5, 0)})});
  EXPECT_EQ(open->NextOpen(At("2026-03-29T00:00:00Z")), At("2026-03-29T01:30:00Z"));
  EXPECT_EQ(open->NextClose(At("2026-03-29T01:30:00Z")), At("2026-03-29T03:00:00Z"));
}

TEST(CalendarDstTest, HoursThatTheGapTurnsAroundAreEmpty) {
  // 02:45 becomes 03:45, after 03:15.
  const auto open = Compile({EveryDay("Europe/Paris", {Hours(2, 45, 3, 15)})});
  EXPECT_EQ(open->NextOpen(At("2026-03-29T00:00:00Z")), At("2026-03-30T00:45:00Z"));
}

TEST(CalendarDstTest, ADoubledLocalTimeMeansItsFirstOccurrence) {
  // 02:30 on 2026-10-25 in Paris is first 00:30Z, then 01:30Z.
  const auto open = Compile({EveryDay("Europe/Paris", {Hours(2, 30, 3, 30)})});
  EXPECT_EQ(open->NextOpen(At("2026-10-25T00:00:00Z")), At("2026-10-25T00:30:00Z"));
  EXPECT_EQ(open->NextClose(At("2026-10-25T00:30:00Z")), At("2026-10-25T02:30:00Z"));
}

TEST(CalendarDstTest, ZonesThatSkipMidnight) {
  // 2018-11-04 begins at 01:00 in São Paulo.
  CalendarSpec spec = EveryDay("America/Sao_Paulo", {{0, 24 * 60}});
  spec.holidays = {absl::CivilDay(2018, 11, 3)};
  const auto open = Compile({spec});
  EXPECT_EQ(open->NextOpen(At("2018-11-03T12:00:00Z")), At("2018-11-04T03:00:00Z"));
  EXPECT_EQ(open->Elapsed(At("2018-11-04T03:00:00Z"), At("2018-11-05T02:00:00Z")), absl::Hours(23));
}

TEST(CalendarDstTest, AZoneThatSkippedADay) {
  // Samoa had no 2011-12-30; its hours fall on those of the 31st and count once.
  const auto open = Compile({EveryDay("Pacific/Apia", {Hours(9, 0, 17, 0)})});
  EXPECT_EQ(open->Elapsed(At("2011-12-29T12:00:00Z"), At("2012-01-01T10:00:00Z")),
            absl::Hours(8 * 3));
}

TEST(CalendarDstTest, WhereWinterTimeIsTheExceptionTheFirstOccurrenceStillWins) {
  // Casablanca goes back one hour for Ramadan: 2026-02-15 03:00 -> 02:00.
  const auto open = Compile({EveryDay("Africa/Casablanca", {Hours(2, 30, 4, 0)})});
  EXPECT_EQ(open->NextOpen(At("2026-02-15T01:00:00Z")), At("2026-02-15T01:30:00Z"));
}

TEST(CalendarDstTest, TheOffsetOfTheDayNotOfToday) {
  const auto office = Compile({Office("America/New_York")});
  EXPECT_EQ(office->NextOpen(At("2026-01-05T00:00:00Z")), At("2026-01-05T14:00:00Z"));
  EXPECT_EQ(office->NextOpen(At("2026-07-06T00:00:00Z")), At("2026-07-06T13:00:00Z"));
  // Before 2007 summer time began in April.
  EXPECT_EQ(office->NextOpen(At("2006-03-20T00:00:00Z")), At("2006-03-20T14:00:00Z"));
}

TEST(CalendarDstTest, FarBeyond2037) {
  const auto office = Compile({Office("Europe/Paris")});
  EXPECT_EQ(office->NextOpen(At("2055-07-05T00:00:00Z")), At("2055-07-05T07:00:00Z"));
  EXPECT_EQ(office->NextOpen(At("2055-01-04T00:00:00Z")), At("2055-01-04T08:00:00Z"));
}

// Ends of time.

TEST(CalendarRangeTest, NothingIsOpenBeyondTheYear9999) {
  const auto office = Compile({Office("UTC")});
  EXPECT_FALSE(office->IsOpen(absl::InfiniteFuture()));
  EXPECT_EQ(office->NextOpen(absl::InfiniteFuture()), std::nullopt);
  EXPECT_EQ(office->Deadline(absl::InfiniteFuture(), absl::Hours(1)), absl::InfiniteFuture());
  EXPECT_EQ(office->Deadline(At("9999-12-31T16:00:00Z"), absl::Hours(2)), absl::InfiniteFuture());
}

TEST(CalendarRangeTest, ACalendarOfSingleDaysEnds) {
  CalendarSpec spec;
  spec.name = "event";
  spec.time_zone = "UTC";
  spec.overrides[absl::CivilDay(2026, 3, 7)] = {Hours(10, 0, 14, 0)};
  const auto event = Compile({spec});
  EXPECT_EQ(event->Deadline(At("2026-01-01T00:00:00Z"), absl::Hours(4)),
            At("2026-03-07T14:00:00Z"));
  EXPECT_EQ(event->Deadline(At("2026-01-01T00:00:00Z"), absl::Hours(5)), absl::InfiniteFuture());
  EXPECT_EQ(event->NextOpen(At("2026-04-01T00:00:00Z")), std::nullopt);
  EXPECT_EQ(event->NextClose(At("2040-04-01T00:00:00Z")), std::nullopt);
  EXPECT_EQ(event->Elapsed(At("2026-01-01T00:00:00Z"), At("2090-01-01T00:00:00Z")), absl::Hours(4));
  EXPECT_EQ(event->business_day(), absl::Hours(4));
}

TEST(CalendarRangeTest, TheTimelineGrowsBothWays) {
  const auto office = Compile({Office("UTC")});
  EXPECT_TRUE(office->IsOpen(At("2026-03-02T10:00:00Z")));
  EXPECT_TRUE(office->IsOpen(At("1990-03-05T10:00:00Z")));
  EXPECT_TRUE(office->IsOpen(At("2080-03-04T10:00:00Z")));
  // 2000 weekdays later, in one step.
  EXPECT_EQ(office->Deadline(At("2026-03-02T09:00:00Z"), absl::Hours(8 * 5 * 400)),
            At("2033-10-28T17:00:00Z"));
}

TEST(CalendarRangeTest, GrowsUnderManyReaders) {
  const auto office = Compile({Office("Europe/Paris")});
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&office, t] {
      for (int year = 0; year < 40; ++year) {
        const absl::Time from = absl::FromCivil(
            absl::CivilDay(t % 2 == 0 ? 2026 + year : 2026 - year, 6, 1), absl::UTCTimeZone());
        const absl::Time due = office->Deadline(from, absl::Hours(100));
        EXPECT_EQ(office->Elapsed(from, due), absl::Hours(100));
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
}

TEST(CalendarRangeTest, IntervalsAreLimitedAndClipped) {
  const auto office = Compile({Office("UTC")});
  const auto two = office->OpenIntervals(At("2026-03-02T10:00:00Z"), absl::InfiniteFuture(), 2);
  const std::vector<Interval> expected = {{At("2026-03-02T10:00:00Z"), At("2026-03-02T17:00:00Z")},
                                          {At("2026-03-03T09:00:00Z"), At("2026-03-03T17:00:00Z")}};
  EXPECT_EQ(two, expected);
}

// What is refused.

TEST(CalendarErrorTest, UnknownTimeZone) {
  const auto compiled = BusinessTime::Compile({Office("Mars/Olympus")});
  EXPECT_EQ(compiled.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_TRUE(absl::StrContains(compiled.status().message(), "Mars/Olympus"));
}

TEST(CalendarErrorTest, NeverOpens) {
  CalendarSpec spec;
  spec.name = "void";
  spec.time_zone = "UTC";
  EXPECT_EQ(BusinessTime::Compile({spec}).status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(BusinessTime::Compile({}).status().code(), absl::StatusCode::kInvalidArgument);
  spec.overrides[absl::CivilDay(2026, 3, 7)] = {};
  EXPECT_FALSE(BusinessTime::Compile({spec}).ok());
}

TEST(CalendarErrorTest, HoursOutOfRange) {
  EXPECT_FALSE(BusinessTime::Compile({EveryDay("UTC", {{0, 25 * 60}})}).ok());
  EXPECT_FALSE(BusinessTime::Compile({EveryDay("UTC", {{-1, 60}})}).ok());
  EXPECT_FALSE(BusinessTime::Compile({EveryDay("UTC", {{24 * 60, 60}})}).ok());
}

}  // namespace
}  // namespace retainer::core
