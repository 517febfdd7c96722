#include "src/policy/yaml_error.h"

#include <algorithm>
#include <optional>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace retainer::policy {
namespace {

using Lines = std::vector<absl::string_view>;

absl::string_view Content(absl::string_view line) {
  const std::size_t first = line.find_first_not_of(" \t");
  if (first == absl::string_view::npos || line[first] == '#') return "";
  line.remove_prefix(first);
  while (!line.empty() && (line.back() == '\r' || line.back() == ' ')) line.remove_suffix(1);
  return line;
}

// The position of the colon that ends a key; npos when there is none.
std::size_t KeyColon(absl::string_view line) {
  char quote = 0;
  for (std::size_t i = 0; i < line.size(); ++i) {
    if (quote != 0) {
      if (line[i] == quote) quote = 0;
    } else if (line[i] == '"' || line[i] == '\'') {
      quote = line[i];
    } else if (line[i] == ':' && (i + 1 == line.size() || line[i + 1] == ' ')) {
      return i;
    }
  }
  return absl::string_view::npos;
}

// The first word of a list item: `id` in `- id acme`.
std::string FirstWord(absl::string_view content) {
  while (absl::StartsWith(content, "- ")) content = Content(content.substr(2));
  return std::string(content.substr(0, std::min<std::size_t>(content.find_first_of(" :"), 40)));
}

std::optional<Problem> Tab(const std::string& file, const Lines& lines, std::size_t last) {
  for (std::size_t i = 0; i <= last && i < lines.size(); ++i) {
    const std::size_t tab = lines[i].find('\t');
    if (tab > lines[i].find_first_not_of(" \t") || Content(lines[i]).empty()) continue;
    return Problem{file, static_cast<int>(i + 1), static_cast<int>(tab + 1),
                   "not valid YAML: a tab indents this line", "indent with spaces"};
  }
  return std::nullopt;
}

Problem NoColon(const std::string& file, int line, int column, const std::string& word) {
  return {file, line, column,
          absl::StrCat("not valid YAML: a colon is missing after \"", word, "\""),
          absl::StrCat("write ", word, ": …")};
}

// The library found a value where it expected none: something before it is not a key.
std::optional<Problem> MapValue(const std::string& file, const Lines& lines, std::size_t at,
                                std::size_t column) {
  const std::size_t colon = KeyColon(lines[at].substr(0, column));
  if (colon != absl::string_view::npos && colon + 1 < column) {
    return Problem{file, static_cast<int>(at + 1), static_cast<int>(column + 1),
                   "not valid YAML: a second colon on this line",
                   "put the value in quotes, or each key on a line of its own"};
  }
  std::size_t before = at;
  while (before > 0 && Content(lines[--before]).empty()) continue;
  const absl::string_view content = before < at ? Content(lines[before]) : absl::string_view();
  if (content.empty()) return std::nullopt;
  const std::string word = FirstWord(content);
  Problem problem{file, static_cast<int>(before + 1),
                  static_cast<int>(lines[before].find(content) + 1), "", ""};
  if (KeyColon(content) != absl::string_view::npos) {
    problem.line = static_cast<int>(at + 1);
    problem.column = static_cast<int>(lines[at].find(Content(lines[at])) + 1);
    problem.what = absl::StrCat("not valid YAML: this line is indented below \"", word,
                                "\", which has a value already");
    problem.mend = "indent it like the keys beside it";
  } else if (absl::StrContains(content, absl::StrCat(word, ":"))) {
    problem.what =
        absl::StrCat("not valid YAML: a blank is missing after the colon of \"", word, "\"");
    problem.mend = absl::StrCat("write ", word, ": VALUE");
  } else {
    return NoColon(file, problem.line, problem.column, word);
  }
  return problem;
}

}  // namespace

Problem ExplainYaml(const std::string& file, std::string_view text, int line, int column,
                    std::string_view message) {
  const Lines lines = absl::StrSplit(absl::string_view(text.data(), text.size()), '\n');
  const std::size_t at = static_cast<std::size_t>(std::max(line, 1) - 1);
  if (const auto tab = Tab(file, lines, at)) return *tab;
  if (message == "illegal map value" && at < lines.size()) {
    const auto value = MapValue(file, lines, at, static_cast<std::size_t>(std::max(column, 1) - 1));
    if (value) return *value;
  }
  if (message == "end of map not found" && at < lines.size()) {
    const absl::string_view content = Content(lines[at]);
    if (!content.empty() && content.front() != '-' &&
        KeyColon(content) == absl::string_view::npos) {
      return NoColon(file, line, column, FirstWord(content));
    }
  }
  Problem problem{
      file, line, column,
      absl::StrCat("not valid YAML: ", absl::string_view(message.data(), message.size())),
      "check indentation and quotes"};
  if (message == "end of map not found") {
    problem.what = "not valid YAML: this line is indented as no line above it";
    problem.mend = "indent it as the other keys of its map";
  } else if (message == "end of sequence flow not found") {
    problem.what = "not valid YAML: a list is not closed by ]";
    problem.mend = "close it, and look for a comma that is missing";
  } else if (message == "end of map flow not found" || message == "illegal flow end") {
    problem.what = "not valid YAML: { and } do not pair up here, or a colon or comma is missing";
    problem.mend = "write {key: value, key: value}";
  } else if (message == "unknown token") {
    problem.mend = "put the value in quotes";
  }
  return problem;
}

}  // namespace retainer::policy
