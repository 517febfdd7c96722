#include "src/policy/ical.h"

#include <libical/ical.h>

#include <memory>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"

namespace retainer::policy {
namespace {

struct FreeComponent {
  void operator()(icalcomponent* component) const { icalcomponent_free(component); }
};
struct FreeIterator {
  void operator()(icalrecur_iterator* iterator) const { icalrecur_iterator_free(iterator); }
};

// Rationale: libical can be built to abort at the first malformed line.
void NeverAbort() {
  static const bool once = [] {
    icalerror_set_errors_are_fatal(false);
    return true;
  }();
  (void)once;
}

std::string Taken(char* text) {
  std::string taken = text == nullptr ? "" : text;
  icalmemory_free_buffer(text);
  return taken;
}

}  // namespace

std::vector<IcalProperty> ReadIcalProperty(const std::string& line) {
  NeverAbort();
  const std::string text = absl::StrCat("BEGIN:VEVENT\r\n", line, "\r\nEND:VEVENT\r\n");
  const std::unique_ptr<icalcomponent, FreeComponent> event(icalparser_parse_string(text.c_str()));
  std::vector<IcalProperty> found;
  if (event == nullptr) return found;
  for (icalproperty* property = icalcomponent_get_first_property(event.get(), ICAL_ANY_PROPERTY);
       property != nullptr;
       property = icalcomponent_get_next_property(event.get(), ICAL_ANY_PROPERTY)) {
    // libical marks a line that it could not read in this way.
    if (icalproperty_isa(property) == ICAL_XLICERROR_PROPERTY) return {};
    IcalProperty& read = found.emplace_back();
    read.value = Taken(icalproperty_get_value_as_string_r(property));
    for (icalparameter* parameter = icalproperty_get_first_parameter(property, ICAL_ANY_PARAMETER);
         parameter != nullptr;
         parameter = icalproperty_get_next_parameter(property, ICAL_ANY_PARAMETER)) {
      const std::string pair = Taken(icalparameter_as_ical_string_r(parameter));
      const std::size_t equals = pair.find('=');
      if (equals == std::string::npos) return {};
      read.parameters.emplace_back(absl::AsciiStrToUpper(pair.substr(0, equals)),
                                   pair.substr(equals + 1));
    }
  }
  return found;
}

std::vector<absl::CivilDay> ExpandIcalRule(const std::string& rule, absl::CivilDay first,
                                           absl::CivilDay last, std::size_t most) {
  NeverAbort();
  std::vector<absl::CivilDay> days;
  const icalrecurrencetype parsed = icalrecurrencetype_from_string(rule.c_str());
  if (parsed.freq == ICAL_NO_RECURRENCE) return days;
  icaltimetype start{};
  start.is_date = 1;
  start.year = static_cast<int>(first.year());
  start.month = first.month();
  start.day = first.day();
  const std::unique_ptr<icalrecur_iterator, FreeIterator> iterator(
      icalrecur_iterator_new(parsed, start));
  if (iterator == nullptr) return days;
  while (days.size() < most) {
    const icaltimetype next = icalrecur_iterator_next(iterator.get());
    if (icaltime_is_null_time(next)) break;
    const absl::CivilDay day(next.year, next.month, next.day);
    if (day > last) break;
    days.push_back(day);
  }
  return days;
}

}  // namespace retainer::policy
