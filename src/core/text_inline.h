// What a reader sees of a chunk of Markdown: its lines without code spans, HTML comments and tags.
// Any bytes; linear time. Pure.
#pragma once

#include <string>
#include <vector>

#include "src/core/text_blocks.h"

namespace retainer {

struct VisibleLine {
  std::string text;
  bool may_command = false;  // it begins with a `/` that is no code, no quote and no comment
};

struct VisibleChunk {
  std::vector<VisibleLine> lines;
  bool has_code = false;   // a code span that is not blank
  bool has_image = false;  // an HTML image or other medium; a Markdown one stands in the text
};

// HTML that people put round several paragraphs.
struct HtmlDepth {
  int quotes = 0;  // <blockquote>
  int code = 0;    // <code>, <pre> within a line
};

// `depth` is carried from one chunk of a text to the next.
VisibleChunk ReadInline(const TextChunk& chunk, HtmlDepth* depth);

}  // namespace retainer
