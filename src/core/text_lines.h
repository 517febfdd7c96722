// What a reader sees of a Markdown text: its lines without quotes, code, HTML comments and tags,
// and which of them a person typed as a command.
//
// Markdown is parsed by cmark-gfm, GitHub's own parser. Accepts any bytes; linear time. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace retainer::core {

// The task box at the beginning of a line: `- [ ] `, `- [x] `.
enum class TaskBox : std::uint8_t { kNone, kOpen, kTicked };

struct VisibleLine {
  std::string text;
  // True if the line begins with a `/` (ignoring blank and invisible characters) that was typed at
  // the start of its line, outside code, quotes and comments, and not in a link, picture, formula,
  // table, heading or title. `text` is then as typed, so that arguments can be read.
  bool may_command = false;
  TaskBox box = TaskBox::kNone;  // removed from `text`
};

// The lines of one paragraph, heading or piece of HTML.
struct VisibleChunk {
  std::vector<VisibleLine> lines;  // never empty
  bool is_heading = false;
  bool before_quote = false;  // a quote follows immediately: this may be a mail program's header
  bool has_code = false;      // has a code span that is not blank
  bool has_image = false;     // has a picture or other medium
};

struct VisibleText {
  std::vector<VisibleChunk> chunks;
  bool has_code = false;  // has a code block or formula that is not blank
  std::string_view rest;  // the rest of a very long text, which is not parsed as Markdown
};

VisibleText ReadMarkdown(std::string_view markdown);

}  // namespace retainer::core
