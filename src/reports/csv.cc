#include "src/reports/csv.h"

#include "absl/strings/str_replace.h"

namespace retainer::reports {

std::string CsvLine(const std::vector<std::string>& cells) {
  std::string line;
  for (const std::string& cell : cells) {
    if (&cell != &cells.front()) line += ',';
    std::string text = cell;
    // OWASP, CSV injection: these characters begin a formula.
    if (!text.empty() && std::string_view("=+-@\t\r").find(text[0]) != std::string_view::npos &&
        text != "-") {
      text.insert(0, 1, '\'');
    }
    if (text.find_first_of(",\"\r\n") != std::string::npos) {
      text = "\"" + absl::StrReplaceAll(text, {{"\"", "\"\""}}) + "\"";
    }
    line += text;
  }
  return line + "\r\n";
}

}  // namespace retainer::reports
