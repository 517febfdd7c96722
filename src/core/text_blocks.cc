#include "src/core/text_blocks.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <utility>

namespace retainer {
namespace {

constexpr std::size_t kMaxListDepth = 32;

char Lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }
bool IsSpace(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }
bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsWordChar(char c) { return IsDigit(c) || c == '_' || (Lower(c) >= 'a' && Lower(c) <= 'z'); }

struct Indented {
  std::size_t columns = 0;
  std::string_view rest;
};

// Splits leading white space off; a tab reaches to the next column that 4 divides.
Indented MeasureIndent(std::string_view line, std::size_t start = 0) {
  std::size_t i = 0;
  std::size_t column = start;
  for (; i < line.size(); ++i) {
    if (line[i] == ' ') {
      ++column;
    } else if (line[i] == '\t') {
      column += 4 - column % 4;
    } else {
      break;
    }
  }
  return {column - start, line.substr(i)};
}

std::size_t RunOf(std::string_view text, char c) {
  std::size_t n = 0;
  while (n < text.size() && text[n] == c) ++n;
  return n;
}

struct Fence {
  char mark = '`';
  std::size_t length = 0;
  std::size_t base = 0;  // column of the list item that holds it

  static Fence Opening(std::string_view rest) {
    Fence fence;
    if (rest.empty() || (rest[0] != '`' && rest[0] != '~')) return fence;
    const std::size_t n = RunOf(rest, rest[0]);
    if (n < 3) return fence;
    if (rest[0] == '`' && rest.substr(n).find('`') != rest.npos) return fence;
    fence.mark = rest[0];
    fence.length = n;
    return fence;
  }
  explicit operator bool() const { return length > 0; }
  bool ClosedBy(std::string_view rest) const {
    const std::size_t n = RunOf(rest, mark);
    return n >= length && TrimText(rest.substr(n)).empty();
  }
};

bool IsThematicBreak(std::string_view rest) {
  if (rest.empty() || (rest[0] != '-' && rest[0] != '*' && rest[0] != '_')) return false;
  std::size_t marks = 0;
  for (char c : rest) {
    if (c == rest[0]) {
      ++marks;
    } else if (!IsSpace(c)) {
      return false;
    }
  }
  return marks >= 3;
}

bool IsHeading(std::string_view rest) {
  const std::size_t n = RunOf(rest, '#');
  return n >= 1 && n <= 6 && (rest.size() == n || IsSpace(rest[n]));
}

// The width of a list marker at the start of `rest`, 0 when there is none.
std::size_t ListMarker(std::string_view rest) {
  std::size_t n = 0;
  if (!rest.empty() && (rest[0] == '-' || rest[0] == '+' || rest[0] == '*')) {
    n = 1;
  } else {
    while (n < rest.size() && n < 9 && IsDigit(rest[n])) ++n;
    if (n == 0 || n == rest.size() || (rest[n] != '.' && rest[n] != ')')) return 0;
    ++n;
  }
  return n == rest.size() || IsSpace(rest[n]) ? n : 0;
}

// HTML whose content is shown as it is typed, until its end tag.
constexpr std::array<std::pair<std::string_view, std::string_view>, 4> kVerbatim = {{
    {"<pre", "</pre>"},
    {"<script", "</script>"},
    {"<style", "</style>"},
    {"<textarea", "</textarea>"},
}};

std::string_view VerbatimEnd(std::string_view rest) {
  for (const auto& [open, close] : kVerbatim) {
    if (!StartsWithWord(rest, open)) continue;
    if (rest.size() == open.size() || IsSpace(rest[open.size()]) || rest[open.size()] == '>') {
      return close;
    }
  }
  return {};
}

bool ContainsWord(std::string_view text, std::string_view lower) {
  return std::search(text.begin(), text.end(), lower.begin(), lower.end(),
                     [](char a, char b) { return Lower(a) == b; }) != text.end();
}

// HTML that a reader does not see, up to its own end mark, over blank lines too: comments,
// processing instructions, CDATA, declarations.
struct Markup {
  std::string_view begin;
  std::string_view end;
};
constexpr std::array<Markup, 3> kMarkups = {{{"<!--", "-->"}, {"<?", "?>"}, {"<![CDATA[", "]]>"}}};

// The mark at which the markup at the start of `rest` ends; empty where there is none.
std::string_view MarkupEnd(std::string_view rest) {
  for (const Markup& markup : kMarkups) {
    if (rest.starts_with(markup.begin)) return markup.end;
  }
  const bool declares =
      rest.starts_with("<!") && rest.size() > 2 && Lower(rest[2]) >= 'a' && Lower(rest[2]) <= 'z';
  return declares ? ">" : std::string_view();
}

// `---` at the very top is front matter where `key: value` follows and another `---` comes; the
// number of the line that ends it, else 0.
std::size_t FrontMatterEnd(const std::vector<std::string_view>& lines) {
  if (lines.size() < 3) return 0;
  const std::string_view mark = TrimText(lines[0]);
  if (mark != "---" && mark != "+++" && mark != ";;;") return 0;
  const std::string_view first = lines[1];
  std::size_t n = 0;
  while (n < first.size() && (IsWordChar(first[n]) || first[n] == '-')) ++n;
  const std::string_view rest = TrimText(first.substr(n));
  const bool key = n > 0 && (rest.starts_with(':') || rest.starts_with('='));
  if (!key && !(mark == ";;;" && first.starts_with('{'))) return 0;
  for (std::size_t i = 2; i < lines.size(); ++i) {
    if (TrimText(lines[i]) == mark) return i;
  }
  return 0;
}

// HTML that ends a paragraph, and so a quote's lazy continuation.
bool StartsHtmlBlock(std::string_view rest) {
  for (std::string_view tag :
       {"<!", "<?", "<details", "</details", "<summary", "</summary", "<div", "</div", "<p>", "</p",
        "<table", "<hr", "<ul", "<ol", "<h1", "<h2", "<h3", "<blockquote", "</blockquote"}) {
    if (StartsWithWord(rest, tag)) return true;
  }
  return false;
}

class BlockReader {
 public:
  explicit BlockReader(std::string_view markdown) {
    if (markdown.starts_with("\xEF\xBB\xBF")) markdown.remove_prefix(3);
    while (!markdown.empty()) {
      const std::size_t end = markdown.find_first_of("\r\n");
      lines_.push_back(markdown.substr(0, end));
      if (end == markdown.npos) break;
      const bool pair =
          markdown[end] == '\r' && end + 1 < markdown.size() && markdown[end + 1] == '\n';
      markdown.remove_prefix(end + (pair ? 2 : 1));
    }
    for (std::size_t i = 0; i < lines_.size(); ++i) {
      if (IsQuoteFence(lines_[i])) last_quote_fence_ = i;
      if (IsMathFence(lines_[i])) last_math_fence_ = i;
    }
    front_matter_end_ = FrontMatterEnd(lines_);
  }

