#include "src/policy/ics_rule.h"

#include <algorithm>
#include <map>
#include <optional>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "src/policy/duration.h"
#include "src/policy/ical.h"
#include "src/policy/ics.h"

namespace retainer::policy {
namespace {

constexpr int kMostInterval = 100;
constexpr int kMostCount = 100'000;
constexpr std::size_t kMostRuleBytes = 400;

// The parts of a rule: name -> value.
using Parts = std::map<std::string, std::string>;

bool Number(std::string_view text, int least, int most, int* number) {
  return !text.empty() && text.size() <= 6 &&
         absl::SimpleAtoi(absl::string_view(text.data(), text.size()), number) &&
         *number >= least && *number <= most;
}

// `1,-1`: whole numbers without repetition, from 1 to `most`; with `negative` also from the end.
bool Numbers(const std::string& list, int most, bool negative) {
  std::vector<int> seen;
  for (const absl::string_view item : absl::StrSplit(list, ',')) {
    int number = 0;
    if (!Number({item.data(), item.size()}, negative ? -most : 1, most, &number) || number == 0 ||
        std::find(seen.begin(), seen.end(), number) != seen.end()) {
      return false;
    }
    seen.push_back(number);
  }
  return true;
}

// `MO,1TU,-1FR`. `most` is the highest ordinal; 0 allows no ordinals.
bool Weekdays(const std::string& list, int most, bool* ordinal) {
  std::vector<std::string> seen;
  for (const absl::string_view item : absl::StrSplit(list, ',')) {
    if (item.size() < 2) return false;
    const std::string day(item.substr(item.size() - 2));
    const std::string_view count(item.data(), item.size() - 2);
    int number = 0;
    if (day != "MO" && day != "TU" && day != "WE" && day != "TH" && day != "FR" && day != "SA" &&
        day != "SU") {
      return false;
    }
    if (!count.empty() && (!Number(count, -most, most, &number) || number == 0)) return false;
    const std::string key = absl::StrCat(number, day);
    if (std::find(seen.begin(), seen.end(), key) != seen.end()) return false;
    seen.push_back(key);
    *ordinal |= !count.empty();
  }
  return true;
}

std::optional<Parts> Split(std::string_view rule) {
  Parts parts;
  for (const absl::string_view part :
       absl::StrSplit(absl::string_view(rule.data(), rule.size()), ';')) {
    const std::vector<std::string> pair = absl::StrSplit(part, absl::MaxSplits('=', 1));
    if (pair.size() != 2 || pair[1].empty() || !parts.emplace(pair[0], pair[1]).second) {
      return std::nullopt;
    }
  }
  return parts;
}

bool Has(const Parts& parts, const std::string& name) { return parts.contains(name); }

// True when at least one of the months can have one of the days.
//
// Rationale: libical would search for 30 February through centuries.
bool Exists(const std::string& months, const std::string& days) {
  for (const absl::string_view month : absl::StrSplit(months, ',')) {
    for (const absl::string_view day : absl::StrSplit(days, ',')) {
      int m = 0;
      int d = 0;
      if (!absl::SimpleAtoi(month, &m) || !absl::SimpleAtoi(day, &d)) continue;
      // 2000 is a leap year, so 29 February counts.
      const int length =
          static_cast<int>(absl::CivilDay(2000, m + 1, 1) - absl::CivilDay(2000, m, 1));
      if ((d < 0 ? -d : d) <= length) return true;
    }
  }
  return false;
}

// The reason why the rule cannot be expanded exactly; empty when it can.
std::string WhyNot(const Parts& parts) {
  for (const auto& [name, value] : parts) {
    int number = 0;
    bool ordinal = false;
    bool good = true;
    if (name == "INTERVAL") {
      good = Number(value, 1, kMostInterval, &number);
    } else if (name == "COUNT") {
      good = Number(value, 1, kMostCount, &number);
    } else if (name == "WKST") {
      good = value.size() == 2 && Weekdays(value, 0, &ordinal);
    } else if (name == "BYMONTH") {
      good = Numbers(value, 12, false);
    } else if (name == "BYMONTHDAY") {
      good = Numbers(value, 31, true);
    } else if (name == "BYSETPOS") {
      good = Numbers(value, 366, true);
    } else if (name == "BYDAY") {
      good = Weekdays(value, 53, &ordinal);
    } else if (name != "FREQ" && name != "UNTIL") {
      return absl::StrCat(name, " is not read");
    }
    if (!good) return absl::StrCat(name, "=", value.substr(0, 40), " is not read");
  }
  if (Has(parts, "COUNT") && Has(parts, "UNTIL")) return "COUNT and UNTIL beside each other";
  const auto frequency = parts.find("FREQ");
  if (frequency == parts.end()) return "a rule without FREQ";
  const std::string& freq = frequency->second;
  const bool by_day = Has(parts, "BYDAY");
  const bool by_month = Has(parts, "BYMONTH");
  const bool by_month_day = Has(parts, "BYMONTHDAY");
  bool ordinal = false;
  if (by_day) (void)Weekdays(parts.at("BYDAY"), 53, &ordinal);
  // Rationale: a list may name the same day from both ends of the month; some readers count it
  // once, others twice.
  if (Has(parts, "BYSETPOS") && by_month_day) return "BYSETPOS beside BYMONTHDAY is not read";
  if (Has(parts, "BYSETPOS") && !by_day) return "BYSETPOS of nothing";
  if (freq == "YEARLY") {
    // Rationale: without BYMONTH it means the day in each month, which readers understand in two
    // ways.
    if (by_month_day && !by_month) return "BYMONTHDAY without BYMONTH is not read";
    if (by_month_day && ordinal) return "BYMONTHDAY beside a numbered BYDAY is not read";
    if (by_month_day && !Exists(parts.at("BYMONTH"), parts.at("BYMONTHDAY"))) {
      return "a day that no month of the rule has";
    }
    return "";
  }
  if (freq == "MONTHLY") {
    if (by_month) return "BYMONTH beside FREQ=MONTHLY is not read";
    if (by_month_day && ordinal) return "BYMONTHDAY beside a numbered BYDAY is not read";
    return "";
  }
  if (freq != "WEEKLY" && freq != "DAILY") {
    return absl::StrCat("FREQ=", freq.substr(0, 40), " is not read");
  }
  if (by_month || by_month_day || ordinal || Has(parts, "BYSETPOS") ||
      (by_day && freq == "DAILY")) {
    return absl::StrCat("FREQ=", freq, " with these parts is not read");
  }
  const auto week = parts.find("WKST");
  if (week != parts.end() && week->second != "MO" && Has(parts, "INTERVAL")) {
    return "every n-th week of weeks that do not begin on Monday (WKST) is not read";
  }
  if (!Has(parts, "COUNT") && !Has(parts, "UNTIL")) {
    return absl::StrCat("FREQ=", freq,
                        " without end: what is closed every week belongs into `hours`");
  }
  return "";
}

}  // namespace

IcsRuleDays ReadIcsRule(std::string_view rule, absl::CivilDay first, std::size_t most) {
  const std::string upper = absl::AsciiStrToUpper(absl::string_view(rule.data(), rule.size()));
  if (upper.size() > kMostRuleBytes) {
    return {{}, absl::StrCat("a rule longer than ", kMostRuleBytes, " bytes"), kSingleDays};
  }
  std::optional<Parts> parts = Split(upper);
  if (!parts) return {{}, "no recurrence rule: each part is NAME=VALUE, once", kSingleDays};
  if (std::string wrong = WhyNot(*parts); !wrong.empty()) {
    return {{}, std::move(wrong), kSingleDays};
  }
  if (first.year() < kFirstIcsRuleYear || first.year() > kLastIcsYear) {
    return {{},
            absl::StrCat("a rule that begins in ", first.year()),
            absl::StrCat("begin it between ", kFirstIcsRuleYear, " and ", kLastIcsYear)};
  }
  absl::CivilDay last(kLastIcsYear, 12, 31);
  if (const auto until = parts->find("UNTIL"); until != parts->end()) {
    const std::optional<absl::CivilDay> day = CompactDay(until->second);
    if (!day) {
      return {{}, "UNTIL is not a day, although the event has whole days", "write UNTIL=YYYYMMDD"};
    }
    if (*day < first) return {{}, "UNTIL is before DTSTART", "write a day after DTSTART"};
    last = std::min(last, *day);
    parts->erase(until);
  }
  std::string plain = absl::StrCat("FREQ=", parts->at("FREQ"));
  for (const auto& [name, value] : *parts) {
    if (name != "FREQ") absl::StrAppend(&plain, ";", name, "=", value);
  }
  IcsRuleDays read;
  read.days = ExpandIcalRule(plain, first, last, most + 1);
  if (read.days.size() > most) {
    return {{},
            absl::StrCat("more than ", kMaxIcsDays, " days in one file, repetitions counted"),
            "give it an end (UNTIL or COUNT)"};
  }
  // Rationale: RFC 5545 does not say what an event means if DTSTART is not a day of its rule.
  if (read.days.empty() || read.days.front() != first) {
    return {{}, "DTSTART is not a day of its own rule", "begin the event on a day of the rule"};
  }
  return read;
}

}  // namespace retainer::policy
