// The days of a report, as people type them.
#include "src/reports/span.h"

#include <gtest/gtest.h>

namespace retainer::reports {
namespace {

const absl::TimeZone kUtc = absl::UTCTimeZone();

absl::Time Noon(int month, int day) {
  return absl::FromCivil(absl::CivilHour(2026, month, day, 12), kUtc);
}

TEST(SpanTest, BothDaysAreInclusive) {
  const auto span = ReadSpan("2026-10-01", "2026-10-31", Noon(11, 30), kUtc);
  ASSERT_TRUE(span.ok()) << span.status();
  EXPECT_EQ(BeginOf(*span, kUtc), absl::FromCivil(absl::CivilDay(2026, 10, 1), kUtc));
  EXPECT_EQ(EndOf(*span, kUtc), absl::FromCivil(absl::CivilDay(2026, 11, 1), kUtc));
}

TEST(SpanTest, NobodySaysThirteenWeeksUpToToday) {
  const auto span = ReadSpan("", "", Noon(11, 30), kUtc);
  ASSERT_TRUE(span.ok());
  EXPECT_EQ(span->until, absl::CivilDay(2026, 11, 30));
  EXPECT_EQ(span->until - span->from, 90);
}

TEST(SpanTest, WhatIsNoSpanIsRefusedWithTheReason) {
  const auto why = [](const char* from, const char* until) {
    return std::string(ReadSpan(from, until, Noon(11, 30), kUtc).status().message());
  };
  EXPECT_EQ(why("2026-13-01", ""), "\"2026-13-01\" is not a day: write it like 2026-10-01");
  EXPECT_EQ(why("2026-2-1", ""), "\"2026-2-1\" is not a day: write it like 2026-10-01");
  EXPECT_EQ(why("2026-02-30", ""), "\"2026-02-30\" is not a day: write it like 2026-10-01");
  EXPECT_EQ(why("", "yesterday"), "\"yesterday\" is not a day: write it like 2026-10-01");
  EXPECT_EQ(why("2026-10-02", "2026-10-01"),
            "the span ends on 2026-10-01, before it begins on 2026-10-02");
  EXPECT_EQ(why("2027-01-01", "2027-01-31"), "the span begins on 2027-01-01, after today");
  EXPECT_EQ(why("1990-01-01", "2026-10-01"), "the span has more than 3660 days: ask for less");
}

}  // namespace
}  // namespace retainer::reports