  TextBlocks Read() {
    // Shown as a block of code, or as a heading; nobody's words to anybody either way.
    for (std::size_t i = 1; i < front_matter_end_; ++i) Code(lines_[i]);
    for (std::size_t i = front_matter_end_ == 0 ? 0 : front_matter_end_ + 1; i < lines_.size(); ++i)
      ReadLine(i);
    Flush();
    return std::move(blocks_);
  }

 private:
  static bool IsQuoteFence(std::string_view line) {
    return line.starts_with(">>>") && TrimText(line.substr(3)).empty();
  }

  static bool IsMathFence(std::string_view line) { return TrimText(line) == "$$"; }

  void Code(std::string_view line) {
    if (!TrimText(line).empty()) blocks_.has_code = true;
  }

  void Flush() {
    if (chunk_.lines.empty()) return;
    blocks_.chunks.push_back(std::move(chunk_));
    chunk_ = {};
    quote_may_follow_ = true;
  }

  std::size_t Base() const { return lists_.empty() ? 0 : lists_.back(); }

  // Inside something that ends by its own mark: true when the line is used up.
  bool ReadInside(std::size_t number, const Indented& line) {
    if (in_quote_fence_) {
      if (IsQuoteFence(lines_[number])) in_quote_fence_ = false;
      return true;
    }
    if (in_math_) {
      if (IsMathFence(lines_[number])) {
        in_math_ = false;
      } else {
        Code(line.rest);
      }
      return true;
    }
    if (!markup_end_.empty()) {
      const std::size_t end = line.rest.find(markup_end_);
      if (end == line.rest.npos) return true;
      chunk_.lines.push_back({line.rest.substr(end + markup_end_.size()), false});
      markup_end_ = {};
      return true;
    }
    if (!verbatim_end_.empty()) {
      Code(line.rest);
      if (ContainsWord(line.rest, verbatim_end_)) verbatim_end_ = {};
      return true;
    }
    if (fence_) {
      const bool left_list = !line.rest.empty() && line.columns < fence_.base;
      if (!left_list) {
        if (fence_.ClosedBy(line.rest)) {
          fence_ = {};
        } else {
          Code(line.rest);
        }
        return true;
      }
      fence_ = {};
    }
    return false;
  }

  void ReadQuote(std::string_view rest) {
    Flush();
    if (quote_may_follow_) blocks_.chunks.back().before_quote = true;
    quote_may_follow_ = false;
    std::size_t i = 0;
    while (i < rest.size() && (rest[i] == '>' || IsSpace(rest[i]))) ++i;
    const std::string_view inner = rest.substr(i);
    if (quoted_fence_) {
      if (quoted_fence_.ClosedBy(inner)) quoted_fence_ = {};
      lazy_ = false;
      return;
    }
    quoted_fence_ = Fence::Opening(inner);
    lazy_ = !quoted_fence_ && !inner.empty() && !IsHeading(inner) && !IsThematicBreak(inner);
  }

