#include "src/policy/ics.h"

#include <algorithm>
#include <map>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "src/policy/duration.h"
#include "src/policy/ical.h"
#include "src/policy/ics_lines.h"
#include "src/policy/ics_rule.h"

namespace retainer::policy {
namespace {

constexpr std::size_t kMostProblems = 20;

// A property of an event. A list of values becomes one Property per value.
struct Property {
  int line = 0;
  std::string value;
  // The parameter because of which the value is not a plain day: `TZID=Europe/Paris`.
  std::string parameter;
};

struct Event {
  int line = 0;  // line of BEGIN:VEVENT
  std::map<std::string, std::vector<Property>> properties;

  const Property* Find(const std::string& name) const {
    const auto it = properties.find(name);
    return it == properties.end() ? nullptr : &it->second.front();
  }
  std::string Text(const std::string& name) const {
    const Property* property = Find(name);
    return property == nullptr ? "" : property->value;
  }
  bool IsCancelled() const { return absl::AsciiStrToUpper(Text("STATUS")) == "CANCELLED"; }
};

// All events of one UID: the series and the changes to it.
struct Series {
  const Event* master = nullptr;
  std::vector<const Event*> instances;  // the events with RECURRENCE-ID
};

struct Span {
  absl::CivilDay first;
  int days = 1;
};

bool IsDated(const std::string& name) {
  return name == "DTSTART" || name == "DTEND" || name == "RDATE" || name == "EXDATE" ||
         name == "RECURRENCE-ID";
}

bool MayRepeat(const std::string& name) { return name == "RDATE" || name == "EXDATE"; }

// The properties that set an event's days; the others are only text.
bool SaysWhen(const std::string& name) {
  return IsDated(name) || name == "DURATION" || name == "RRULE" || name == "EXRULE" ||
         name == "STATUS" || name == "UID";
}

// `P1D`, `P2W`; 0 for anything else.
int WholeDays(const std::string& duration) {
  int number = 0;
  if (duration.size() < 3 || duration.size() > 6 || duration[0] != 'P' ||
      !absl::ascii_isdigit(static_cast<unsigned char>(duration[1])) ||
      !absl::SimpleAtoi(duration.substr(1, duration.size() - 2), &number)) {
    return 0;
  }
  return duration.back() == 'D' ? number : duration.back() == 'W' ? 7 * number : 0;
}

class IcsReader {
 public:
  IcsReader(const std::string& file, std::vector<Problem>* problems)
      : file_(file), problems_(*problems) {}

  std::set<absl::CivilDay> Read(const std::vector<IcsLine>& lines) {
    ReadComponents(lines);
    if (errors_ == 0) {
      for (const auto& [uid, series] : BySeries()) {
        if (errors_ >= kMostProblems || full_) break;
        ReadSeries(series);
      }
    }
    if (errors_ > 0) days_.clear();
    return std::move(days_);
  }

 private:
  void Error(int line, std::string what, std::string mend) {
    if (++errors_ > kMostProblems) return;
    problems_.push_back({file_, line, 1, std::move(what), std::move(mend)});
  }

  // ---- the file as events

  struct Open {
    std::string name;
    int line;
  };

  void ReadComponents(const std::vector<IcsLine>& lines) {
    for (const IcsLine& line : lines) {
      if (errors_ >= kMostProblems) return;
      const bool opens = line.name == "BEGIN";
      if (opens || line.name == "END") {
        // After a component that does not end, the structure is unknown: stop reading.
        if (!(opens ? OpenComponent(line) : CloseComponent(line))) return;
      } else if (open_.empty()) {
        return Error(line.number, "a line outside BEGIN:VCALENDAR … END:VCALENDAR",
                     "export the calendar again");
      } else if (open_.size() == 1) {
        ReadCalendarProperty(line);
      } else if (open_.size() == 2 && open_.back().name == "VEVENT" && SaysWhen(line.name)) {
        ReadEventProperty(line);
      }
    }
    if (!open_.empty()) {
      return Error(open_.back().line, absl::StrCat("BEGIN:", open_.back().name, " without its END"),
                   "export the calendar again");
    }
    if (events_.empty() && errors_ == 0) {
      Error(1, "no event in this calendar", "export it again as .ics");
    }
  }

