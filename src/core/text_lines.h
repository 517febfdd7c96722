// What a reader sees of a Markdown text: its lines without quotes, code, HTML comments and tags,
// and which of them somebody typed as a command.
//
// Markdown is read by cmark-gfm, GitHub's own reader. Any bytes; linear time. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace retainer {

// The box of a task list that a line begins with: `- [ ] `, `- [x] `.
enum class TaskBox : std::uint8_t { kNone, kOpen, kTicked };

struct VisibleLine {
  std::string text;
  // It begins with a `/` (blank and invisible characters aside) that was typed at the start of its
  // line, is no code, no quote and no comment, and no part of a link, a picture, a formula, a
  // table, a heading or a title. `text` is then as it was typed, so that arguments can be read.
  bool may_command = false;
  TaskBox box = TaskBox::kNone;  // taken off `text`
};

// Lines of one paragraph, heading or piece of HTML.
struct VisibleChunk {
  std::vector<VisibleLine> lines;  // never empty
  bool is_heading = false;
  bool before_quote = false;  // a quote follows at once: this may be the mail program's header
  bool has_code = false;      // a code span that is not blank
  bool has_image = false;     // a picture or other medium
};

struct VisibleText {
  std::vector<VisibleChunk> chunks;
  bool has_code = false;  // a block of code or a formula that is not blank
  std::string_view rest;  // of a text so long that its end is not read as Markdown
};

VisibleText ReadMarkdown(std::string_view markdown);

}  // namespace retainer
