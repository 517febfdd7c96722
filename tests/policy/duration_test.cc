#include "src/policy/duration.h"

#include <gtest/gtest.h>

#include <string>

namespace retainer::policy {
namespace {

TEST(DurationTest, Reads) {
  EXPECT_EQ(ParseTarget("90s")->target.fixed, absl::Seconds(90));
  EXPECT_EQ(ParseTarget("1h30m")->target.fixed, absl::Minutes(90));
  EXPECT_DOUBLE_EQ(ParseTarget("2bd")->target.business_days, 2);
  EXPECT_DOUBLE_EQ(ParseTarget("0.5bd")->target.business_days, 0.5);
  EXPECT_EQ(ParseTarget("1bd2h")->target.fixed, absl::Hours(2));
  EXPECT_FALSE(ParseTarget("24h")->uses_days);
  EXPECT_TRUE(ParseTarget("1w")->uses_days);
  EXPECT_EQ(ParseTarget("1w")->target.fixed, absl::Hours(7 * 24));
  EXPECT_EQ(ParseTarget("15m")->target.text, "15m");
}

TEST(DurationTest, Refuses) {
  for (const char* text : {"", "h", "1", "1 h", "-1h", "1h1h", "1.h", ".5h", "1..5h", "0s", "1y",
                           "1H", "1h ", "99999999999999999999h", "4000d", "1e3h", "0bd"}) {
    EXPECT_FALSE(ParseTarget(text).ok()) << text;
  }
  EXPECT_FALSE(ParseDuration("1bd").ok());
  EXPECT_TRUE(ParseDuration("5d").ok());
}

TEST(DurationTest, WritesWhatItReads) {
  for (const char* text :
       {"90s", "15m", "1h30m", "2bd", "0.5bd", "1bd2h", "5d", "0.25s", "1h0.5s"}) {
    const Target target = ParseTarget(text)->target;
    const Target again = ParseTarget(FormatTarget(target))->target;
    EXPECT_EQ(again.fixed, target.fixed) << text;
    EXPECT_EQ(again.business_days, target.business_days) << text;
  }
  EXPECT_EQ(FormatTarget(ParseTarget("90m")->target), "1h30m");
}

TEST(InstantTest, ReadsExactlyRfc3339) {
  EXPECT_EQ(*ParseInstant("2026-03-06T17:00:00+01:00"), *ParseInstant("2026-03-06T16:00:00Z"));
  EXPECT_EQ(*ParseInstant("1970-01-01T00:00:00.5Z"), absl::FromUnixMillis(500));
  for (const char* text :
       {"", "2026-03-06", "2026-03-06 17:00:00Z", "2026-03-06T17:00:00", "2026-02-30T17:00:00Z",
        "infinite-future", " 2026-03-06T17:00:00Z", "2026-03-06T25:00:00Z", "2026-03-06T17:00Z"}) {
    EXPECT_FALSE(ParseInstant(text).ok()) << text;
  }
}

TEST(DayTest, OnlyDaysThatExist) {
  EXPECT_EQ(ParseDay("2028-02-29"), absl::CivilDay(2028, 2, 29));
  EXPECT_FALSE(ParseDay("2026-02-29"));
  EXPECT_FALSE(ParseDay("2026-00-01"));
  EXPECT_FALSE(ParseDay("26-01-01"));
}

}  // namespace
}  // namespace retainer::policy
