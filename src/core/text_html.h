// Reads raw HTML in Markdown: which parts are shown, and how tags change the meaning of the words
// between them. Accepts any bytes; linear time. Pure.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace retainer::core {

enum class HtmlKind : std::uint8_t {
  kText,
  kTag,
  kHidden,  // comments, processing instructions, CDATA, declarations
};

struct HtmlPiece {
  HtmlKind kind = HtmlKind::kText;
  std::string_view text;
  std::string name;  // tag name in lower case, with its `/`
};

// Cuts HTML into pieces. Markup without an end is hidden up to the end of `html`, as in a browser.
std::vector<HtmlPiece> CutHtml(std::string_view html);

// Tracks HTML around several paragraphs of one text. It gets all tags twice: first all of them by
// Learn, then one by one by Read.
class HtmlDepth {
 public:
  bool quoted() const { return quotes_ > 0; }  // <blockquote>
  bool code() const { return code_ > 0; }      // <code>, <pre> within a line
  // Shown, but never a command: keys and output, titles, cells, struck-out text.
  bool silent() const { return silent_ > 0; }

  void Learn(std::string_view tag_name);
  // A tag that is not closed ends with its paragraph.
  void Read(std::string_view tag_name);
  void EndParagraph();

 private:
  struct Element {
    std::string_view name;
    int HtmlDepth::*depth;
  };
  static const std::array<Element, 29> kElements;

  int quotes_ = 0;
  int code_ = 0;
  int silent_ = 0;
  int open_code_ = 0;  // those that are not closed
  int open_silent_ = 0;
  std::size_t learnt_ = 0;                     // number of tags that Learn got
  std::size_t read_ = 0;                       // number of tags that Read got
  std::array<std::size_t, 29> last_end_ = {};  // element -> number of its last end tag
};

}  // namespace retainer::core
