// The content lines of an iCalendar file (RFC 5545, 3.1), each with the line on which it stands.
//
// Pure and thread-safe. Folded lines are joined. What is no UTF-8 text of content lines is a
// problem with its line, and then nothing is read.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "src/policy/problem.h"

namespace retainer {

struct IcsLine {
  int number = 0;            // of its first part, from 1
  std::string name;          // of the property, upper case
  std::string text;          // all of it, the name too
  std::size_t value_at = 0;  // in `text`: what follows the colon
};

// nullopt, with a problem, for what is no such text.
std::optional<std::vector<IcsLine>> IcsLines(const std::string& file, std::string_view text,
                                             std::vector<Problem>* problems);

}  // namespace retainer
