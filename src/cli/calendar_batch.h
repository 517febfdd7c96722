// `retainer calendar batch`: questions about business time as JSON lines.
//
// A line: `{"id", "kind", "calendars": [{"time_zone", "weekly", "holidays", "holidays_yearly",
// "date_overrides", "date_breaks"}], …}`. Several calendars are the union of their open intervals.
//
//   kind            reads                                result
//   deadline        start_utc, duration_s, pauses        instant; null: never open for long enough
//   elapsed         start_utc, end_utc, pauses           open seconds
//   next_open       start_utc                            instant or null
//   next_close      start_utc                            instant or null
//   is_open         at_utc                               true or false
//   periods_after   origin_utc, count                    [[from, until], …]
#pragma once

#include <string>
#include <string_view>

namespace retainer::cli {

// The answer to one line, without a line end: `{"id": …, "result": …}`, or `{"id": …, "error":
// "…"}` when the line cannot be read. Never throws.
std::string AnswerCalendarLine(std::string_view line);

}  // namespace retainer::cli
