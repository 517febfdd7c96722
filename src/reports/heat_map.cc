#include "src/reports/heat_map.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace retainer::reports {
namespace {

constexpr const char* kDays[] = {"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"};
constexpr int kSquare = 24;
constexpr int kLeft = 44;  // for the names of days
constexpr int kTop = 20;   // for the hours
constexpr std::size_t kMostNamed = 5;

// `Tue 14:00 (3)`, those with the most first.
std::string Words(const std::array<std::int64_t, kHoursOfWeek>& missed_at) {
  std::vector<std::pair<std::int64_t, std::size_t>> hours;
  for (std::size_t hour = 0; hour < missed_at.size(); ++hour) {
    if (missed_at[hour] > 0) hours.emplace_back(-missed_at[hour], hour);
  }
  std::sort(hours.begin(), hours.end());
  if (hours.size() > kMostNamed) hours.resize(kMostNamed);
  std::string words;
  for (const auto& [count, hour] : hours) {
    absl::StrAppendFormat(&words, "%s%s %02d:00 (%d)", words.empty() ? "" : ", ", kDays[hour / 24],
                          static_cast<int>(hour % 24), -count);
  }
  return words;
}

}  // namespace

std::string MissMap(const std::array<std::int64_t, kHoursOfWeek>& missed_at) {
  const std::int64_t most = *std::max_element(missed_at.begin(), missed_at.end());
  if (most == 0) return "";
  std::string map =
      absl::StrCat("<svg class=\"map\" role=\"img\" viewBox=\"0 0 ", kLeft + 24 * kSquare, " ",
                   kTop + 7 * kSquare, "\" aria-label=\"Missed by weekday and hour, most often at ",
                   Words(missed_at), "\">\n");
  for (int hour = 0; hour < 24; hour += 3) {
    absl::StrAppendFormat(&map, "<text x=\"%d\" y=\"14\">%02d</text>\n", kLeft + hour * kSquare,
                          hour);
  }
  for (int day = 0; day < 7; ++day) {
    absl::StrAppendFormat(&map, "<text x=\"0\" y=\"%d\">%s</text>\n", kTop + day * kSquare + 17,
                          kDays[day]);
    for (int hour = 0; hour < 24; ++hour) {
      const std::int64_t count =
          missed_at[static_cast<std::size_t>(day) * 24 + static_cast<std::size_t>(hour)];
      const double share = static_cast<double>(count) / static_cast<double>(most);
      absl::StrAppendFormat(&map, "<rect class=\"%s\" x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\"",
                            count == 0 ? "none" : "missed", kLeft + hour * kSquare,
                            kTop + day * kSquare, kSquare - 2, kSquare - 2);
      if (count > 0) absl::StrAppendFormat(&map, " fill-opacity=\"%.2f\"", 0.25 + 0.75 * share);
      absl::StrAppend(&map, "/>\n");
    }
  }
  return map + "</svg>";
}

}  // namespace retainer::reports
