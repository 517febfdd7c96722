// libical's reading of single properties and of recurrence rules, as plain values.
//
// Thread-safe; libical's types stay inside. Nothing is printed and nothing aborts, whatever the
// text.
#pragma once

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "absl/time/civil_time.h"

namespace retainer {

struct IcalProperty {
  std::string value;
  std::vector<std::pair<std::string, std::string>> parameters;  // names in upper case
};

// The property of one content line; a list of values is as many properties. Empty where libical
// refuses it.
std::vector<IcalProperty> ReadIcalProperty(const std::string& line);

// The days of a rule that begins at `first`, in order, none after `last` and at most `most`. Empty
// for a rule that libical refuses or that never falls.
std::vector<absl::CivilDay> ExpandIcalRule(const std::string& rule, absl::CivilDay first,
                                           absl::CivilDay last, std::size_t most);

}  // namespace retainer
