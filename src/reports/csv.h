// Writes CSV (RFC 4180).
#pragma once

#include <string>
#include <vector>

namespace retainer::reports {

// One line with its line end. A cell that a spreadsheet would run as a formula gets an apostrophe
// in front.
std::string CsvLine(const std::vector<std::string>& cells);

}  // namespace retainer::reports