  bool OpenComponent(const IcsLine& line) {
    const std::string name = absl::AsciiStrToUpper(Value(line));
    if (line.text[5] != ':' || name.empty()) {
      Error(line.number, "BEGIN names no component", "export the calendar again");
      return false;
    }
    if (open_.empty() != (name == "VCALENDAR")) {
      Error(line.number,
            absl::StrCat("BEGIN:", name.substr(0, 40),
                         open_.empty() ? " outside VCALENDAR" : " inside another component"),
            "export the calendar again");
      return false;
    }
    if (open_.size() >= kMaxIcsDepth) {
      Error(line.number, absl::StrCat("nested more than ", kMaxIcsDepth, " levels deep"),
            "export the calendar again");
      return false;
    }
    if (name == "VEVENT" && open_.size() != 1) {
      Error(line.number,
            absl::StrCat("an event inside ", open_.back().name, ": its END is missing"),
            "export the calendar again");
      return false;
    }
    if (name == "VFREEBUSY" || name == "VAVAILABILITY") {
      Error(line.number, absl::StrCat(name, " is not read"), "write its days as all-day events");
    }
    if (name == "VEVENT") {
      if (events_.size() >= kMaxIcsEvents) {
        Error(line.number, absl::StrCat("more than ", kMaxIcsEvents, " events in one file"),
              "export fewer years");
        return false;
      }
      events_.push_back({line.number, {}});
    }
    if (name == "VCALENDAR") calendar_.clear();
    open_.push_back({name, line.number});
    return true;
  }

  bool CloseComponent(const IcsLine& line) {
    const std::string name = absl::AsciiStrToUpper(Value(line));
    if (open_.empty() || line.text[3] != ':' || name != open_.back().name) {
      Error(line.number,
            absl::StrCat("END:", name.substr(0, 40), " where ",
                         open_.empty() ? "nothing is open" : "END:" + open_.back().name,
                         open_.empty() ? "" : " is missing"),
            "export the calendar again");
      return false;
    }
    open_.pop_back();
    return true;
  }

  void ReadCalendarProperty(const IcsLine& line) {
    const std::string expected = line.name == "METHOD"     ? "PUBLISH"
                                 : line.name == "CALSCALE" ? "GREGORIAN"
                                 : line.name == "VERSION"  ? "2.0"
                                                           : "";
    if (expected.empty()) return;
    if (!calendar_.insert(line.name).second) {
      return Error(line.number, absl::StrCat(line.name, " is given twice"), "keep one");
    }
    const std::string value = Value(line);
    if (absl::AsciiStrToUpper(value) == expected) return;
    Error(line.number, absl::StrCat(line.name, ":", value.substr(0, 40), " is not read"),
          absl::StrCat("export a calendar with ", line.name, ":", expected,
                       line.name == "METHOD" ? ", or without METHOD" : ""));
  }

  void ReadEventProperty(const IcsLine& line) {
    Event& event = events_.back();
    if (line.name == "EXRULE") return Error(line.number, "EXRULE is not read", kSingleDays);
    std::vector<Property>& here = event.properties[line.name];
    if (!here.empty() && !MayRepeat(line.name)) {
      return Error(
          line.number,
          absl::StrCat(line.name, " is given twice; the first is on line ", here.front().line),
          "keep one, or write this event as single days");
    }
    if (line.name == "RRULE") {
      if (++rules_ > kMaxIcsRules) {
        return Error(line.number, absl::StrCat("more than ", kMaxIcsRules, " rules in one file"),
                     "split the file");
      }
      // Use the text as written: libical's form of a rule drops the parts that it does not know.
      if (line.text[5] != ':') return Error(line.number, "RRULE with parameters", kSingleDays);
      here.push_back({line.number, Value(line), ""});
      return;
    }
    const std::vector<IcalProperty> values = ReadIcalProperty(line.text);
    if (values.empty() || (values.size() > 1 && !MayRepeat(line.name))) {
      return Error(line.number, absl::StrCat(line.name, " cannot be read"),
                   IsDated(line.name) ? "write YYYYMMDD" : kSingleDays);
    }
    const bool dated = IsDated(line.name);
    std::string written;
    for (const IcalProperty& value : values) {
      absl::StrAppend(&written, written.empty() ? "" : ",", value.value);
      here.push_back({line.number, value.value, dated ? Foreign(line, value) : ""});
    }
    // Rationale: libical accepts `2026-09-15` and similar forms and guesses.
    if (dated && written != Value(line)) {
      Error(line.number, absl::StrCat(line.name, " cannot be read"), "write YYYYMMDD");
    }
  }

  static std::string Value(const IcsLine& line) {
    return std::string(absl::StripAsciiWhitespace(line.text.substr(line.value_at)));
  }

