#include <algorithm>
#include <optional>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "retainer/calendar.h"
#include "retainer/time_zone.h"
#include "src/policy/duration.h"
#include "src/policy/ics.h"
#include "src/policy/policy_keys.h"
#include "src/policy/policy_sections.h"

namespace retainer::policy {
namespace {

constexpr int kDayMinutes = 24 * 60;
// Every calendar holds its own days, in every stored version of the policy.
constexpr std::size_t kMaxIcsDaysInAll = 200'000;

std::optional<int> Minute(std::string_view text) {
  int hour = 0;
  int minute = 0;
  if (text.size() != 5 || text[2] != ':' ||
      !std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= ':'; }) ||
      !absl::SimpleAtoi(absl::string_view(text.data(), 2), &hour) ||
      !absl::SimpleAtoi(absl::string_view(text.data() + 3, 2), &minute) || minute > 59 ||
      hour * 60 + minute > kDayMinutes) {
    return std::nullopt;
  }
  return hour * 60 + minute;
}

class CalendarReader {
 public:
  CalendarReader(const YamlNode& node, CalendarSpec* spec, PolicyDraft* draft)
      : node_(node), spec_(*spec), draft_(*draft), reader_(draft->reader) {}

  // False when the calendar has a problem.
  bool Read() {
    if (!reader_.Map(node_, "a calendar", policy_keys::Calendar())) return false;
    if (const YamlNode* zone = node_.Find("time_zone")) {
      ReadZone(*zone);
    } else {
      Fail(node_, "a calendar without time_zone", "write e.g. time_zone: Europe/Paris");
    }
    if (const YamlNode* hours = node_.Find("hours")) {
      ReadHours(*hours);
    } else if (node_.Find("overrides") == nullptr) {
      Fail(node_, "a calendar without hours never opens",
           "write e.g. hours: {mon-fri: [\"09:00-17:00\"]}, or hours: always");
    }
    if (const YamlNode* holidays = node_.Find("holidays")) {
      draft_.places.holidays[spec_.name] = reader_.PlaceOf(*holidays);
      for (const YamlNode& holiday : reader_.List(*holidays, "holidays")) ReadHoliday(holiday);
    }
    if (const YamlNode* days = node_.Find("overrides")) {
      ReadDated(*days, "overrides", &spec_.overrides);
    }
    if (const YamlNode* days = node_.Find("breaks")) ReadDated(*days, "breaks", &spec_.breaks);
    if (spec_.always && (node_.Find("holidays") != nullptr || node_.Find("overrides") != nullptr ||
                         node_.Find("breaks") != nullptr)) {
      Fail(node_, "hours: always leaves no room for holidays, overrides or breaks",
           "take them out, or write hours: {mon-sun: [\"00:00-24:00\"]}");
    }
    return ok_;
  }

 private:
  void Fail(const YamlNode& at, std::string what, std::string mend = "") {
    ok_ = false;
    reader_.Error(at, std::move(what), std::move(mend));
  }

  void ReadZone(const YamlNode& node) {
    const std::optional<std::string> name = reader_.Text(node, "time_zone");
    if (!name) {
      ok_ = false;
      return;
    }
    absl::TimeZone zone;
    if (!LoadNamedZone(*name, &zone)) {
      return Fail(node, "unknown time zone",
                  "write a name of the IANA database that is the same on each machine, e.g. "
                  "Europe/Paris or UTC (is tzdata installed?)");
    }
    spec_.time_zone = *name;
  }

  void ReadHours(const YamlNode& node) {
    if (node.IsScalar() && node.scalar == "always") {
      spec_.always = true;
      return;
    }
    if (!node.IsMap()) {
      return Fail(node, "hours must be a map of weekdays, or the word always",
                  "write e.g. hours: {mon-fri: [\"09:00-17:00\"]}");
    }
    bool seen[7] = {};
    for (std::size_t i = 0; i < node.keys.size(); ++i) {
      const std::vector<int> days = Days(node.keys[i]);
      const std::vector<DayHours> hours = ReadDayHours(node.values[i]);
      for (int day : days) {
        if (std::exchange(seen[day], true)) {
          Fail(node.keys[i],
               absl::StrCat("hours of ", std::string(policy_keys::Days()[day]), " are given twice"),
               "name each day once");
          break;
        }
        spec_.weekly[day] = hours;
      }
    }
  }

