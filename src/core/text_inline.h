// What a reader sees of a chunk of Markdown: its lines without code spans, HTML comments and tags.
// Any bytes; linear time. Pure.
#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "src/core/text_blocks.h"

namespace retainer {

struct VisibleLine {
  std::string text;
  // It begins with a `/` (blank and invisible characters aside) that is no code, no quote and no
  // comment, and no part of a link, a picture, a formula, a table, a heading or a title.
  bool may_command = false;
};

struct VisibleChunk {
  std::vector<VisibleLine> lines;  // as many as the chunk has
  bool has_code = false;           // a code span that is not blank
  bool has_image = false;          // a picture or other medium
};

// HTML that people put round several paragraphs. Belongs to one text, and is carried from one of
// its chunks to the next.
class HtmlDepth {
 public:
  // REQUIRES: the chunks read with it are views into `markdown`, which outlives it.
  explicit HtmlDepth(std::string_view markdown);

  bool quoted() const { return quotes_ > 0; }  // <blockquote>
  bool code() const { return code_ > 0; }      // <code>, <pre> within a line
  // Shown, but nobody's command: keys and output, titles, cells, what is struck out.
  bool silent() const { return silent_ > 0; }

  // `place`: of the tag in the text. A tag that nothing closes reaches to the end of its chunk.
  void Read(std::string_view tag_name, const char* place);
  void EndChunk();

 private:
  struct Element {
    std::string_view name;
    int HtmlDepth::*depth;
  };
  static const std::array<Element, 29> kElements;

  std::string_view markdown_;
  int quotes_ = 0;
  int code_ = 0;
  int silent_ = 0;
  int open_code_ = 0;  // of those, what nothing closes
  int open_silent_ = 0;
  std::array<std::size_t, 29> last_end_ = {};  // by element: where its last end tag stands
};

VisibleChunk ReadInline(const TextChunk& chunk, HtmlDepth* depth);

}  // namespace retainer
