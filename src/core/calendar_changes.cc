#include "calendar_changes.h"

#include <algorithm>
#include <set>

#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "differences.h"

namespace retainer::core {
namespace {

using Dated = std::map<absl::CivilDay, std::vector<DayHours>>;

constexpr const char* kDayNames[] = {"mon", "tue", "wed", "thu", "fri", "sat", "sun"};
// A calendar file can bring hundreds of days at once.
constexpr std::size_t kMostDays = 5;

std::string HoursText(std::vector<DayHours> hours) {
  if (hours.empty()) return "closed";
  std::sort(hours.begin(), hours.end());
  return absl::StrJoin(hours, " and ", [](std::string* out, const DayHours& span) {
    absl::StrAppendFormat(out, "%02d:%02d-%02d:%02d", span.from_minute / 60, span.from_minute % 60,
                          span.until_minute / 60, span.until_minute % 60);
  });
}

// `holidays 2026-12-24, 2026-12-31 and 12 more added`
void SayDays(std::string_view what, std::vector<std::string> days, std::string_view change,
             Differences* about) {
  if (days.empty()) return;
  std::string more;
  if (days.size() > kMostDays) {
    more = absl::StrCat(" and ", days.size() - kMostDays, " more");
    days.resize(kMostDays);
  }
  about->Say(
      absl::StrCat(base::View(what), " ", absl::StrJoin(days, ", "), more, base::View(change)));
}

void CompareDays(std::string_view what, const std::vector<std::string>& before,
                 const std::vector<std::string>& after, Differences* about) {
  SayDays(what, OnlyIn(after, before), " added", about);
  SayDays(what, OnlyIn(before, after), " removed", about);
}

// Neighbouring days with the same change are one sentence.
void CompareWeek(const CalendarSpec& before, const CalendarSpec& after, Differences* about) {
  const auto change = [&](int day) {
    const std::string was = HoursText(before.weekly[day]);
    const std::string is = HoursText(after.weekly[day]);
    return was == is ? std::string() : absl::StrCat(was, " -> ", is);
  };
  for (int first = 0; first < 7; ++first) {
    const std::string changed = change(first);
    if (changed.empty()) continue;
    int last = first;
    while (last + 1 < 7 && change(last + 1) == changed) ++last;
    about->Say(absl::StrCat(kDayNames[first],
                            last == first ? "" : absl::StrCat("-", kDayNames[last]), " ", changed));
    first = last;
  }
}

std::vector<std::string> DatedTexts(const Dated& days) {
  std::vector<std::string> texts;
  for (const auto& [day, hours] : days) {
    texts.push_back(absl::StrCat(absl::FormatCivilTime(day), " (", HoursText(hours), ")"));
  }
  return texts;
}

std::vector<std::string> HolidayTexts(const CalendarSpec& spec) {
  std::vector<std::string> texts;
  for (const absl::CivilDay& day : spec.holidays) texts.push_back(absl::FormatCivilTime(day));
  for (const auto& [month, day] : spec.yearly_holidays) {
    texts.push_back(absl::StrFormat("%02d-%02d", month, day));
  }
  return texts;
}

void CompareCalendar(const CalendarSpec& before, const CalendarSpec& after, Differences* about) {
  about->Value("time_zone", before.time_zone, after.time_zone);
  if (before.always != after.always) {
    about->Say(after.always ? "hours -> always" : "hours always -> those of the week");
  }
  CompareWeek(before, after, about);
  CompareDays("holidays", HolidayTexts(before), HolidayTexts(after), about);
  CompareDays("overrides", DatedTexts(before.overrides), DatedTexts(after.overrides), about);
  CompareDays("breaks", DatedTexts(before.breaks), DatedTexts(after.breaks), about);
}

}  // namespace

void CompareCalendars(const std::map<std::string, CalendarSpec>& before,
                      const std::map<std::string, CalendarSpec>& after,
                      std::vector<std::string>* sentences) {
  std::set<std::string> names;
  for (const auto* side : {&before, &after}) {
    for (const auto& [name, spec] : *side) names.insert(name);
  }
  for (const std::string& name : names) {
    Differences about("calendar " + name, sentences);
    const auto was = before.find(name);
    const auto is = after.find(name);
    if (was == before.end()) {
      about.Say("added");
    } else if (is == after.end()) {
      about.Say("removed");
    } else {
      CompareCalendar(was->second, is->second, &about);
    }
  }
}

}  // namespace retainer::core