  // Reads `mon`, `mon-fri`, `sat-mon`.
  std::vector<int> Days(const YamlNode& key) {
    const policy_keys::Keys names = policy_keys::Days();
    const std::vector<std::string> ends = absl::StrSplit(key.scalar, '-');
    std::vector<int> found;
    for (const std::string& end : ends) {
      const auto it = std::find(names.begin(), names.end(), end);
      if (it != names.end()) found.push_back(static_cast<int>(it - names.begin()));
    }
    if (found.size() != ends.size() || found.size() > 2) {
      Fail(key, absl::StrCat("\"", key.scalar.substr(0, 40), "\" is not a day of the week"),
           "write mon, tue, wed, thu, fri, sat or sun, or a range such as mon-fri");
      return {};
    }
    std::vector<int> days = {found[0]};
    while (days.back() != found.back()) days.push_back((days.back() + 1) % 7);
    return days;
  }

  std::vector<DayHours> ReadDayHours(const YamlNode& node) {
    std::vector<DayHours> hours;
    if (!node.IsSequence()) ok_ = false;
    for (const YamlNode& item : reader_.List(node, "the hours of a day")) {
      const std::vector<std::string> ends = absl::StrSplit(item.scalar, '-');
      const auto from = Minute(ends[0]);
      const auto until = ends.size() == 2 ? Minute(ends[1]) : std::nullopt;
      if (!item.IsScalar() || !from || !until || *from == kDayMinutes || *from == *until) {
        Fail(
            item, "hours must be a span of the day",
            "write \"HH:MM-HH:MM\", e.g. \"09:00-12:30\", \"00:00-24:00\", or \"22:00-06:00\" past "
            "midnight");
        continue;
      }
      const DayHours span{*from, *until};
      const auto end = [](const DayHours& h) {
        return h.until_minute > h.from_minute ? h.until_minute : h.until_minute + kDayMinutes;
      };
      if (std::any_of(hours.begin(), hours.end(), [&](const DayHours& h) {
            return span.from_minute < end(h) && h.from_minute < end(span);
          })) {
        Fail(item, "these hours overlap others of the same day", "join them to one span");
        continue;
      }
      hours.push_back(span);
    }
    return hours;
  }

  void ReadHoliday(const YamlNode& node) {
    const std::optional<std::string> text = reader_.Text(node, "a holiday");
    if (!text) {
      ok_ = false;
    } else if (absl::EndsWith(*text, ".ics")) {
      ReadIcsFile(node, *text);
    } else if (text->size() == 5) {
      // 2000 is a leap year, so 02-29 exists.
      const std::optional<absl::CivilDay> day = ParseDay("2000-" + *text);
      if (!day) return Fail(node, "no such day of the year", "write MM-DD, e.g. 05-01");
      spec_.yearly_holidays.insert({day->month(), day->day()});
    } else if (const std::optional<absl::CivilDay> day = ParseDay(*text)) {
      spec_.holidays.insert(*day);
    } else {
      Fail(node, "a holiday that is not a day",
           "write an existing date as YYYY-MM-DD, MM-DD for every year, or a file.ics");
    }
  }

