#include "src/cli/calendar_batch.h"

#include <gtest/gtest.h>

namespace retainer::cli {
namespace {

constexpr char kDesk[] =
    R"("calendars":[{"time_zone":"Etc/UTC","weekly":{"mon":[["09:00","17:00"]],"tue":[["09:00","17:00"]]}}])";

std::string Ask(const std::string& rest) {
  return AnswerCalendarLine(std::string(R"({"id":"x",)") + kDesk + "," + rest + "}");
}

TEST(CalendarBatchTest, AnswersEachKind) {
  // 2026-03-02 is a Monday.
  EXPECT_EQ(Ask(R"("kind":"deadline","start_utc":"2026-03-02T16:00:00Z","duration_s":7200)"),
            R"({"id":"x","result":"2026-03-03T10:00:00Z"})");
  EXPECT_EQ(
      Ask(R"("kind":"elapsed","start_utc":"2026-03-02T16:00:00Z","end_utc":"2026-03-03T10:00:00Z")"),
      R"({"id":"x","result":7200})");
  EXPECT_EQ(Ask(R"("kind":"next_open","start_utc":"2026-03-03T18:00:00Z")"),
            R"({"id":"x","result":"2026-03-09T09:00:00Z"})");
  EXPECT_EQ(Ask(R"("kind":"next_close","start_utc":"2026-03-02T10:00:00Z")"),
            R"({"id":"x","result":"2026-03-02T17:00:00Z"})");
  EXPECT_EQ(Ask(R"("kind":"is_open","at_utc":"2026-03-02T17:00:00Z")"),
            R"({"id":"x","result":false})");
  EXPECT_EQ(Ask(R"("kind":"periods_after","origin_utc":"2026-03-02T12:00:00Z","count":2)"),
            R"({"id":"x","result":[["2026-03-02T12:00:00Z","2026-03-02T17:00:00Z"],)"
            R"(["2026-03-03T09:00:00Z","2026-03-03T17:00:00Z"]]})");
}

TEST(CalendarBatchTest, PausesDoNotCount) {
  EXPECT_EQ(Ask(R"("kind":"deadline","start_utc":"2026-03-02T09:00:00Z","duration_s":3600,)"
                R"("pauses":[["2026-03-02T09:30:00Z","2026-03-02T10:30:00Z"]])"),
            R"({"id":"x","result":"2026-03-02T11:00:00Z"})");
}

TEST(CalendarBatchTest, ACalendarThatNeverOpensHasNoDeadline) {
  EXPECT_EQ(AnswerCalendarLine(
                R"({"id":1,"kind":"deadline","calendars":[{"time_zone":"UTC","weekly":{}}],)"
                R"("start_utc":"2026-03-02T09:00:00Z","duration_s":60})"),
            R"({"id":1,"result":null})");
}

TEST(CalendarBatchTest, ALineThatCannotBeReadAnswersWithItsError) {
  EXPECT_EQ(AnswerCalendarLine("").substr(0, 20), R"({"error":"[json.exce)");
  const std::string kind = Ask(R"("kind":"guess")");
  EXPECT_NE(kind.find("periods_after"), std::string::npos) << kind;
  const std::string zone = AnswerCalendarLine(
      R"({"id":7,"kind":"is_open","calendars":[{"time_zone":"Mars/Olympus","weekly":)"
      R"({"mon":[["09:00","17:00"]]}}],"at_utc":"2026-03-02T17:00:00Z"})");
  EXPECT_NE(zone.find("Mars/Olympus"), std::string::npos) << zone;
  EXPECT_NE(zone.find(R"("id":7)"), std::string::npos) << zone;
  EXPECT_NE(Ask(R"("kind":"is_open","at_utc":"yesterday")").find("RFC 3339"), std::string::npos);
  EXPECT_NE(
      Ask(R"("kind":"periods_after","origin_utc":"2026-03-02T12:00:00Z","count":-1)").find("error"),
      std::string::npos);
}

}  // namespace
}  // namespace retainer::cli
