// What Markdown makes of a paragraph: text, code spans, links, images, HTML, formulas.
//
// Any bytes; linear time. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "src/core/text_blocks.h"

namespace retainer {

enum class PieceKind : std::uint8_t {
  kText,
  kCode,    // between the backticks
  kHidden,  // HTML comments and declarations, where a link leads, link reference definitions
  kImage,   // where the picture is; its alternative text stands before it
  kTag,     // an HTML tag
  kLineEnd,
};

struct Piece {
  PieceKind kind = PieceKind::kText;
  std::size_t begin = 0;  // of the paragraph's text
  std::size_t end = 0;
};

struct Pieces {
  std::vector<Piece> pieces;  // in order; marks such as backticks belong to none
  // By line: it begins inside a link, an image's alternative text, a formula, struck-out text or a
  // footnote, or is a table's row.
  std::vector<bool> silent;
};

// `text`: the lines of `chunk`, joined by line ends. On lines of `commands` what stands on that
// line alone is left as it is typed, so that a command's argument can be read.
Pieces CutInline(const TextChunk& chunk, std::string_view text, const std::vector<bool>& commands);

// The name of the HTML tag that `text` (after its `<`) begins with, lower case, with its `/`; empty
// where it is no tag.
std::string TagName(std::string_view text);

}  // namespace retainer