  // The parameter because of which the value is not a plain day; empty when there is none.
  static std::string Foreign(const IcsLine& line, const IcalProperty& property) {
    // libical drops parameters that have the default value.
    const std::string head = absl::AsciiStrToUpper(line.text.substr(0, line.value_at - 1));
    if (absl::StrContains(absl::StrCat(head, ";"), ";VALUE=DATE-TIME;")) return "VALUE=DATE-TIME";
    for (const auto& [name, value] : property.parameters) {
      if (name.starts_with("X-") || (name == "VALUE" && absl::AsciiStrToUpper(value) == "DATE")) {
        continue;
      }
      return absl::StrCat(name, "=", value.substr(0, 40));
    }
    return "";
  }

  // ---- events as days

  // Groups the events by series, in the order of the file.
  std::vector<std::pair<std::string, Series>> BySeries() {
    std::vector<std::pair<std::string, Series>> list;
    std::map<std::string, std::size_t> at;
    for (const Event& event : events_) {
      const std::string uid = event.Text("UID");
      const Property* instance = event.Find("RECURRENCE-ID");
      if (uid.empty() && instance != nullptr) {
        Error(instance->line, "RECURRENCE-ID without UID", "export the calendar again");
        continue;
      }
      // An event without UID is a series of its own.
      const auto [found, is_new] = at.emplace(uid, list.size());
      if (is_new || uid.empty()) {
        found->second = list.size();
        list.push_back({uid, {}});
      }
      Series& series = list[found->second].second;
      if (instance != nullptr) {
        series.instances.push_back(&event);
      } else if (series.master != nullptr) {
        Error(event.line,
              absl::StrCat("a second event of one UID; the first begins on line ",
                           series.master->line),
              "keep the right one");
      } else {
        series.master = &event;
      }
    }
    return list;
  }

  std::optional<absl::CivilDay> Day(const Property& property, const std::string& name) {
    const std::optional<absl::CivilDay> day = CompactDay(property.value);
    if (day && property.parameter.empty()) return day;
    if (property.parameter.starts_with("RANGE=")) {
      Error(property.line, "a change to all instances from one on (RANGE) is not read",
            "end the series with UNTIL and begin a second event");
      return std::nullopt;
    }
    Error(property.line,
          absl::StrCat(name, " is not a whole day",
                       property.parameter.empty() ? ", or no day of the calendar"
                                                  : absl::StrCat(" (", property.parameter, ")")),
          absl::StrCat("write ", name, ";VALUE=DATE:YYYYMMDD, or take the event out"));
    return std::nullopt;
  }

  bool HasKnownStatus(const Event& event) {
    const Property* status = event.Find("STATUS");
    if (status == nullptr || event.IsCancelled()) return true;
    const std::string value = absl::AsciiStrToUpper(status->value);
    if (value == "CONFIRMED") return true;
    Error(status->line,
          value == "TENTATIVE" ? "an event that is not certain (STATUS:TENTATIVE)"
                               : absl::StrCat("STATUS:", value.substr(0, 40), " is not read"),
          "write STATUS:CONFIRMED, or take the event out");
    return false;
  }

  std::optional<Span> ReadSpan(const Event& event) {
    const Property* start = event.Find("DTSTART");
    if (start == nullptr) {
      Error(event.line, "an event without DTSTART", "give it a day");
      return std::nullopt;
    }
    const std::optional<absl::CivilDay> first = Day(*start, "DTSTART");
    if (!first) return std::nullopt;
    const Property* end = event.Find("DTEND");
    const Property* duration = event.Find("DURATION");
    if (end == nullptr && duration == nullptr) return Span{*first, 1};
    if (end != nullptr && duration != nullptr) {
      Error(duration->line, "DTEND and DURATION beside each other", "keep one");
      return std::nullopt;
    }
    std::int64_t days = 0;
    if (end != nullptr) {
      const std::optional<absl::CivilDay> until = Day(*end, "DTEND");
      if (!until) return std::nullopt;
      days = *until - *first;
    } else {
      days = WholeDays(duration->value);
    }
    if (days < 1 || days > kMaxIcsEventDays) {
      Error(end != nullptr ? end->line : duration->line,
            end != nullptr
                ? absl::StrCat("DTEND is not 1 to ", kMaxIcsEventDays, " days after DTSTART")
                : absl::StrCat("DURATION is not 1 to ", kMaxIcsEventDays, " whole days"),
            end != nullptr ? "write the day after the last one as YYYYMMDD" : "write e.g. P1D");
      return std::nullopt;
    }
    return Span{*first, static_cast<int>(days)};
  }

