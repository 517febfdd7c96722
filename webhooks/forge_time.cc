#include "webhooks/forge_time.h"

#include <cstdint>

#include "absl/time/civil_time.h"

namespace retainer::webhooks {
namespace {

// Reads from the front of a text. After the first mismatch `ok` stays false.
struct Reader {
  std::string_view rest;
  bool ok = true;

  int Digits(std::size_t count) {
    int value = 0;
    if (rest.size() < count) return Fail();
    for (std::size_t i = 0; i < count; ++i) {
      if (rest[i] < '0' || rest[i] > '9') return Fail();
      value = 10 * value + (rest[i] - '0');
    }
    rest.remove_prefix(count);
    return value;
  }
  bool Skip(std::string_view word) {
    if (!rest.starts_with(word)) return false;
    rest.remove_prefix(word.size());
    return true;
  }
  void Expect(std::string_view word) {
    if (!Skip(word)) ok = false;
  }
  int Fail() {
    ok = false;
    return 0;
  }
};

}  // namespace

std::optional<absl::Time> ParseForgeTime(std::string_view text) {
  Reader in{text};
  const int year = in.Digits(4);
  in.Expect("-");
  const int month = in.Digits(2);
  in.Expect("-");
  const int day = in.Digits(2);
  const absl::CivilDay date(year, month, day);
  if (!in.ok || year < 1970 || date.month() != month || date.day() != day) return std::nullopt;
  if (in.rest.empty()) return absl::FromCivil(date, absl::UTCTimeZone());

  if (!in.Skip("T")) in.Expect(" ");
  const int hour = in.Digits(2);
  in.Expect(":");
  const int minute = in.Digits(2);
  in.Expect(":");
  const int second = in.Digits(2);
  // 60 is a leap second; UTC arithmetic counts it as the next second.
  if (!in.ok || hour > 23 || minute > 59 || second > 60) return std::nullopt;
  absl::Duration fraction = absl::ZeroDuration();
  if (in.Skip(".")) {
    absl::Duration unit = absl::Milliseconds(100);
    std::size_t digits = 0;
    for (; !in.rest.empty() && in.rest[0] >= '0' && in.rest[0] <= '9'; ++digits) {
      fraction += (in.rest[0] - '0') * unit;
      unit /= 10;
      in.rest.remove_prefix(1);
    }
    if (digits == 0) return std::nullopt;
  }
  while (in.Skip(" ")) {
  }
  absl::Duration offset = absl::ZeroDuration();
  if (!in.rest.empty() && !in.Skip("Z") && !in.Skip("UTC")) {
    const int sign = in.rest[0] == '-' ? -1 : 1;
    if (!in.Skip("-")) in.Expect("+");
    const int hours = in.Digits(2);
    in.Skip(":");
    const int minutes = in.Digits(2);
    if (!in.ok || hours > 14 || minutes > 59) return std::nullopt;
    offset = sign * (absl::Hours(hours) + absl::Minutes(minutes));
  }
  if (!in.ok || !in.rest.empty()) return std::nullopt;
  const absl::CivilSecond civil(year, month, day, hour, minute, second);
  return absl::FromCivil(civil, absl::UTCTimeZone()) + fraction - offset;
}

std::optional<absl::Time> ReadForgeTime(Node node) {
  if (const auto text = node.text()) return ParseForgeTime(*text);
  // Accepts years up to 9999.
  const std::optional<std::int64_t> seconds = node.integer();
  if (!seconds || *seconds <= 0 || *seconds > 253402300799) return std::nullopt;
  return absl::FromUnixSeconds(*seconds);
}

}  // namespace retainer::webhooks
