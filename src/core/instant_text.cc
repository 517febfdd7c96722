#include "retainer/instant_text.h"

#include <string_view>

#include "absl/time/civil_time.h"

namespace retainer {
namespace {

std::string Write(absl::Time time, char between, std::string_view end) {
  const absl::CivilSecond at = absl::ToCivilSecond(time, absl::UTCTimeZone());
  std::string text = "0000-00-00 00:00:00";
  const auto fill = [&](std::size_t from, std::size_t count, std::int64_t number) {
    for (std::size_t i = from + count; i > from; number /= 10) {
      text[--i] = static_cast<char>('0' + number % 10);
    }
  };
  fill(0, 4, at.year());
  fill(5, 2, at.month());
  fill(8, 2, at.day());
  text[10] = between;
  fill(11, 2, at.hour());
  fill(14, 2, at.minute());
  fill(17, 2, at.second());
  text += end;
  return text;
}

// True if the year has four digits.
bool IsUsual(absl::Time time) {
  return time >= absl::FromUnixSeconds(-62167219200) && time < absl::FromUnixSeconds(253402300800);
}

}  // namespace

std::string Rfc3339(absl::Time time) {
  if (IsUsual(time)) return Write(time, 'T', "Z");
  return absl::FormatTime("%Y-%m-%dT%H:%M:%SZ", time, absl::UTCTimeZone());
}

std::string UtcText(absl::Time time) {
  if (IsUsual(time)) return Write(time, ' ', " UTC");
  return absl::FormatTime("%Y-%m-%d %H:%M:%S UTC", time, absl::UTCTimeZone());
}

}  // namespace retainer
