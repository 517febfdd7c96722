// The days that an iCalendar file closes: exactly those of RFC 5545, or the file is refused with
// the line. Somebody's reader understood most of these files differently.
#include "src/policy/ics.h"

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "src/policy/ics_rule.h"
#include "src/policy/policy_parser.h"

namespace retainer::policy {
namespace {

// Converts line ends to those of the standard.
std::string File(const std::string& text) { return absl::StrReplaceAll(text, {{"\n", "\r\n"}}); }

std::string Calendar(const std::string& body) {
  return File("BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:-//x//y//EN\n" + body + "END:VCALENDAR\n");
}

std::string Event(const std::string& lines) {
  return "BEGIN:VEVENT\nUID:a@x\nDTSTAMP:20260101T000000Z\n" + lines + "END:VEVENT\n";
}

// The days in a range of years, as `MMDD` or `YYYYMMDD`, or the problems.
std::string Days(const std::string& text, int from = 2026, int until = 2026) {
  std::vector<Problem> problems;
  const std::set<absl::CivilDay> days = ParseIcs("h.ics", text, &problems);
  EXPECT_TRUE(problems.empty() || days.empty());
  if (!problems.empty()) return FormatProblems(problems);
  std::string all;
  for (const absl::CivilDay day : days) {
    if (day.year() < from || day.year() > until) continue;
    absl::StrAppend(&all, all.empty() ? "" : " ");
    if (from != until) absl::StrAppend(&all, day.year());
    absl::StrAppend(&all, absl::Dec(day.month(), absl::kZeroPad2),
                    absl::Dec(day.day(), absl::kZeroPad2));
  }
  return all;
}

std::string DaysOf(const std::string& lines, int from = 2026, int until = 2026) {
  return Days(Calendar(Event(lines)), from, until);
}

constexpr char kYearly[] = "DTSTART;VALUE=DATE:20200915\nRRULE:FREQ=YEARLY\n";

// Report (here): a day whose event is cancelled stays closed.
TEST(IcsTest, ACancelledInstanceOfAYearlyRuleIsOpen) {
  const std::string text = Calendar(
      Event(kYearly) +
      Event("RECURRENCE-ID;VALUE=DATE:20260915\nDTSTART;VALUE=DATE:20260915\nSTATUS:CANCELLED\n"));
  EXPECT_EQ(Days(text, 2025, 2027), "20250915 20270915");
}

TEST(IcsTest, AMovedInstanceIsWhereItWasMovedTo) {
  const std::string text =
      Calendar(Event("RECURRENCE-ID;VALUE=DATE:20260915\nDTSTART;VALUE=DATE:20260917\n"
                     "DTEND;VALUE=DATE:20260919\n") +
               Event(kYearly));
  EXPECT_EQ(Days(text, 2025, 2027), "20250915 20260917 20260918 20270915");
}

// Report (here): a yearly rule closes the years before its start.
TEST(IcsTest, AYearlyRuleBeginsAtItsStart) {
  EXPECT_EQ(DaysOf("DTSTART;VALUE=DATE:20280915\nRRULE:FREQ=YEARLY\n", 2025, 2029),
            "20280915 20290915");
}

TEST(IcsTest, ExceptionsAndExtraDaysAreKept) {
  EXPECT_EQ(DaysOf(absl::StrCat(kYearly,
                                "EXDATE;VALUE=DATE:20250915,20270915\n"
                                "EXDATE;VALUE=DATE:20280915\n"
                                "RDATE;VALUE=DATE:20261001\n"),
                   2024, 2029),
            "20240915 20260915 20261001 20290915");
  EXPECT_EQ(DaysOf("DTSTART;VALUE=DATE:20260915\nRDATE;VALUE=DATE:20261001\n"), "0915 1001");
}

TEST(IcsTest, RulesOfHolidays) {
  const std::map<std::string, std::string> of_2026 = {
      // Thanksgiving, in two spellings; the last Monday of May; the Monday before 25 May
      {"DTSTART;VALUE=DATE:20241128\nRRULE:FREQ=YEARLY;BYMONTH=11;BYDAY=4TH\n", "1126"},
      {"DTSTART;VALUE=DATE:20241128\nRRULE:BYMONTH=11;BYDAY=TH;BYSETPOS=4;FREQ=YEARLY\n", "1126"},
      {"DTSTART;VALUE=DATE:20240527\nRRULE:freq=yearly;bymonth=5;byday=-1mo\n", "0525"},
      {"DTSTART;VALUE=DATE:20240520\nRRULE:FREQ=YEARLY;BYMONTH=5;BYDAY=MO;"
       "BYMONTHDAY=18,19,20,21,22,23,24\n",
       "0518"},
      {"DTSTART;VALUE=DATE:20240501\nRRULE:FREQ=YEARLY;BYMONTH=5;BYMONTHDAY=1\n", "0501"},
      {"DTSTART;VALUE=DATE:20240501\nRRULE:FREQ=YEARLY;INTERVAL=2\n", "0501"},
      {"DTSTART;VALUE=DATE:20250501\nRRULE:FREQ=YEARLY;INTERVAL=2\n", ""},
      {"DTSTART;VALUE=DATE:20250501\nRRULE:FREQ=YEARLY;COUNT=2\n", "0501"},
      {"DTSTART;VALUE=DATE:20250501\nRRULE:FREQ=YEARLY;COUNT=1\n", ""},
      {"DTSTART;VALUE=DATE:20250501\nRRULE:FREQ=YEARLY;UNTIL=20260501\n", "0501"},
      {"DTSTART;VALUE=DATE:20250501\nRRULE:FREQ=YEARLY;UNTIL=20260430\n", ""},
      {"DTSTART;VALUE=DATE:20260131\nRRULE:FREQ=MONTHLY;COUNT=3\n", "0131 0331 0531"},
      {"DTSTART;VALUE=DATE:20260130\nRRULE:FREQ=MONTHLY;BYMONTHDAY=-2;UNTIL=20260330\n",
       "0130 0227 0330"},
      {"DTSTART;VALUE=DATE:20260105\nRRULE:FREQ=WEEKLY;BYDAY=MO,TU;INTERVAL=2;COUNT=3\n",
       "0105 0106 0119"},
      {"DTSTART;VALUE=DATE:20260105\nRRULE:FREQ=DAILY;UNTIL=20260107\n", "0105 0106 0107"},
  };
  for (const auto& [lines, days] : of_2026) EXPECT_EQ(DaysOf(lines), days) << lines;
}

TEST(IcsTest, TheTwentyNinthOfFebruaryIsInLeapYearsAlone) {
  EXPECT_EQ(DaysOf("DTSTART;VALUE=DATE:20200229\nRRULE:FREQ=YEARLY\n", 2020, 2030),
            "20200229 20240229 20280229");
  EXPECT_EQ(DaysOf("DTSTART;VALUE=DATE:20200228\nDURATION:P2D\nRRULE:FREQ=YEARLY\n", 2024, 2025),
            "20240228 20240229 20250228 20250301");
}

TEST(IcsTest, ARuleWithoutEndEndsWithTheCentury) {
  EXPECT_EQ(DaysOf("DTSTART;VALUE=DATE:20200501\nRRULE:FREQ=YEARLY\n", 2198, 2300),
            "21980501 21990501");
}

TEST(IcsTest, LengthsOfWholeDays) {
  EXPECT_EQ(DaysOf("DTSTART;VALUE=DATE:20261224\nDTEND;VALUE=DATE:20261227\n"), "1224 1225 1226");
  EXPECT_EQ(DaysOf("DTSTART;VALUE=DATE:20261224\nDURATION:P2D\n"), "1224 1225");
  EXPECT_EQ(DaysOf("DTSTART;VALUE=DATE:20261224\nDURATION:P1W\n", 2026, 2026),
            "1224 1225 1226 1227 1228 1229 1230");
  EXPECT_EQ(DaysOf("DTSTART:20261224\n"), "1224");
  EXPECT_EQ(Days("begin:vcalendar\nbegin:vevent \ndtstart;value=date:20261224\nend:vevent\t\n"
                 "end:vcalendar\n"),
            "1224");
}

// Content of real files that closes no day and changes nothing.
TEST(IcsTest, WhatSaysNothingOfDaysIsPassedOver) {
  EXPECT_EQ(
      Days("\xef\xbb\xbf" +
           Calendar("X-WR-CALNAME:Holidays\nX-WR-TIMEZONE:Europe/Paris\nMETHOD:PUBLISH\n"
                    "CALSCALE:GREGORIAN\nREFRESH-INTERVAL;VALUE=DURATION:P1D\n"
                    "BEGIN:VTIMEZONE\nTZID:Europe/Paris\nBEGIN:STANDARD\n"
                    "DTSTART:19701025T030000\nRRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU\n"
                    "TZOFFSETFROM:+0200\nTZOFFSETTO:+0100\nEND:STANDARD\nEND:VTIMEZONE\n"
                    "BEGIN:VTODO\nUID:t\nDUE;VALUE=DATE:20260102\nEND:VTODO\n"
                    "BEGIN:VEVENT\nUID:1\nSUMMARY;LANGUAGE=fr;X-Q=\"a:b\":No\xc3\n \xabl, "
                    "\\nfamille\nDESCRIPTION:\nTRANSP:TRANSPARENT\nSEQUENCE:3\nCLASS:PUBLIC\n"
                    "STATUS:CONFIRMED\nX-MICROSOFT-CDO-ALLDAYEVENT:TRUE\nDTSTART;VALUE=DATE:2026\n"
                    " 1225\nBEGIN:VALARM\nACTION:DISPLAY\nTRIGGER:-PT15M\nDURATION:PT5M\n"
                    "END:VALARM\nEND:VEVENT\n")),
      "1225");
  EXPECT_EQ(Days(absl::StrReplaceAll(Calendar(Event(kYearly)), {{"\r\n", "\n"}})), "0915");
  // Events of several calendars in one file, and events without UID.
  EXPECT_EQ(Days(Calendar("BEGIN:VEVENT\nDTSTART:20260101\nEND:VEVENT\n") +
                 Calendar("BEGIN:VEVENT\nDTSTART:20260102\nEND:VEVENT\n")),
            "0101 0102");
  // A cancelled event of any kind closes nothing.
  EXPECT_EQ(DaysOf("DTSTART;TZID=Europe/Paris:20260501T100000\nSTATUS:CANCELLED\n"), "");
  EXPECT_EQ(Days(Calendar(Event("DTSTART:20260501\nRRULE:FREQ=YEARLY\nSTATUS:CANCELLED\n") +
                          Event("RECURRENCE-ID:20260501\nDTSTART:20260501\nSTATUS:CANCELLED\n"))),
            "");
}

struct Refused {
  const char* name;
  std::string text;
  int line;
  const char* what;
};

class RefusedIcsTest : public ::testing::TestWithParam<Refused> {};

// Report (here): the reader guesses parts of a calendar file that cannot be kept exactly.
TEST_P(RefusedIcsTest, WithItsLine) {
  const Refused& refused = GetParam();
  std::vector<Problem> problems;
  EXPECT_TRUE(ParseIcs("h.ics", refused.text, &problems).empty());
  ASSERT_EQ(problems.size(), 1u) << FormatProblems(problems);
  EXPECT_EQ(problems[0].file, "h.ics");
  EXPECT_EQ(problems[0].line, refused.line) << problems[0].what;
  EXPECT_NE(problems[0].what.find(refused.what), std::string::npos) << problems[0].what;
  EXPECT_FALSE(problems[0].mend.empty());
}

// One event whose lines begin at line 7.
Refused Lines(const char* name, const std::string& lines, int line, const char* what) {
  return {name, Calendar(Event(lines)), line, what};
}
// A rule of an event on 15 September 2026, on line 8.
Refused Rule(const char* name, const std::string& rule, const char* what) {
  return Lines(name, "DTSTART;VALUE=DATE:20260915\nRRULE:" + rule + "\n", 8, what);
}

INSTANTIATE_TEST_SUITE_P(
    Events, RefusedIcsTest,
    ::testing::Values(
        Lines("DtstartTwice", "DTSTART;VALUE=DATE:20260915\nDTSTART;VALUE=DATE:20260917\n", 8,
              "given twice"),
        Lines("TwoStartsInOneLine", "DTSTART;VALUE=DATE:20260915,20260917\n", 7, "DTSTART"),
        Lines("SecondRule",
              "DTSTART;VALUE=DATE:20240915\nRRULE:FREQ=YEARLY\n"
              "RRULE:FREQ=YEARLY;BYMONTH=10;BYMONTHDAY=1\n",
              9, "RRULE is given twice"),
        Lines("Exrule", absl::StrCat(kYearly, "EXRULE:FREQ=YEARLY;INTERVAL=2\n"), 9, "EXRULE"),
        Lines("Utc", "DTSTART:20260915T000000Z\nDTEND:20260916T000000Z\n", 7, "not a whole day"),
        Lines("Floating", "DTSTART:20260915T000000\n", 7, "not a whole day"),
        Lines("Zoned", "DTSTART;TZID=Europe/Paris:20260915T000000\n", 7, "TZID=Europe/Paris"),
        Lines("ZonedDay", "DTSTART;TZID=Europe/Paris;VALUE=DATE:20260915\n", 7, "TZID"),
        Lines("SaidToBeATime", "DTSTART;VALUE=DATE-TIME:20260915\n", 7, "DTSTART"),
        Lines("SaidToBeADay", "DTSTART;VALUE=DATE:20260915T100000\n", 7, "DTSTART"),
        Lines("NoSuchDay", "DTSTART;VALUE=DATE:20260931\n", 7, "no day of the calendar"),
        Lines("NoSuchLeapDay", "DTSTART;VALUE=DATE:20270229\n", 7, "no day of the calendar"),
        Lines("Dashes", "DTSTART;VALUE=DATE:2026-09-15\n", 7, "DTSTART"),
        Lines("ShortDay", "DTSTART;VALUE=DATE:202609\n", 7, "DTSTART"),
        Lines("NoStart", "SUMMARY:x\n", 4, "without DTSTART"),
        Lines("EndsAsItBegins", "DTSTART:20260915\nDTEND:20260915\n", 8, "DTEND"),
        Lines("EndsBefore", "DTSTART:20260915\nDTEND:20260914\n", 8, "DTEND"),
        Lines("EndsAtATime", "DTSTART:20260915\nDTEND:20260916T120000Z\n", 8, "DTEND"),
        Lines("EndsFarAway", "DTSTART:20260915\nDTEND:20280915\n", 8, "366"),
        Lines("EndAndDuration", "DTSTART:20260915\nDTEND:20260916\nDURATION:P1D\n", 9,
              "beside each other"),
        Lines("DurationOfHours", "DTSTART:20260915\nDURATION:PT24H\n", 8, "DURATION"),
        Lines("DurationBackwards", "DTSTART:20260915\nDURATION:-P1D\n", 8, "DURATION"),
        Lines("DurationOfNothing", "DTSTART:20260915\nDURATION:P0D\n", 8, "DURATION"),
        Lines("Tentative", "DTSTART:20260915\nSTATUS:TENTATIVE\n", 8, "TENTATIVE"),
        Lines("StatusOfATask", "DTSTART:20260915\nSTATUS:COMPLETED\n", 8, "STATUS"),
        Lines("ExtraTime", absl::StrCat(kYearly, "RDATE:20261001T100000Z\n"), 9, "RDATE"),
        Lines("ExtraPeriod", absl::StrCat(kYearly, "RDATE;VALUE=PERIOD:20261001T000000Z/P1D\n"), 9,
              "RDATE"),
        Lines("ExceptionAtATime",
              absl::StrCat(kYearly, "EXDATE;TZID=Europe/Paris:20260915T000000\n"), 9, "EXDATE")),
    [](const auto& test) { return std::string(test.param.name); });

INSTANTIATE_TEST_SUITE_P(
    Rules, RefusedIcsTest,
    ::testing::Values(
        Rule("OutOfStep", "FREQ=YEARLY;BYMONTH=10;BYMONTHDAY=1", "DTSTART is not a day of its"),
        Rule("OutOfStepByDay", "FREQ=YEARLY;BYDAY=1MO", "DTSTART is not a day of its own rule"),
        Rule("EachDayOfTheMonth", "FREQ=YEARLY;BYMONTHDAY=15", "without BYMONTH"),
        Rule("WeekNumber", "FREQ=YEARLY;BYWEEKNO=38;BYDAY=TU", "BYWEEKNO is not read"),
        Rule("DayOfTheYear", "FREQ=YEARLY;BYYEARDAY=258", "BYYEARDAY is not read"),
        Rule("Hourly", "FREQ=HOURLY;COUNT=2", "FREQ=HOURLY"),
        Rule("ByHour", "FREQ=YEARLY;BYHOUR=9", "BYHOUR is not read"),
        Rule("WeeklyForEver", "FREQ=WEEKLY", "belongs into `hours`"),
        Rule("DailyForEver", "FREQ=DAILY", "belongs into `hours`"),
        Rule("NoFrequency", "COUNT=2", "without FREQ"), Rule("NoRule", "YEARLY", "no recurrence"),
        Rule("FrequencyTwice", "FREQ=YEARLY;FREQ=MONTHLY", "once"),
        Rule("CountAndUntil", "FREQ=YEARLY;COUNT=3;UNTIL=20300915", "beside each other"),
        Rule("CountOfNothing", "FREQ=YEARLY;COUNT=0", "COUNT=0"),
        Rule("IntervalOfNothing", "FREQ=YEARLY;INTERVAL=0", "INTERVAL=0"),
        Rule("HugeInterval", "FREQ=YEARLY;INTERVAL=65537", "INTERVAL=65537"),
        Rule("UntilATime", "FREQ=YEARLY;UNTIL=20300915T235959Z", "UNTIL is not a day"),
        Rule("UntilBefore", "FREQ=YEARLY;UNTIL=20250915", "UNTIL is before DTSTART"),
        Rule("NoSuchMonth", "FREQ=YEARLY;BYMONTH=13", "BYMONTH=13"),
        Rule("NoSuchWeekday", "FREQ=YEARLY;BYDAY=XX", "BYDAY=XX"),
        Rule("NeverADay", "FREQ=YEARLY;BYMONTH=2,4;BYMONTHDAY=31", "no month of the rule has"),
        Rule("NumberedWeekday", "FREQ=WEEKLY;BYDAY=1TU;COUNT=2", "FREQ=WEEKLY"),
        Rule("PositionOfNothing", "FREQ=YEARLY;BYSETPOS=1", "BYSETPOS"),
        Rule("PositionAmongDays", "FREQ=YEARLY;BYMONTH=9;BYMONTHDAY=15,-16;BYSETPOS=1", "BYSETPOS"),
        Rule("OtherWeeks", "FREQ=WEEKLY;INTERVAL=2;WKST=SU;COUNT=4", "WKST"),
        Rule("OtherCalendar", "RSCALE=CHINESE;FREQ=YEARLY", "RSCALE is not read"),
        Rule("Skip", "FREQ=YEARLY;SKIP=FORWARD", "SKIP is not read"),
        Lines("BeforeTheHorizon", "DTSTART:18500501\nRRULE:FREQ=YEARLY\n", 8, "begins in 1850"),
        Lines("BeyondTheHorizon", "DTSTART:22500501\nRRULE:FREQ=YEARLY\n", 8, "begins in 2250")),
    [](const auto& test) { return std::string(test.param.name); });

INSTANTIATE_TEST_SUITE_P(
    Series, RefusedIcsTest,
    ::testing::Values(
        Refused{"ThisAndFuture",
                Calendar(Event(kYearly) + Event("RECURRENCE-ID;RANGE=THISANDFUTURE;VALUE=DATE:"
                                                "20260915\nDTSTART:20260916\n")),
                13, "RANGE"},
        Refused{"NoSuchInstance",
                Calendar(Event(kYearly) + Event("RECURRENCE-ID;VALUE=DATE:20260916\n"
                                                "DTSTART:20260917\n")),
                13, "names no instance"},
        Refused{"ExcludedInstance",
                Calendar(Event(absl::StrCat(kYearly, "EXDATE:20260915\n")) +
                         Event("RECURRENCE-ID:20260915\nDTSTART:20260917\n")),
                14, "names no instance"},
        Refused{"InstanceTwice",
                Calendar(Event(kYearly) + Event("RECURRENCE-ID:20260915\nDTSTART:20260917\n") +
                         Event("RECURRENCE-ID:20260915\nDTSTART:20260918\n")),
                19, "named twice"},
        Refused{
            "InstanceAtATime",
            Calendar(Event(kYearly) + Event("RECURRENCE-ID:20260915T000000Z\nDTSTART:20260917\n")),
            13, "RECURRENCE-ID is not a whole day"},
        Refused{"InstanceWithARule",
                Calendar(Event(kYearly) +
                         Event("RECURRENCE-ID:20260915\nDTSTART:20260917\nRRULE:FREQ=YEARLY\n")),
                15, "RRULE beside RECURRENCE-ID"},
        Refused{"InstanceAlone", Calendar(Event("RECURRENCE-ID:20260915\nDTSTART:20260917\n")), 7,
                "not in this file"},
        Refused{"InstanceOfACancelledSeries",
                Calendar(Event(absl::StrCat(kYearly, "STATUS:CANCELLED\n")) +
                         Event("RECURRENCE-ID:20260915\nDTSTART:20260917\n")),
                11, "cancelled as a whole"},
        Refused{"TwoRevisions",
                Calendar(Event("SEQUENCE:0\nDTSTART:20260915\n") +
                         Event("SEQUENCE:1\nDTSTART:20260917\n")),
                10, "second event of one UID"},
        Refused{"NoUid",
                Calendar("BEGIN:VEVENT\nRECURRENCE-ID:20260915\nDTSTART:20260915\nEND:VEVENT\n"), 5,
                "without UID"}),
    [](const auto& test) { return std::string(test.param.name); });

const std::string kEvent = Event("DTSTART:20260915\n");  // 5 lines, from line 4

INSTANTIATE_TEST_SUITE_P(
    Files, RefusedIcsTest,
    ::testing::Values(
        Refused{"MethodCancel", Calendar("METHOD:CANCEL\n" + kEvent), 4, "METHOD:CANCEL"},
        Refused{"MethodRequest", Calendar(kEvent + "METHOD:REQUEST\n"), 9, "METHOD:REQUEST"},
        Refused{"MethodTwice", Calendar("METHOD:PUBLISH\nMETHOD:PUBLISH\n" + kEvent), 5, "twice"},
        Refused{"OtherCalendar", Calendar("CALSCALE:JULIAN\n" + kEvent), 4, "CALSCALE:JULIAN"},
        Refused{"OldVersion", File("BEGIN:VCALENDAR\nVERSION:1.0\n" + kEvent + "END:VCALENDAR\n"),
                2, "VERSION:1.0"},
        Refused{"NoEvent", Calendar(""), 1, "no event"}, Refused{"Empty", "", 1, "no event"},
        Refused{"OutsideACalendar", File(kEvent), 1, "outside VCALENDAR"},
        Refused{"AfterTheCalendar", Calendar(kEvent) + "DTSTART:20260101\r\n", 10, "outside"},
        Refused{"EventNotEnded",
                File("BEGIN:VCALENDAR\nBEGIN:VEVENT\nDTSTART:20260915\nEND:VCALENDAR\n"), 4,
                "END:VEVENT is missing"},
        Refused{"CalendarNotEnded", File("BEGIN:VCALENDAR\n" + kEvent), 1, "without its END"},
        Refused{"EventInEvent",
                Calendar("BEGIN:VEVENT\nDTSTART:20260915\nBEGIN:VEVENT\nDTSTART:20260916\n"
                         "END:VEVENT\nEND:VEVENT\n"),
                6, "inside VEVENT"},
        Refused{"EventInTask", Calendar("BEGIN:VTODO\n" + kEvent + "END:VTODO\n"), 5, "inside"},
        Refused{"CalendarInCalendar", File("BEGIN:VCALENDAR\nBEGIN:VCALENDAR\n"), 2, "inside"},
        Refused{"BusyTimes", Calendar("BEGIN:VFREEBUSY\nEND:VFREEBUSY\n" + kEvent), 4, "VFREEBUSY"},
        Refused{"TooDeep",
                File("BEGIN:VCALENDAR\nBEGIN:X-A\nBEGIN:X-A\nBEGIN:X-A\nBEGIN:X-A\nBEGIN:X-A\n"
                     "BEGIN:X-A\nBEGIN:X-A\nBEGIN:X-A\n"),
                9, "nested"},
        Refused{"NoColon", Calendar("BEGIN:VEVENT\nDTSTART 20260915\nEND:VEVENT\n"), 5,
                "NAME:VALUE"},
        Refused{"OpenQuote", Calendar("BEGIN:VEVENT\nDTSTART;X-A=\"b:20260915\nEND:VEVENT\n"), 5,
                "NAME:VALUE"},
        Refused{"Latin1", Calendar("X-WR-CALNAME:F\xeates\n" + kEvent), 4, "not UTF-8"},
        Refused{"Utf16", std::string("\xff\xfe\x42\x00\x45\x00", 6), 1, "not UTF-8"},
        Refused{"OldMac", "BEGIN:VCALENDAR\rEND:VCALENDAR\r", 1, "control"},
        Refused{"Nul", Calendar(std::string("X-A:\0\n", 6) + kEvent), 4, "control"},
        Refused{"FoldOfNothing", " BEGIN:VCALENDAR\r\n", 1, "goes on"},
        Refused{"NoCalendar", "<!DOCTYPE html>\n<html></html>\n", 1, "NAME:VALUE"}),
    [](const auto& test) { return std::string(test.param.name); });

// ---- bounds: each says its own

TEST(IcsBoundsTest, HundredsOfRulesAreReadOnce) {
  std::string events;
  for (int i = 0; i < 400; ++i) {
    absl::StrAppend(&events, "BEGIN:VEVENT\nDTSTART:20000101\nRRULE:FREQ=YEARLY;COUNT=200\n",
                    "END:VEVENT\n");
  }
  EXPECT_EQ(Days(Calendar(events)), "0101");
}

TEST(IcsBoundsTest, EachIsNamed) {
  std::string rules;
  for (std::size_t i = 0; i <= kMaxIcsRules; ++i) {
    absl::StrAppend(&rules, "BEGIN:VEVENT\nDTSTART:20260915\nRRULE:FREQ=YEARLY\nEND:VEVENT\n");
  }
  EXPECT_NE(Days(Calendar(rules)).find("more than 500 rules in one file"), std::string::npos);

  std::string events;
  for (std::size_t i = 0; i <= kMaxIcsEvents; ++i) {
    absl::StrAppend(&events, "BEGIN:VEVENT\nDTSTART:20260915\nEND:VEVENT\n");
  }
  EXPECT_NE(Days(Calendar(events)).find("more than 10000 events in one file"), std::string::npos);

  // 300 years of whole years.
  std::string long_ones;
  for (int i = 0; i < 3; ++i) {
    absl::StrAppend(&long_ones, "BEGIN:VEVENT\nDTSTART:19000101\nDURATION:P365D\n",
                    "RRULE:FREQ=YEARLY\nEND:VEVENT\n");
  }
  EXPECT_NE(Days(Calendar(long_ones)).find("more than 100000 days in one file"), std::string::npos);
  EXPECT_NE(DaysOf("DTSTART:19000101\nRRULE:FREQ=DAILY;COUNT=100000\nRDATE:18990101\n")
                .find("more than 100000 days"),
            std::string::npos);

  std::string saturdays;
  for (int i = 0; i < 120; ++i) {
    absl::StrAppend(&saturdays, "BEGIN:VEVENT\nDTSTART:19000901\n",
                    "RRULE:FREQ=YEARLY;BYMONTH=9;BYDAY=1SA,2SA,3SA\nEND:VEVENT\n");
  }
  EXPECT_NE(Days(Calendar(saturdays)).find("more than 100000 days in one file"), std::string::npos);

  EXPECT_NE(Days(std::string(kMaxIcsBytes + 1, 'a')).find("larger than 1048576 bytes"),
            std::string::npos);
  EXPECT_NE(DaysOf("DTSTART:20260915\nRRULE:FREQ=YEARLY;BYDAY=" + std::string(500, 'M') + "\n")
                .find("longer than 400 bytes"),
            std::string::npos);
}

TEST(IcsBoundsTest, NoMoreThanAScreenOfProblems) {
  std::string events;
  for (int i = 0; i < 1000; ++i) absl::StrAppend(&events, "BEGIN:VEVENT\nEND:VEVENT\n");
  std::vector<Problem> problems;
  (void)ParseIcs("h.ics", Calendar(events), &problems);
  EXPECT_EQ(problems.size(), 20u);
}

PolicyResult WithCalendars(const std::string& calendars,
                           const std::map<std::string, std::string>& files) {
  std::map<std::string, std::string> all = files;
  all["p.yaml"] = "version: 1\nprojects: [\"github:acme/opendb\"]\ncalendars:\n" + calendars;
  return ParsePolicy(all);
}

TEST(IcsBoundsTest, AFileThatIsNamedOftenIsReadOnce) {
  std::string names = "h.ics";
  for (int i = 0; i < 2000; ++i) names += ", h.ics";
  std::string calendars;
  for (int i = 0; i < 3; ++i) {
    absl::StrAppend(&calendars, "  c", i, ": {time_zone: UTC, hours: {mon: [\"09:00-17:00\"]}, ",
                    "holidays: [", names, "]}\n");
  }
  const PolicyResult good = WithCalendars(calendars, {{"h.ics", Calendar(kEvent)}});
  ASSERT_TRUE(good.policy) << FormatProblems(good.problems);
  EXPECT_EQ(good.policy->calendars.at("c2").holidays.size(), 1u);
  const PolicyResult wrong = WithCalendars(calendars, {{"h.ics", "x"}});
  EXPECT_EQ(wrong.problems.size(), 1u) << "said once: " << FormatProblems(wrong.problems);
}

TEST(IcsBoundsTest, AllCalendarsTogetherAreBounded) {
  std::string calendars;
  for (int i = 0; i < 8; ++i) {
    absl::StrAppend(&calendars, "  c", i, ": {time_zone: UTC, hours: {mon: [\"09:00-17:00\"]}, ",
                    "holidays: [h.ics]}\n");
  }
  const PolicyResult many = WithCalendars(
      calendars, {{"h.ics", Calendar(Event("DTSTART:20200101\nRRULE:FREQ=DAILY;COUNT=30000\n"))}});
  ASSERT_EQ(many.problems.size(), 2u) << FormatProblems(many.problems);
  EXPECT_NE(many.problems[0].what.find("more than 200000 days"), std::string::npos);
}

}  // namespace
}  // namespace retainer::policy
