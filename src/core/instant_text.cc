#include "retainer/instant_text.h"

#include <algorithm>
#include <string_view>

#include "absl/strings/ascii.h"
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

// True if the text is the shape with a digit in place of each `#`.
bool HasShape(std::string_view text, std::string_view shape) {
  return std::equal(text.begin(), text.end(), shape.begin(), shape.end(), [](char c, char wanted) {
    return wanted == '#' ? absl::ascii_isdigit(static_cast<unsigned char>(c)) : c == wanted;
  });
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

std::string ExactRfc3339(absl::Time time) {
  return absl::FormatTime("%Y-%m-%d%ET%H:%M:%E*SZ", time, absl::UTCTimeZone());
}

std::optional<absl::Time> ParseRfc3339(std::string_view text) {
  constexpr std::string_view kBeginning = "####-##-##T##:##:##";
  if (text.size() <= kBeginning.size() || !HasShape(text.substr(0, kBeginning.size()), kBeginning))
    return std::nullopt;
  std::string_view rest = text.substr(kBeginning.size());
  if (rest[0] == '.') {
    const std::size_t end = std::min(rest.find_first_not_of("0123456789", 1), rest.size());
    if (end == 1) return std::nullopt;
    rest.remove_prefix(end);
  }
  if (rest != "Z" && !HasShape(rest, "+##:##") && !HasShape(rest, "-##:##")) return std::nullopt;
  absl::Time time;
  if (!absl::ParseTime(absl::RFC3339_full, std::string(text), &time, nullptr)) return std::nullopt;
  return time;
}

std::string UtcText(absl::Time time) {
  if (IsUsual(time)) return Write(time, ' ', " UTC");
  return absl::FormatTime("%Y-%m-%d %H:%M:%S UTC", time, absl::UTCTimeZone());
}

}  // namespace retainer
