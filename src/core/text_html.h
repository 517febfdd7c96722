// Raw HTML as people write it into Markdown: which of it is shown, and what it makes of the words
// between its tags. Any bytes; linear time. Pure.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace retainer {

enum class HtmlKind : std::uint8_t {
  kText,
  kTag,
  kHidden,  // comments, processing instructions, CDATA, declarations
};

struct HtmlPiece {
  HtmlKind kind = HtmlKind::kText;
  std::string_view text;
  std::string name;  // of a tag, lower case, with its `/`
};

// What is begun and not ended is hidden to the end of `html`, as it is for a browser.
std::vector<HtmlPiece> CutHtml(std::string_view html);

// HTML that people put round several paragraphs. Belongs to one text, whose tags it is told twice:
// all of them by Learn, then one by one by Read.
class HtmlDepth {
 public:
  bool quoted() const { return quotes_ > 0; }  // <blockquote>
  bool code() const { return code_ > 0; }      // <code>, <pre> within a line
  // Shown, but nobody's command: keys and output, titles, cells, what is struck out.
  bool silent() const { return silent_ > 0; }

  void Learn(std::string_view tag_name);
  // A tag that nothing closes reaches to the end of its paragraph.
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
  int open_code_ = 0;  // of those, what nothing closes
  int open_silent_ = 0;
  std::size_t learnt_ = 0;                     // tags
  std::size_t read_ = 0;                       // tags
  std::array<std::size_t, 29> last_end_ = {};  // by element: which tag is its last end tag
};

}  // namespace retainer
