// A Markdown text made ready for the Markdown library (text_lines.cc): what forges add to Markdown
// and the library does not know is taken out, what would take it more than linear time is bounded,
// and what was typed at the start of a line is marked, because the library tells no places.
// Any bytes; linear time. Pure. The views point into the text that was given.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace retainer {

// What is read of a text: GitHub's longest comment, 65,536 characters. What follows counts as
// words, and holds no commands.
inline constexpr std::size_t kMostMarkdown = 65'536 * 4;  // bytes

struct TextSource {
  std::string text;                     // for the library; as many lines as `lines`
  std::vector<std::string_view> lines;  // as they were typed, without their ends
  std::string_view rest;                // beyond kMostMarkdown
  bool has_code = false;                // a formula or front matter was taken out
};

TextSource PrepareText(std::string_view markdown);

// Takes the marks off a piece of what the library made of TextSource::text. The line (its index in
// TextSource::lines) where the piece begins, blank and invisible characters aside, with a `/` that
// was typed at the start of that line.
std::optional<std::size_t> TakeSlashMarks(std::string* text);

}  // namespace retainer
