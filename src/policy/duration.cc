#include "src/policy/duration.h"

#include <cctype>
#include <cmath>
#include <set>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "retainer/instant_text.h"

namespace retainer::policy {
namespace {

constexpr double kTenYearsOfDays = 3653;

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

absl::Status Malformed(std::string_view text) {
  return absl::InvalidArgumentError(
      absl::StrCat("\"", std::string(text.substr(0, 40)),
                   "\" is not a duration: write e.g. 90s, 15m, 1h30m, 2bd, or 5d and 1w if every "
                   "calendar is always open"));
}

// `#` stands for a digit.
bool HasShape(std::string_view text, std::string_view shape) {
  if (text.size() != shape.size()) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (shape[i] == '#' ? !IsDigit(text[i]) : text[i] != shape[i]) return false;
  }
  return true;
}

}  // namespace

absl::StatusOr<WrittenTarget> ParseTarget(std::string_view text) {
  WrittenTarget written;
  written.target.text = std::string(text);
  std::set<std::string_view> seen;
  double days = 0;  // sum of all parts, to bound it
  std::string_view rest = text;
  if (rest.empty() || rest.size() > 40) return Malformed(text);
  while (!rest.empty()) {
    std::size_t end = 0;
    while (end < rest.size() && (IsDigit(rest[end]) || rest[end] == '.')) ++end;
    double number = 0;
    if (end == 0 || !IsDigit(rest[0]) || !IsDigit(rest[end - 1]) ||
        !absl::SimpleAtod(absl::string_view(rest.data(), end), &number)) {
      return Malformed(text);
    }
    rest.remove_prefix(end);
    end = 0;
    while (end < rest.size() && !IsDigit(rest[end])) ++end;
    const std::string_view unit = rest.substr(0, end);
    rest.remove_prefix(end);
    if (!seen.insert(unit).second) return Malformed(text);
    double seconds = 0;
    if (unit == "bd") {
      written.target.business_days = number;
      days += number;
    } else if (unit == "s") {
      seconds = 1;
    } else if (unit == "m") {
      seconds = 60;
    } else if (unit == "h") {
      seconds = 3600;
    } else if (unit == "d" || unit == "w") {
      seconds = unit == "d" ? 86400 : 7 * 86400;
      written.uses_days = true;
    } else {
      return Malformed(text);
    }
    days += number * seconds / 86400;
    if (!(days <= kTenYearsOfDays)) {
      return absl::InvalidArgumentError(
          absl::StrCat("\"", std::string(text), "\" is more than ten years: write less"));
    }
    written.target.fixed += absl::Milliseconds(std::llround(number * seconds * 1000));
  }
  if (written.target.fixed == absl::ZeroDuration() && !(written.target.business_days > 0)) {
    return absl::InvalidArgumentError(
        absl::StrCat("\"", std::string(text), "\" is zero: write more than zero"));
  }
  return written;
}

absl::StatusOr<absl::Duration> ParseDuration(std::string_view text) {
  absl::StatusOr<WrittenTarget> written = ParseTarget(text);
  if (!written.ok()) return written.status();
  if (written->target.business_days > 0) {
    return absl::InvalidArgumentError(
        absl::StrCat("\"", std::string(text),
                     "\" counts business days, which need a calendar: write h, m or s"));
  }
  return written->target.fixed;
}

std::string FormatTarget(const Target& target) {
  std::string text;
  if (target.business_days > 0) absl::StrAppend(&text, target.business_days, "bd");
  absl::Duration rest = target.fixed;
  for (const auto& [unit, length] :
       {std::pair("h", absl::Hours(1)), std::pair("m", absl::Minutes(1))}) {
    const std::int64_t count = absl::IDivDuration(rest, length, &rest);
    if (count > 0) absl::StrAppend(&text, count, unit);
  }
  if (rest > absl::ZeroDuration()) absl::StrAppend(&text, absl::ToDoubleSeconds(rest), "s");
  return text.empty() ? "0s" : text;
}

absl::StatusOr<absl::Time> ParseInstant(std::string_view text) {
  const auto malformed = [&] {
    return absl::InvalidArgumentError(
        absl::StrCat("\"", std::string(text.substr(0, 40)),
                     "\" is not an instant: write RFC 3339, e.g. 2026-03-06T17:00:00Z"));
  };
  const std::optional<absl::Time> time = ParseRfc3339(text);
  if (!time || !ParseDay(text.substr(0, 10))) return malformed();
  return *time;
}

std::optional<absl::CivilDay> ParseDay(std::string_view text) {
  if (!HasShape(text, "####-##-##")) return std::nullopt;
  int year = 0;
  int month = 0;
  int day = 0;
  if (!absl::SimpleAtoi(absl::string_view(text.data(), 4), &year) ||
      !absl::SimpleAtoi(absl::string_view(text.data() + 5, 2), &month) ||
      !absl::SimpleAtoi(absl::string_view(text.data() + 8, 2), &day) || year == 0) {
    return std::nullopt;
  }
  const absl::CivilDay civil(year, month, day);  // normalizes: February 30 becomes March
  if (civil.year() != year || civil.month() != month || civil.day() != day) return std::nullopt;
  return civil;
}

}  // namespace retainer::policy