  void ReadSeries(const Series& series) {
    if (series.master == nullptr) {
      const Property* instance = series.instances.front()->Find("RECURRENCE-ID");
      return Error(instance->line, "RECURRENCE-ID of an event that is not in this file",
                   "export the whole series, or write this event without RECURRENCE-ID");
    }
    const Event& master = *series.master;
    if (!HasKnownStatus(master)) return;
    if (master.IsCancelled()) {
      for (const Event* instance : series.instances) {
        if (instance->IsCancelled()) continue;
        return Error(instance->line, "an instance of an event that is cancelled as a whole",
                     "take one of the two out");
      }
      return;
    }
    const std::optional<Span> span = ReadSpan(master);
    if (!span) return;
    std::set<absl::CivilDay> starts;
    if (!ReadStarts(master, *span, &starts)) return;
    std::vector<Span> spans;
    for (const Event* instance : series.instances) {
      if (!ReadInstance(*instance, &starts, &spans)) return;
    }
    for (const absl::CivilDay start : starts) spans.push_back({start, span->days});
    for (const Span& each : spans) {
      if (!Add(master.line, each)) return;
    }
  }

  // The days on which the instances of a series begin: its rule and its RDATEs, without its
  // EXDATEs.
  bool ReadStarts(const Event& event, const Span& span, std::set<absl::CivilDay>* starts) {
    starts->insert(span.first);
    if (const Property* rule = event.Find("RRULE")) {
      const IcsRuleDays read = ReadIcsRule(rule->value, span.first, kMaxIcsDays - spent_);
      if (!read.wrong.empty()) {
        Error(rule->line, read.wrong, read.mend);
        return false;
      }
      starts->insert(read.days.begin(), read.days.end());
    }
    for (const bool extra : {true, false}) {
      const std::string name = extra ? "RDATE" : "EXDATE";
      const auto found = event.properties.find(name);
      if (found == event.properties.end()) continue;
      for (const Property& property : found->second) {
        const std::optional<absl::CivilDay> day = Day(property, name);
        if (!day) return false;
        if (extra) starts->insert(*day);
        if (!extra) starts->erase(*day);
      }
    }
    return true;
  }

  // One instance that was moved or cancelled.
  bool ReadInstance(const Event& event, std::set<absl::CivilDay>* starts,
                    std::vector<Span>* spans) {
    const Property& id = *event.Find("RECURRENCE-ID");
    const std::optional<absl::CivilDay> replaced = Day(id, "RECURRENCE-ID");
    if (!replaced || !HasKnownStatus(event)) return false;
    for (const char* name : {"RRULE", "RDATE", "EXDATE"}) {
      if (const Property* more = event.Find(name)) {
        Error(more->line, absl::StrCat(name, " beside RECURRENCE-ID is not read"), kSingleDays);
        return false;
      }
    }
    if (starts->erase(*replaced) == 0) {
      Error(id.line, "RECURRENCE-ID names no instance of its event, or one that is named twice",
            "write a day on which the event falls, once");
      return false;
    }
    if (event.IsCancelled()) return true;
    const std::optional<Span> span = ReadSpan(event);
    if (span) spans->push_back(*span);
    return span.has_value();
  }

  bool Add(int line, const Span& span) {
    for (int i = 0; i < span.days; ++i) {
      if (++spent_ > kMaxIcsDays) {
        full_ = true;
        Error(line,
              absl::StrCat("more than ", kMaxIcsDays, " days in one file, repetitions counted"),
              "export fewer years, or end the rules (UNTIL)");
        return false;
      }
      days_.insert(span.first + i);
    }
    return true;
  }

  const std::string& file_;
  std::vector<Problem>& problems_;
  std::vector<Open> open_;
  std::set<std::string> calendar_;  // properties of the calendar component that is open
  std::vector<Event> events_;
  std::size_t rules_ = 0;
  std::size_t errors_ = 0;
  std::size_t spent_ = 0;  // number of days so far, including repetitions
  bool full_ = false;
  std::set<absl::CivilDay> days_;
};

}  // namespace

std::optional<absl::CivilDay> CompactDay(std::string_view text) {
  if (text.size() != 8) return std::nullopt;
  return ParseDay(absl::StrCat(std::string(text.substr(0, 4)), "-", std::string(text.substr(4, 2)),
                               "-", std::string(text.substr(6))));
}

std::set<absl::CivilDay> ParseIcs(const std::string& file, const std::string& text,
                                  std::vector<Problem>* problems) {
  if (text.size() > kMaxIcsBytes) {
    problems->push_back(
        {file, 1, 1, absl::StrCat("larger than ", kMaxIcsBytes, " bytes"), "export fewer years"});
    return {};
  }
  const auto lines = IcsLines(file, text, problems);
  if (!lines) return {};
  return IcsReader(file, problems).Read(*lines);
}

}  // namespace retainer::policy
