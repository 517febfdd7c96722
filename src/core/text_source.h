// Prepares a Markdown text for the Markdown library (text_lines.cc). It removes what forges add to
// Markdown and the library does not support, limits what would take the library more than linear
// time, and marks what was typed at the start of a line, because the library reports no positions.
//
// Accepts any bytes; linear time. Pure. The views point into the given text.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace retainer::core {

// How much of a text is parsed: the length of GitHub's longest comment, 65,536 characters. The rest
// counts as words and contains no commands.
inline constexpr std::size_t kMostMarkdown = 65'536 * 4;  // bytes

struct TextSource {
  std::string text;                     // input for the library; has as many lines as `lines`
  std::vector<std::string_view> lines;  // as typed, without line ends
  std::string_view rest;                // the text after kMostMarkdown
  bool has_code = false;                // a formula or front matter was removed
};

TextSource PrepareText(std::string_view markdown);

// Removes the marks from a piece of the library's output for TextSource::text. Returns the index in
// TextSource::lines of the line where the piece begins (ignoring blank and invisible characters)
// with a `/` that was typed at the start of that line.
std::optional<std::size_t> TakeSlashMarks(std::string* text);

}  // namespace retainer::core