  void ReadLine(std::size_t number) {
    Indented line = MeasureIndent(lines_[number]);
    if (TrimText(line.rest).empty()) line.rest = {};
    if (ReadInside(number, line)) return;
    if (line.rest.empty()) {
      Flush();
      lazy_ = false;
      quoted_fence_ = {};
      return;
    }
    if (IsQuoteFence(lines_[number]) && number < last_quote_fence_) {
      ReadQuote(line.rest);
      lazy_ = false;
      in_quote_fence_ = true;
      return;
    }
    if (IsMathFence(lines_[number]) && number < last_math_fence_ && !lazy_) {
      Flush();
      quote_may_follow_ = false;
      in_math_ = true;
      return;
    }
    while (!lists_.empty() && line.columns < lists_.back()) lists_.pop_back();
    std::size_t column = line.columns;
    std::string_view rest = line.rest;
    bool marked = false;
    if (column - Base() >= 4) {
      if (lazy_) return;
      if (chunk_.lines.empty() && lists_.empty()) {
        Code(rest);
        quote_may_follow_ = false;
        return;
      }
      chunk_.lines.push_back({rest, false});
      return;
    }
    while (!IsThematicBreak(rest)) {
      const std::size_t width = ListMarker(rest);
      if (width == 0 || lists_.size() >= kMaxListDepth) break;
      const Indented inner = MeasureIndent(rest.substr(width), column + width);
      if (lazy_ && inner.rest.empty()) break;
      Flush();
      lazy_ = false;
      marked = true;
      const std::size_t gap = inner.columns >= 1 && inner.columns <= 4 ? inner.columns : 1;
      lists_.push_back(column + width + gap);
      column += width + inner.columns;
      rest = inner.rest;
    }
    if (rest.empty()) return;
    ReadContent(rest, marked);
  }

  void ReadContent(std::string_view rest, bool marked) {
    if (rest[0] == '>') return ReadQuote(rest);
    quoted_fence_ = {};
    if (IsThematicBreak(rest)) {
      Flush();
      lazy_ = false;
      return;
    }
    if (Fence fence = Fence::Opening(rest); fence) {
      Flush();
      lazy_ = false;
      quote_may_follow_ = false;
      fence.base = Base();
      fence_ = fence;
      return;
    }
    if (IsHeading(rest)) {
      Flush();
      lazy_ = false;
      chunk_.is_heading = true;
      chunk_.lines.push_back({rest, false});
      Flush();
      return;
    }
    if (const std::string_view end = VerbatimEnd(rest); !end.empty()) {
      Flush();
      lazy_ = false;
      quote_may_follow_ = false;
      const std::size_t open = rest.find('>');
      if (open != rest.npos) {
        const std::string_view content = rest.substr(open + 1);
        if (!StartsWithWord(TrimText(content), end)) Code(content);
      }
      if (!ContainsWord(rest, end)) verbatim_end_ = end;
      return;
    }
    if (lazy_ && !StartsHtmlBlock(rest)) return;
    lazy_ = false;
    // `<!-->` is a whole comment.
    if (const std::string_view end = MarkupEnd(rest);
        !end.empty() && rest.find(end, 2) == rest.npos) {
      markup_end_ = end;
      return;
    }
    quote_may_follow_ = false;
    const TaskBox box = marked ? TakeBox(&rest) : TaskBox::kNone;
    chunk_.lines.push_back({rest, !marked, box});
  }

  // Takes the box of a task off a list item's content.
  static TaskBox TakeBox(std::string_view* rest) {
    const std::string_view text = *rest;
    if (text.size() < 3 || text[0] != '[' || text[2] != ']') return TaskBox::kNone;
    if (text.size() > 3 && !IsSpace(text[3])) return TaskBox::kNone;
    const bool ticked = text[1] == 'x' || text[1] == 'X';
    // GitLab's `[~]` is a task that does not apply.
    if (!ticked && !IsSpace(text[1]) && text[1] != '~') return TaskBox::kNone;
    *rest = TrimText(text.substr(3));
    return ticked ? TaskBox::kTicked : TaskBox::kOpen;
  }

  std::vector<std::string_view> lines_;
  std::size_t last_quote_fence_ = 0;
  TextBlocks blocks_;
  TextChunk chunk_;
  std::vector<std::size_t> lists_;  // columns at which the open list items' content stands
  Fence fence_;
  Fence quoted_fence_;             // a fence inside the quote that is open
  std::string_view verbatim_end_;  // the end tag looked for
  std::string_view markup_end_;    // the mark looked for at which unseen HTML ends
  std::size_t last_math_fence_ = 0;
  std::size_t front_matter_end_ = 0;
  bool in_math_ = false;
  bool in_quote_fence_ = false;
  bool lazy_ = false;              // a quote's paragraph is open: a plain line continues it
  bool quote_may_follow_ = false;  // only blank lines since the last chunk
};

}  // namespace

TextBlocks ReadBlocks(std::string_view markdown) { return BlockReader(markdown).Read(); }

std::string_view TrimText(std::string_view text) {
  while (!text.empty() && IsSpace(text.front())) text.remove_prefix(1);
  while (!text.empty() && IsSpace(text.back())) text.remove_suffix(1);
  return text;
}

bool StartsWithWord(std::string_view text, std::string_view prefix) {
  return text.size() >= prefix.size() && std::equal(prefix.begin(), prefix.end(), text.begin(),
                                                    [](char p, char t) { return p == Lower(t); });
}

}  // namespace retainer
