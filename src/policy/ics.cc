#include "src/policy/ics.h"

#include <algorithm>
#include <map>
#include <optional>
#include <string_view>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "src/policy/duration.h"

namespace retainer {
namespace {

constexpr std::size_t kMaxIcsBytes = 4 << 20;
constexpr int kMostDaysOfOneEvent = 366;
constexpr int kMostYears = 200;  // of a rule that ends
constexpr std::size_t kMostProblems = 20;

struct Line {
  int number = 0;
  std::string name;        // upper case
  std::string parameters;  // upper case, with the leading `;`
  std::string value;
};

// Joins folded lines: a line that begins with a blank continues the one before.
std::vector<Line> Unfold(const std::string& text) {
  std::vector<std::pair<int, std::string>> lines;
  int number = 0;
  for (absl::string_view raw : absl::StrSplit(text, '\n')) {
    ++number;
    if (!raw.empty() && raw.back() == '\r') raw.remove_suffix(1);
    if (!raw.empty() && (raw[0] == ' ' || raw[0] == '\t') && !lines.empty()) {
      lines.back().second.append(raw.data() + 1, raw.size() - 1);
    } else if (!raw.empty()) {
      lines.emplace_back(number, std::string(raw));
    }
  }
  std::vector<Line> parsed;
  for (const auto& [at, line] : lines) {
    // A quoted parameter may hold a colon.
    bool quoted = false;
    std::size_t colon = 0;
    for (; colon < line.size() && (quoted || line[colon] != ':'); ++colon) {
      quoted ^= line[colon] == '"';
    }
    if (colon == line.size()) continue;
    const std::size_t end = std::min(line.find(';'), colon);
    parsed.push_back({at, absl::AsciiStrToUpper(line.substr(0, end)),
                      absl::AsciiStrToUpper(line.substr(end, colon - end)),
                      std::string(absl::StripAsciiWhitespace(line.substr(colon + 1)))});
  }
  return parsed;
}

std::optional<absl::CivilDay> CompactDay(std::string_view text) {
  if (text.size() != 8) return std::nullopt;
  const std::string dashed =
      absl::StrCat(std::string(text.substr(0, 4)), "-", std::string(text.substr(4, 2)), "-",
                   std::string(text.substr(6)));
  return ParseDay(dashed);
}

class IcsReader {
 public:
  IcsReader(const std::string& file, std::vector<Problem>* problems)
      : file_(file), problems_(*problems) {}

  IcsHolidays Read(const std::vector<Line>& lines) {
    bool inside = false;
    int nested = 0;  // alarms and the like, inside an event
    for (const Line& line : lines) {
      const std::string value = absl::AsciiStrToUpper(line.value);
      if (line.name == "BEGIN" && inside) {
        ++nested;
      } else if (line.name == "BEGIN" && value == "VEVENT") {
        inside = true;
        event_.clear();
        begin_ = line.number;
      } else if (line.name == "END" && nested > 0) {
        --nested;
      } else if (line.name == "END" && value == "VEVENT" && inside) {
        inside = false;
        ++events_;
        AddEvent();
      } else if (inside && nested == 0) {
        event_.emplace(line.name, line);
      }
    }
    if (inside) Error(begin_, "an event without END:VEVENT", "export the calendar again");
    if (events_ == 0 && !inside) Error(1, "no event in this calendar", "export it again as .ics");
    return std::move(holidays_);
  }

 private:
  void Error(int line, std::string what, std::string mend) {
    if (++errors_ > kMostProblems) return;
    problems_.push_back({file_, line, 1, std::move(what), std::move(mend)});
  }

  const Line* Find(const std::string& name) const {
    const auto it = event_.find(name);
    return it == event_.end() ? nullptr : &it->second;
  }

