// The content lines of an iCalendar file (RFC 5545, 3.1), each with its line number.
//
// Pure and thread-safe. Joins folded lines. Text that is not UTF-8 or not content lines is a
// problem with its line, and then nothing is returned.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "src/policy/problem.h"

namespace retainer::policy {

struct IcsLine {
  int number = 0;            // of its first physical line, from 1
  std::string name;          // the property's name, upper case
  std::string text;          // the whole line, including the name
  std::size_t value_at = 0;  // where in `text` the value begins, after the colon
};

// nullopt, with a problem, when the text is not content lines.
std::optional<std::vector<IcsLine>> IcsLines(const std::string& file, std::string_view text,
                                             std::vector<Problem>* problems);

}  // namespace retainer::policy
