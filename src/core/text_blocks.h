// The block structure of a Markdown text, as far as the desk needs it: which lines are somebody's
// own live words, and which are code, quotes or comments.
//
// Follows CommonMark with GitHub's and GitLab's additions (`>>>` quotes, `$$` formulas, task lists,
// front matter). Any bytes; linear time.
// Pure. The views point into the text that was given.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace retainer {

// The box of a task list that a line begins with: `- [ ] `, `- [x] `.
enum class TaskBox : std::uint8_t { kNone, kOpen, kTicked };

struct TextLine {
  std::string_view text;     // without its containers' marks and indentation
  bool may_command = false;  // it stands at the start of its line, so a `/` here begins a command
  TaskBox box = TaskBox::kNone;  // taken off `text`
};

// Lines that belong together: inline code and comments may span them.
struct TextChunk {
  std::vector<TextLine> lines;
  bool is_heading = false;
  bool before_quote = false;  // a quote follows at once: this may be the mail program's header
};

struct TextBlocks {
  std::vector<TextChunk> chunks;  // live text, in order
  bool has_code = false;          // a code block that is not blank
};

TextBlocks ReadBlocks(std::string_view markdown);

// Without white space at either end.
std::string_view TrimText(std::string_view text);
// `text` begins with `prefix`, which is lower case, without regard to ASCII case.
bool StartsWithWord(std::string_view text, std::string_view prefix);

}  // namespace retainer