  void ReadIcsFile(const YamlNode& node, const std::string& name) {
    // Beside the file that names it, or at the top of the policy.
    auto file = draft_.files.find(node.file.substr(0, node.file.rfind('/') + 1) + name);
    if (file == draft_.files.end()) file = draft_.files.find(name);
    if (file == draft_.files.end()) {
      std::vector<std::string_view> known;
      for (const auto& [other, text] : draft_.files) {
        if (absl::EndsWith(other, ".ics")) known.push_back(other);
      }
      return Fail(node, absl::StrCat("no file \"", name.substr(0, 60), "\" beside the policy"),
                  known.empty() ? "put the iCalendar file into the policy's folder"
                                : DidYouMean(name, known));
    }
    if (!merged_.insert(file->first).second) return;
    // Each file is read once, even when several calendars name it.
    const auto [read, is_new] = draft_.ics_days.try_emplace(file->first);
    if (is_new) {
      std::vector<Problem> problems;
      read->second = ParseIcs(file->first, file->second, &problems);
      for (const Problem& problem : problems) {
        YamlNode at;
        at.file = problem.file;
        at.line = problem.line;
        reader_.Error(at, problem.what, problem.mend);
      }
      if (!problems.empty()) draft_.wrong_ics.insert(file->first);
    }
    if (draft_.wrong_ics.contains(file->first)) {
      ok_ = false;
      return;
    }
    draft_.ics_days_in_all += read->second.size();
    if (draft_.ics_days_in_all > kMaxIcsDaysInAll) {
      return Fail(node,
                  absl::StrCat("more than ", kMaxIcsDaysInAll,
                               " days of iCalendar files in all calendars together"),
                  "name each file in fewer calendars, or export fewer years");
    }
    spec_.holidays.insert(read->second.begin(), read->second.end());
  }

  void ReadDated(const YamlNode& node, std::string_view what,
                 std::map<absl::CivilDay, std::vector<DayHours>>* days) {
    if (!reader_.NamedMap(node, what)) {
      ok_ = false;
      return;
    }
    for (std::size_t i = 0; i < node.keys.size(); ++i) {
      const std::optional<absl::CivilDay> day = reader_.Day(node.keys[i]);
      std::vector<DayHours> hours = ReadDayHours(node.values[i]);
      ok_ &= day.has_value();
      if (day) (*days)[*day] = std::move(hours);
    }
  }

  const YamlNode& node_;
  CalendarSpec& spec_;
  PolicyDraft& draft_;
  Reader& reader_;
  std::set<std::string> merged_;  // names of iCalendar files
  bool ok_ = true;
};

}  // namespace

void ReadCalendars(const YamlNode& node, PolicyDraft* draft) {
  if (!draft->reader.NamedMap(node, "calendars")) return;
  for (std::size_t i = 0; i < node.keys.size(); ++i) {
    const std::optional<std::string> name =
        draft->reader.Name(node.keys[i], "the name of a calendar");
    if (!name || !IsNew(*name, "calendar", node.keys[i], draft)) continue;
    draft->places.calendars[*name] = draft->reader.PlaceOf(node.keys[i]);
    CalendarSpec spec;
    spec.name = *name;
    if (CalendarReader(node.values[i], &spec, draft).Read()) {
      const auto compiled = BusinessTime::Compile({spec});
      if (!compiled.ok()) {
        draft->reader.Error(node.keys[i], absl::StrCat("calendar \"", *name, "\" never opens"),
                            "give it hours on a weekday, or hours: always");
      } else if ((*compiled)->always_open()) {
        draft->always_open.insert(*name);
      }
    } else {
      // The calendar has a problem already: do not report its users too.
      draft->always_open.insert(*name);
    }
    draft->policy.calendars.emplace(*name, std::move(spec));
  }
}

std::vector<std::string> ReadCalendarNames(const YamlNode& node, PolicyDraft* draft) {
  std::vector<std::string> names;
  const std::vector<YamlNode>& items = draft->reader.List(node, "calendars");
  if (node.IsSequence() && items.empty()) {
    draft->reader.Error(node, "a list of calendars without any", "name at least one");
  }
  for (const YamlNode& item : items) {
    const std::optional<std::string> name = draft->reader.Text(item, "a calendar's name");
    if (!name) continue;
    if (!draft->policy.calendars.contains(*name)) {
      draft->reader.Error(item,
                          absl::StrCat("calendar \"", name->substr(0, 60), "\" is not defined"),
                          DidYouMean(*name, NamesOf(draft->policy.calendars)));
    } else if (std::find(names.begin(), names.end(), *name) == names.end()) {
      names.push_back(*name);
    }
  }
  return names;
}

}  // namespace retainer::policy