  void AddEvent() {
    const Line* status = Find("STATUS");
    if (status != nullptr && absl::AsciiStrToUpper(status->value) == "CANCELLED") return;
    for (const char* name : {"EXDATE", "RDATE", "EXRULE", "RECURRENCE-ID", "DURATION"}) {
      if (const Line* line = Find(name)) {
        return Error(line->number, absl::StrCat(name, " is not read"),
                     "write this event as single days");
      }
    }
    const Line* start = Find("DTSTART");
    if (start == nullptr) return Error(begin_, "an event without DTSTART", "give it a day");
    const std::optional<absl::CivilDay> first = CompactDay(start->value);
    if (!first) {
      return Error(start->number, "not an all-day event, or no such day",
                   "take it out, or write DTSTART;VALUE=DATE:YYYYMMDD");
    }
    absl::CivilDay end = *first + 1;
    if (const Line* line = Find("DTEND")) {
      const std::optional<absl::CivilDay> until = CompactDay(line->value);
      if (!until || *until < *first || *until - *first > kMostDaysOfOneEvent) {
        return Error(line->number, "DTEND is no day within a year after DTSTART",
                     "write the day after the last one as YYYYMMDD");
      }
      end = std::max(*until, end);
    }
    AddDays(*first, end, Find("RRULE"));
  }

  void AddDays(absl::CivilDay first, absl::CivilDay end, const Line* rule) {
    if (rule == nullptr) {
      for (absl::CivilDay day = first; day < end; ++day) holidays_.days.insert(day);
      return;
    }
    int years = 0;  // 0: without end
    absl::CivilDay until = absl::CivilDay::max();
    if (!ReadRule(*rule, first, &years, &until)) return;
    if (years == 0 && until == absl::CivilDay::max()) {
      for (absl::CivilDay day = first; day < end; ++day) {
        holidays_.yearly.insert({day.month(), day.day()});
      }
      return;
    }
    const absl::civil_year_t last = years > 0 ? years : kMostYears;
    const auto length = end - first;
    int count = 0;
    for (absl::civil_year_t i = 0; i < kMostYears && count < last; ++i) {
      const absl::CivilDay begin(first.year() + i, first.month(), first.day());
      if (begin > until) break;
      if (begin.day() != first.day()) continue;  // February 29 in a common year
      ++count;
      for (int d = 0; d < length; ++d) holidays_.days.insert(begin + d);
    }
  }

  bool ReadRule(const Line& rule, absl::CivilDay first, int* years, absl::CivilDay* until) {
    bool yearly = false;
    bool plain = true;
    for (absl::string_view part :
         absl::StrSplit(absl::AsciiStrToUpper(rule.value), ';', absl::SkipEmpty())) {
      const std::vector<std::string> pair = absl::StrSplit(part, absl::MaxSplits('=', 1));
      const std::string value = pair.size() == 2 ? pair[1] : "";
      if (pair[0] == "FREQ") {
        yearly = value == "YEARLY";
      } else if (pair[0] == "INTERVAL") {
        plain &= value == "1";
      } else if (pair[0] == "BYMONTH") {
        plain &= value == absl::StrCat(first.month());
      } else if (pair[0] == "BYMONTHDAY") {
        plain &= value == absl::StrCat(first.day());
      } else if (pair[0] == "COUNT") {
        plain &= absl::SimpleAtoi(value, years) && *years > 0 && *years <= kMostYears;
      } else if (pair[0] == "UNTIL") {
        const std::optional<absl::CivilDay> day = CompactDay(value.substr(0, 8));
        plain &= day.has_value();
        if (day) *until = *day;
      } else if (pair[0] != "WKST") {
        plain = false;
      }
    }
    if (yearly && plain) return true;
    Error(rule.number, "a rule other than \"the same day every year\"",
          "write RRULE:FREQ=YEARLY, or this event as single days");
    return false;
  }

  const std::string& file_;
  std::vector<Problem>& problems_;
  std::map<std::string, Line> event_;
  int begin_ = 1;
  int events_ = 0;
  std::size_t errors_ = 0;
  IcsHolidays holidays_;
};

}  // namespace

IcsHolidays ParseIcs(const std::string& file, const std::string& text,
                     std::vector<Problem>* problems) {
  if (text.size() > kMaxIcsBytes) {
    problems->push_back(
        {file, 1, 1, absl::StrCat("larger than ", kMaxIcsBytes, " bytes"), "export fewer years"});
    return {};
  }
  return IcsReader(file, problems).Read(Unfold(text));
}

}  // namespace retainer
