// Business time against cases of other systems' test suites, if that collection lies beside the
// source. calendar_test.cc covers the same without it.
#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "absl/strings/str_split.h"
#include "tests/core/calendar_samples.h"
#include "tests/fakes/places.h"

namespace retainer::core {
namespace {

using nlohmann::json;
using testing::At;

int Minute(const std::string& text) {
  return std::stoi(text.substr(0, 2)) * 60 + std::stoi(text.substr(3, 2));
}

std::vector<DayHours> ReadHours(const json& list) {
  std::vector<DayHours> hours;
  for (const json& h : list) {
    hours.push_back({Minute(h[0].get<std::string>()), Minute(h[1].get<std::string>())});
  }
  return hours;
}

absl::CivilDay Day(const std::string& text) {
  absl::CivilDay day;
  EXPECT_TRUE(absl::ParseCivilTime(text, &day)) << text;
  return day;
}

CalendarSpec ReadCalendar(const json& from) {
  static const std::vector<std::string> kDays = {"mon", "tue", "wed", "thu", "fri", "sat", "sun"};
  CalendarSpec spec;
  spec.time_zone = from.at("time_zone");
  for (std::size_t i = 0; i < kDays.size(); ++i) {
    if (from.contains("weekly") && from["weekly"].contains(kDays[i])) {
      spec.weekly[i] = ReadHours(from["weekly"][kDays[i]]);
    }
  }
  for (const json& day : from.value("holidays", json::array())) {
    spec.holidays.insert(Day(day.get<std::string>()));
  }
  for (const json& day : from.value("holidays_yearly", json::array())) {
    const std::string text = day;
    spec.yearly_holidays.insert({std::stoi(text.substr(0, 2)), std::stoi(text.substr(3, 2))});
  }
  const json overrides = from.value("date_overrides", json::object());
  for (const auto& [day, hours] : overrides.items()) {
    spec.overrides[Day(day)] = ReadHours(hours);
  }
  const json breaks = from.value("date_breaks", json::object());
  for (const auto& [day, hours] : breaks.items()) {
    spec.breaks[Day(day)] = ReadHours(hours);
  }
  return spec;
}

json Instant(absl::Time at) {
  if (at == absl::InfiniteFuture()) return nullptr;
  return absl::FormatTime("%Y-%m-%dT%H:%M:%SZ", at, absl::UTCTimeZone());
}

json Instant(const std::optional<absl::Time>& at) { return at ? Instant(*at) : json(nullptr); }

json Answer(const json& c, const BusinessTime& time) {
  const std::string kind = c["kind"];
  std::vector<Interval> pauses;
  for (const json& p : c.value("pauses", json::array())) {
    pauses.push_back({At(p[0].get<std::string>()), At(p[1].get<std::string>())});
  }
  if (kind == "is_open") return time.IsOpen(At(c["at_utc"]));
  if (kind == "periods_after") {
    json periods = json::array();
    for (const Interval& i :
         time.OpenIntervals(At(c["origin_utc"]), absl::InfiniteFuture(), c["count"])) {
      periods.push_back({Instant(i.from), Instant(i.until)});
    }
    return periods;
  }
  const absl::Time start = At(c["start_utc"]);
  if (kind == "deadline") {
    return Instant(time.Deadline(start, absl::Seconds(c["duration_s"].get<double>()), pauses));
  }
  if (kind == "elapsed") {
    return absl::ToInt64Seconds(time.Elapsed(start, At(c["end_utc"]), pauses));
  }
  if (kind == "next_open") return Instant(time.NextOpen(start));
  return Instant(time.NextClose(start));
}

TEST(CalendarOracleTest, AgreesWithEveryCaseOfAKindWeServe) {
  std::ifstream file(SharedDir() + "/oracle/business_hours.json");
  if (!file) return;
  const json oracle = json::parse(file);
  int compared = 0;
  for (const json& c : oracle["cases"]) {
    const std::string kind = c["kind"];
    if (kind == "subtract" || kind == "wall_to_utc") continue;
    std::vector<CalendarSpec> specs;
    for (const json& name : c["calendar"]) {
      specs.push_back(ReadCalendar(oracle["calendars"][name.get<std::string>()]));
    }
    const auto time = BusinessTime::Compile(specs);
    ASSERT_TRUE(time.ok()) << c["id"] << time.status();
    json expected;
    for (const char* key : {"reference_value", "expected_utc", "expected_s", "expected"}) {
      if (!c.contains(key)) continue;
      expected = c[key];
      break;
    }
    EXPECT_EQ(Answer(c, **time), expected) << c["id"];
    ++compared;
  }
  EXPECT_EQ(compared, 157);
}

}  // namespace
}  // namespace retainer::core
