#include <algorithm>
#include <array>
#include <cstddef>
#include <string>
#include <string_view>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/time/civil_time.h"
#include "absl/time/time.h"
#include "src/base/utf8.h"
#include "src/base/view.h"
#include "templates/renderer.h"

namespace retainer::templates {
namespace {

constexpr std::size_t kMostBytes = 160;  // per text; a longer one is cut
constexpr std::size_t kMostUrl = 1000;

using base::View;

// Marks of direction and invisible characters, which could make a text look like another one.
bool IsInvisible(std::string_view sequence) {
  // U+0080 to U+009F, the soft hyphen (U+00AD) and the Arabic letter mark (U+061C).
  if (sequence.size() == 2) {
    return (sequence[0] == '\xC2' && static_cast<unsigned char>(sequence[1]) < 0xA0) ||
           sequence == "\xC2\xAD" || sequence == "\xD8\x9C";
  }
  // The plane of tags and variation selectors.
  if (sequence.size() == 4) return sequence.starts_with("\xF3\xA0");
  if (sequence.size() != 3) return false;
  if (sequence == "\xEF\xBB\xBF" || sequence == "\xE1\xA0\x8E") return true;
  if (!sequence.starts_with("\xE2\x80") && !sequence.starts_with("\xE2\x81")) return false;
  const auto last = static_cast<unsigned char>(sequence[2]);
  if (sequence[1] == '\x80')
    return (last >= 0x8B && last <= 0x8F) || (last >= 0xA8 && last <= 0xAE);
  // U+2060 to U+206F, with the isolates (U+2066 to U+2069).
  return last >= 0xA0 && last <= 0xAF;
}

// One line: control and invisible characters become blanks, invalid bytes become U+FFFD. Long text
// is cut.
std::string OneLine(std::string_view text) {
  std::string line;
  bool cut = false;
  while (!text.empty()) {
    const std::size_t n = base::FirstCodePoint(text).length;
    const std::string_view sequence = text.substr(0, std::max<std::size_t>(n, 1));
    text.remove_prefix(sequence.size());
    const auto c = static_cast<unsigned char>(sequence[0]);
    if (line.size() + sequence.size() > kMostBytes) {
      cut = true;
      break;
    }
    if (n == 0) {
      absl::StrAppend(&line, "\xEF\xBF\xBD");
    } else if (c <= ' ' || c == 0x7F || IsInvisible(sequence)) {
      if (!line.empty() && line.back() != ' ') line.push_back(' ');
    } else {
      line.append(sequence);
    }
  }
  while (!line.empty() && line.back() == ' ') line.pop_back();
  if (cut) line.append("…");
  return line;
}

// Short words, numbers and simple punctuation: nothing in which a forge could see a reference, an
// address, a commit or Markdown.
bool IsPlain(std::string_view line) {
  constexpr std::size_t kMostWord = 16;
  std::size_t word = 0;
  bool digits = false;
  bool hex = true;
  for (std::size_t i = 0; i <= line.size(); ++i) {
    const char c = i < line.size() ? line[i] : ' ';
    const auto u = static_cast<unsigned char>(c);
    if (absl::ascii_isalnum(u)) {
      ++word;
      digits = digits || absl::ascii_isdigit(u);
      hex = hex && absl::ascii_isxdigit(u);
      continue;
    }
    if (c != ' ' && c != '.' && c != ',' && c != ';') return false;
    if (c != ' ' && i + 1 < line.size() && line[i + 1] != ' ') return false;
    if (word > kMostWord || (word >= 7 && (hex || digits))) return false;
    word = 0;
    digits = false;
    hex = true;
  }
  return true;
}

constexpr std::array<std::string_view, 7> kDays = {"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"};
constexpr std::array<std::string_view, 12> kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                      "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

std::string TwoDigits(int n) { return absl::StrCat(n < 10 ? "0" : "", n); }

std::string Day(absl::CivilSecond civil, bool year) {
  const absl::CivilDay day(civil);
  std::string text = absl::StrCat(View(kDays[static_cast<int>(absl::GetWeekday(day))]), " ",
                                  civil.day(), " ", View(kMonths[civil.month() - 1]));
  if (year) absl::StrAppend(&text, " ", civil.year());
  return text;
}

std::string Clock(absl::CivilSecond civil) {
  return absl::StrCat(TwoDigits(civil.hour()), ":", TwoDigits(civil.minute()));
}

absl::TimeZone ZoneOf(const ShownTime& time) {
  absl::TimeZone zone;
  if (!absl::LoadTimeZone(time.zone, &zone)) return absl::UTCTimeZone();
  return zone;
}

// `CET`. A zone without letters is named by its offset.
std::string ZoneName(const absl::TimeZone::CivilInfo& info) {
  const std::string name = info.zone_abbr;
  return absl::StrCat(
      name.empty() || absl::ascii_isalpha(static_cast<unsigned char>(name[0])) ? "" : "UTC", name);
}

}  // namespace

std::string InertCode(std::string_view text) {
  std::string line = OneLine(text);
  if (line.empty()) return line;
  // A backtick would end the code span, and a bar the table cell.
  std::string inert;
  for (char c : line) {
    if (c == '`') {
      inert.append("\xCA\xBC");  // ʼ
    } else if (c == '|') {
      inert.append("\xC2\xA6");  // ¦
    } else {
      inert.push_back(c);
    }
  }
  return absl::StrCat("`", inert, "`");
}

std::string InertText(std::string_view text) {
  std::string line = OneLine(text);
  return IsPlain(line) ? line : InertCode(line);
}

std::string InertUrl(std::string_view url) {
  if (url.size() > kMostUrl || !(url.starts_with("https://") || url.starts_with("http://"))) {
    return "";
  }
  const bool plain = std::all_of(url.begin(), url.end(), [](unsigned char c) {
    return absl::ascii_isalnum(c) ||
           std::string_view("-._~/:#?=&%+").find(static_cast<char>(c)) != std::string_view::npos;
  });
  return plain ? std::string(url) : "";
}

std::string ShownLocal(const ShownTime& time, bool year) {
  const auto info = ZoneOf(time).At(time.at);
  return absl::StrCat(Day(info.cs, year), " ", Clock(info.cs), " ", ZoneName(info));
}

std::string ShownUtc(const ShownTime& time) {
  const auto local = ZoneOf(time).At(time.at);
  const auto utc = absl::UTCTimeZone().At(time.at);
  if (ZoneName(local) == "UTC") return "";
  const bool same_day = absl::CivilDay(local.cs) == absl::CivilDay(utc.cs);
  return absl::StrCat(same_day ? "" : absl::StrCat(Day(utc.cs, false), " "), Clock(utc.cs), " UTC");
}

}  // namespace retainer::templates
