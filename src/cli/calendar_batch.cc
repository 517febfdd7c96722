#include "src/cli/calendar_batch.h"

#include <charconv>
#include <nlohmann/json.hpp>
#include <optional>
#include <stdexcept>
#include <vector>

#include "absl/time/civil_time.h"
#include "absl/time/time.h"
#include "retainer/calendar.h"
#include "retainer/instant_text.h"

namespace retainer::cli {
namespace {

constexpr std::string_view kWeekdays[7] = {"mon", "tue", "wed", "thu", "fri", "sat", "sun"};
constexpr int kMostPeriods = 10'000;

[[noreturn]] void Wrong(const std::string& what) { throw std::invalid_argument(what); }

int Minute(const nlohmann::json& value) {
  const auto text = value.get<std::string>();
  int hour = -1;
  int minute = -1;
  const char* end = text.data() + text.size();
  const auto [colon, hour_error] = std::from_chars(text.data(), end, hour);
  if (hour_error != std::errc() || colon == end || *colon != ':') Wrong("\"" + text + "\": HH:MM");
  const auto [rest, minute_error] = std::from_chars(colon + 1, end, minute);
  const int total = hour * 60 + minute;
  if (minute_error != std::errc() || rest != end || hour < 0 || minute < 0 || minute > 59 ||
      total > 24 * 60) {
    Wrong("\"" + text + "\" is not a time of day: HH:MM, at most 24:00");
  }
  return total;
}

std::vector<DayHours> Hours(const nlohmann::json& list) {
  std::vector<DayHours> hours;
  for (const nlohmann::json& span : list) {
    if (!span.is_array() || span.size() != 2) Wrong("hours are pairs [\"HH:MM\", \"HH:MM\"]");
    hours.push_back({Minute(span[0]), Minute(span[1])});
  }
  return hours;
}

absl::CivilDay Day(const std::string& text) {
  absl::CivilDay day;
  if (text.size() != 10 || !absl::ParseCivilTime(text, &day)) {
    Wrong("\"" + text + "\" is not a date: YYYY-MM-DD");
  }
  return day;
}

CalendarSpec ReadCalendar(const nlohmann::json& object) {
  CalendarSpec spec;
  spec.name = "calendar";
  spec.time_zone = object.at("time_zone").get<std::string>();
  for (int i = 0; i < 7; ++i) {
    if (const auto weekly = object.find("weekly");
        weekly != object.end() && weekly->contains(kWeekdays[i])) {
      spec.weekly[i] = Hours(weekly->at(std::string(kWeekdays[i])));
    }
  }
  for (const nlohmann::json& day : object.value("holidays", nlohmann::json::array())) {
    spec.holidays.insert(Day(day.get<std::string>()));
  }
  for (const nlohmann::json& day : object.value("holidays_yearly", nlohmann::json::array())) {
    // 2000 is a leap year, so 29 February is valid.
    const absl::CivilDay date = Day("2000-" + day.get<std::string>());
    spec.yearly_holidays.emplace(date.month(), date.day());
  }
  // In a variable, so that it outlives the loop over its items.
  const nlohmann::json overrides = object.value("date_overrides", nlohmann::json::object());
  for (const auto& [day, hours] : overrides.items()) spec.overrides[Day(day)] = Hours(hours);
  const nlohmann::json breaks = object.value("date_breaks", nlohmann::json::object());
  for (const auto& [day, hours] : breaks.items()) spec.breaks[Day(day)] = Hours(hours);
  return spec;
}

bool NeverOpens(const CalendarSpec& spec) {
  for (const auto& hours : spec.weekly) {
    if (!hours.empty()) return false;
  }
  for (const auto& [day, hours] : spec.overrides) {
    if (!hours.empty()) return false;
  }
  return true;
}

absl::Time Instant(const nlohmann::json& value) {
  const auto text = value.get<std::string>();
  const std::optional<absl::Time> time = ParseRfc3339(text);
  if (!time) {
    Wrong("\"" + text + "\" is not an instant: RFC 3339, e.g. 2026-03-03T09:00:00Z");
  }
  return *time;
}

nlohmann::json Show(absl::Time time) {
  if (time == absl::InfiniteFuture()) return nullptr;
  return ExactRfc3339(time);
}

nlohmann::json Show(const std::optional<absl::Time>& time) {
  return time ? Show(*time) : nlohmann::json(nullptr);
}

std::vector<Interval> Pauses(const nlohmann::json& question) {
  std::vector<Interval> pauses;
  for (const nlohmann::json& pause : question.value("pauses", nlohmann::json::array())) {
    if (!pause.is_array() || pause.size() != 2) Wrong("pauses are pairs [from, until]");
    pauses.push_back(
        {Instant(pause[0]), pause[1].is_null() ? absl::InfiniteFuture() : Instant(pause[1])});
  }
  return pauses;
}

nlohmann::json Periods(const BusinessTime& time, absl::Time from, int count) {
  if (count < 0 || count > kMostPeriods) Wrong("count is 0 to " + std::to_string(kMostPeriods));
  nlohmann::json periods = nlohmann::json::array();
  for (int i = 0; i < count; ++i) {
    const std::optional<absl::Time> open = time.NextOpen(from);
    if (!open) break;
    const std::optional<absl::Time> close = time.NextClose(*open);
    periods.push_back({Show(open), Show(close)});
    if (!close) break;
    from = *close;
  }
  return periods;
}

nlohmann::json Answer(const nlohmann::json& question) {
  const auto kind = question.at("kind").get<std::string>();
  std::vector<CalendarSpec> open;
  for (const nlohmann::json& calendar : question.at("calendars")) {
    CalendarSpec spec = ReadCalendar(calendar);
    if (!NeverOpens(spec)) open.push_back(std::move(spec));
  }
  std::shared_ptr<const BusinessTime> time;
  if (!open.empty()) {
    auto compiled = BusinessTime::Compile(open);
    if (!compiled.ok()) Wrong(std::string(compiled.status().message()));
    time = *std::move(compiled);
  }
  if (kind == "deadline") {
    const absl::Time start = Instant(question.at("start_utc"));
    const absl::Duration open_time = absl::Seconds(question.at("duration_s").get<double>());
    const std::vector<Interval> pauses = Pauses(question);
    return time ? Show(time->Deadline(start, open_time, pauses)) : nlohmann::json(nullptr);
  }
  if (kind == "elapsed") {
    const absl::Time start = Instant(question.at("start_utc"));
    const absl::Time end = Instant(question.at("end_utc"));
    const std::vector<Interval> pauses = Pauses(question);
    const absl::Duration elapsed = time ? time->Elapsed(start, end, pauses) : absl::ZeroDuration();
    if (elapsed == absl::Trunc(elapsed, absl::Seconds(1))) return absl::ToInt64Seconds(elapsed);
    return absl::ToDoubleSeconds(elapsed);
  }
  if (kind == "next_open") {
    const absl::Time start = Instant(question.at("start_utc"));
    return time ? Show(time->NextOpen(start)) : nlohmann::json(nullptr);
  }
  if (kind == "next_close") {
    const absl::Time start = Instant(question.at("start_utc"));
    return time ? Show(time->NextClose(start)) : nlohmann::json(nullptr);
  }
  if (kind == "is_open") return time && time->IsOpen(Instant(question.at("at_utc")));
  if (kind == "periods_after") {
    const absl::Time origin = Instant(question.at("origin_utc"));
    return time ? Periods(*time, origin, question.at("count").get<int>()) : nlohmann::json::array();
  }
  Wrong("kind \"" + kind +
        "\" is none of deadline, elapsed, next_open, next_close, is_open, periods_after");
}

}  // namespace

std::string AnswerCalendarLine(std::string_view line) {
  nlohmann::json answer = {{"id", nullptr}};
  try {
    const nlohmann::json question = nlohmann::json::parse(line);
    if (!question.is_object()) Wrong("a line is one JSON object");
    if (const auto id = question.find("id"); id != question.end()) answer["id"] = *id;
    answer["result"] = Answer(question);
  } catch (const std::exception& error) {
    answer.erase("result");
    answer["error"] = error.what();
  }
  return answer.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace retainer::cli
