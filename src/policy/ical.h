// Reads single properties and recurrence rules with libical, and returns plain values.
//
// Thread-safe; libical's types stay inside. No text makes it print or abort.
#pragma once

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "absl/time/civil_time.h"

namespace retainer::policy {

struct IcalProperty {
  std::string value;
  std::vector<std::pair<std::string, std::string>> parameters;  // names in upper case
};

// The property of one content line; a list of values becomes one property per value. Empty when
// libical refuses the line.
std::vector<IcalProperty> ReadIcalProperty(const std::string& line);

// The days of a rule that begins at `first`, in order, up to `last` and at most `most` of them.
// Empty when libical refuses the rule, or when it matches no day.
std::vector<absl::CivilDay> ExpandIcalRule(const std::string& rule, absl::CivilDay first,
                                           absl::CivilDay last, std::size_t most);

}  // namespace retainer::policy
