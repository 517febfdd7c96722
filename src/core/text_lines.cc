#include "src/core/text_lines.h"

#include <cmark-gfm.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <memory>
#include <optional>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "src/core/text_html.h"
#include "src/core/text_source.h"
#include "src/core/text_unicode.h"

namespace retainer::core {
namespace {

struct Free {
  void operator()(cmark_parser* parser) const { cmark_parser_free(parser); }
  void operator()(cmark_node* node) const { cmark_node_free(node); }
  void operator()(cmark_iter* iter) const { cmark_iter_free(iter); }
};
using Tree = std::unique_ptr<cmark_node, Free>;

// Parses without the library's extensions. Rationale: in Debian 12's version, attaching an
// extension changes tables that all threads share, and the extension for tables takes quadratic
// time (CVE-2023-37463).
Tree Parse(std::string_view text) {
  const std::unique_ptr<cmark_parser, Free> parser(cmark_parser_new(CMARK_OPT_DEFAULT));
  cmark_parser_feed(parser.get(), text.data(), text.size());
  return Tree(cmark_parser_finish(parser.get()));
}

// Visits the nodes of a text in order, without those inside quotes.
class Walk {
 public:
  explicit Walk(cmark_node* tree) : iter_(cmark_iter_new(tree)) {}

  bool Next() {
    if (cmark_iter_next(iter_.get()) == CMARK_EVENT_DONE) return false;
    if (type() == CMARK_NODE_BLOCK_QUOTE && enters()) {
      cmark_iter_reset(iter_.get(), node(), CMARK_EVENT_EXIT);
    }
    return true;
  }
  cmark_node* node() const { return cmark_iter_get_node(iter_.get()); }
  cmark_node_type type() const { return cmark_node_get_type(node()); }
  bool enters() const { return cmark_iter_get_event_type(iter_.get()) == CMARK_EVENT_ENTER; }
  bool html() const { return type() == CMARK_NODE_HTML_BLOCK || type() == CMARK_NODE_HTML_INLINE; }
  std::string_view literal() const {
    const char* text = cmark_node_get_literal(node());
    return text == nullptr ? std::string_view() : text;
  }

 private:
  const std::unique_ptr<cmark_iter, Free> iter_;
};

// The number of cells in a table row.
std::size_t Cells(std::string_view row) {
  row = TrimText(row);
  if (row.starts_with('|')) row.remove_prefix(1);
  if (row.ends_with('|') && !row.ends_with("\\|")) row.remove_suffix(1);
  std::size_t cells = 1;
  for (std::size_t i = 0; i < row.size(); ++i) {
    if (row[i] == '\\') {
      ++i;
    } else if (row[i] == '|') {
      ++cells;
    }
  }
  return cells;
}

// `|---|:-:|`
bool IsDelimiterRow(std::string_view row) {
  row = TrimText(row);
  if (row.size() <= 3 && !row.starts_with('|')) return false;  // `:-|` is a face
  const bool marks =
      row.find('-') != std::string_view::npos && row.find_first_of("|:") != std::string_view::npos;
  return marks && row.find_first_not_of("|-: \t") == std::string_view::npos;
}

// `[^1]: A note.`
bool IsFootnote(std::string_view line) {
  line = TrimText(line);
  if (!line.starts_with("[^")) return false;
  const std::size_t end = line.find(']');
  return end != std::string_view::npos && line.substr(end + 1).starts_with(':');
}

// The columns of white space at the front. A tab extends to the next multiple of 4.
std::size_t Indentation(std::string_view line) {
  std::size_t column = 0;
  for (const char c : line) {
    if (c != ' ' && c != '\t') break;
    column += c == ' ' ? 1 : 4 - column % 4;
  }
  return column;
}

// Removes the task box from the first line of a list item.
TaskBox TakeBox(std::string* line) {
  const std::string_view text = *line;
  if (text.size() < 3 || text[0] != '[' || text[2] != ']') return TaskBox::kNone;
  const auto is_space = [](char c) { return absl::ascii_isspace(static_cast<unsigned char>(c)); };
  if (text.size() > 3 && !is_space(text[3])) return TaskBox::kNone;
  const bool ticked = text[1] == 'x' || text[1] == 'X';
  // GitLab's `[~]` marks a task that does not apply.
  if (!ticked && !is_space(text[1]) && text[1] != '~') return TaskBox::kNone;
  *line = std::string(TrimText(text.substr(3)));
  return ticked ? TaskBox::kTicked : TaskBox::kOpen;
}

// Removes backslashes that escape Markdown characters: editors write `a\_b`.
std::string Unescaped(std::string_view typed) {
  std::string text;
  for (std::size_t i = 0; i < typed.size(); ++i) {
    const bool escape = typed[i] == '\\' && i + 1 < typed.size() &&
                        absl::ascii_ispunct(static_cast<unsigned char>(typed[i + 1]));
    if (escape) ++i;
    text.push_back(typed[i]);
  }
  return text;
}

// A line that may still turn out to be a command.
struct Draft {
  VisibleLine line;
  std::string typed;       // if it may be a command: as typed, without HTML
  std::size_t erased = 0;  // HTML is removed from `typed` up to here
  bool has_code = false;
};

class LineReader {
 public:
  explicit LineReader(std::string_view markdown)
      : source_(PrepareText(markdown)), tree_(Parse(source_.text)) {
    text_.has_code = source_.has_code;
    text_.rest = source_.rest;
    for (Walk walk(tree_.get()); walk.Next();) {
      if (!walk.html()) continue;
      html_.push_back(CutHtml(walk.literal()));
      for (const HtmlPiece& piece : html_.back()) {
        if (piece.kind == HtmlKind::kTag) depth_.Learn(piece.name);
      }
    }
  }

  VisibleText Read() {
    for (Walk walk(tree_.get()); walk.Next();) {
      ReadBlock(walk);
      ReadSpan(walk);
    }
    return std::move(text_);
  }

 private:
  void ReadBlock(const Walk& walk) {
    switch (walk.type()) {
      case CMARK_NODE_BLOCK_QUOTE:
        if (quote_may_follow_) text_.chunks.back().before_quote = true;
        quote_may_follow_ = false;
        break;
      case CMARK_NODE_CODE_BLOCK:
        text_.has_code = text_.has_code || !TrimText(walk.literal()).empty();
        quote_may_follow_ = false;
        break;
      case CMARK_NODE_PARAGRAPH:
      case CMARK_NODE_HEADING:
        walk.enters() ? BeginChunk(walk) : EndChunk(walk);
        break;
      case CMARK_NODE_HTML_BLOCK:
        BeginChunk(walk);
        ReadHtml(/*block=*/true);
        EndChunk(walk);
        break;
      default:
        break;
    }
  }

  void ReadSpan(const Walk& walk) {
    const auto type = walk.type();
    if (type == CMARK_NODE_TEXT) {
      ReadText(std::string(walk.literal()));
    } else if (type == CMARK_NODE_SOFTBREAK || type == CMARK_NODE_LINEBREAK) {
      drafts_.emplace_back();
    } else if (type == CMARK_NODE_CODE) {
      drafts_.back().has_code = true;
      if (!depth_.quoted() && !TrimText(walk.literal()).empty()) chunk_.has_code = true;
    } else if (type == CMARK_NODE_HTML_INLINE) {
      ReadHtml(/*block=*/false);
    } else if (type == CMARK_NODE_EMPH) {
      Put("*");
    } else if (type == CMARK_NODE_STRONG) {
      Put("**");
    } else if (type == CMARK_NODE_LINK || type == CMARK_NODE_IMAGE) {
      links_ += walk.enters() ? 1 : -1;
      Put(walk.enters() ? "[" : "]");
      const bool image = type == CMARK_NODE_IMAGE && !depth_.quoted();
      const char* address = image ? cmark_node_get_url(walk.node()) : nullptr;
      if (address != nullptr && *address != '\0') chunk_.has_image = true;
    }
  }

  void BeginChunk(const Walk& walk) {
    chunk_ = {};
    drafts_.assign(1, {});
    pairs_ = {};
    const auto index = [](int number) { return static_cast<std::size_t>(std::max(number, 1)) - 1; };
    column_ = index(cmark_node_get_start_column(walk.node()));
    first_line_ = index(cmark_node_get_start_line(walk.node()));
    last_line_ = std::max(first_line_, index(cmark_node_get_end_line(walk.node())));
    last_line_ = std::min(last_line_, source_.lines.size() - 1);
    // An underlined heading counts as a paragraph with a rule below it, because people write mail
    // signatures like this.
    chunk_.is_heading = walk.type() == CMARK_NODE_HEADING && first_line_ == last_line_;
    commands_end_ = chunk_.is_heading || IsFootnote(source_.lines[first_line_])
                        ? first_line_
                        : TableHead(walk.type() == CMARK_NODE_PARAGRAPH);
  }

  // The line at which a table begins (it extends to the end of the paragraph), or the number of
  // lines if there is none.
  std::size_t TableHead(bool paragraph) const {
    for (std::size_t i = first_line_ + 1; i <= last_line_ && paragraph; ++i) {
      const std::string_view row = source_.lines[i];
      if (IsDelimiterRow(row) && Cells(row) == Cells(source_.lines[i - 1])) return i - 1;
    }
    return last_line_ + 1;
  }

  void EndChunk(const Walk& walk) {
    if (walk.type() == CMARK_NODE_HEADING && !chunk_.is_heading) {
      drafts_.emplace_back().line.text = std::string(TrimText(source_.lines[last_line_]));
    }
    for (Draft& draft : drafts_) {
      if (draft.line.may_command) {
        if (draft.has_code) absl::StrReplaceAll({{"`", ""}}, &draft.typed);
        draft.line.text = Unescaped(draft.typed);
      }
      chunk_.lines.push_back(std::move(draft.line));
    }
    cmark_node* parent = cmark_node_parent(walk.node());
    const bool first = cmark_node_previous(walk.node()) == nullptr;
    if (first && cmark_node_get_type(parent) == CMARK_NODE_ITEM) {
      chunk_.lines.front().box = TakeBox(&chunk_.lines.front().text);
    }
    text_.chunks.push_back(std::move(chunk_));
    quote_may_follow_ = walk.type() != CMARK_NODE_HTML_BLOCK;
    depth_.EndParagraph();
  }

  void ReadText(std::string text) {
    if (const auto line = TakeSlashMarks(&text); line && MayCommand(*line)) {
      Draft& draft = drafts_.back();
      draft.line.may_command = true;
      draft.typed = std::string(SkipUnseen(source_.lines[*line]));
    }
    ReadPairs(text);
    Put(text);
  }

  bool MayCommand(std::size_t line) const {
    // A line that is indented like a code block is meant as one, although inside a paragraph it is
    // not.
    return line < commands_end_ && line < source_.lines.size() && links_ == 0 && !depth_.quoted() &&
           !depth_.code() && !depth_.silent() && Indentation(source_.lines[line]) < column_ + 4;
  }

  // Lines that begin inside `$$ … $$` or `~~ … ~~` are no commands. Exactly two characters count.
  void ReadPairs(std::string_view text) {
    for (std::size_t i = 0; i < text.size(); ++i) {
      if (text[i] != '$' && text[i] != '~') continue;
      const std::size_t end = std::min(text.find_first_not_of(text[i], i), text.size());
      if (end - i == 2) {
        Pair& pair = pairs_[text[i] == '$' ? 0 : 1];
        for (std::size_t n = pair.line + 1; pair.open && n < drafts_.size(); ++n) {
          drafts_[n].line.may_command = false;
        }
        pair = {!pair.open, drafts_.size() - 1};
      }
      i = end - 1;
    }
  }

  void Put(std::string_view text) {
    if (depth_.quoted()) return;
    if (depth_.code()) {
      chunk_.has_code = chunk_.has_code || !TrimText(text).empty();
    } else {
      drafts_.back().line.text.append(text);
    }
  }

  // Reads the next piece of HTML in the text.
  void ReadHtml(bool block) {
    for (const HtmlPiece& piece : html_[next_html_++]) {
      if (piece.kind == HtmlKind::kText) {
        ReadHtmlText(piece.text);
        continue;
      }
      if (piece.kind == HtmlKind::kTag) ReadTag(piece.name);
      Erase(piece.text);
      // Lines that begin inside the HTML are not visible lines.
      if (block && piece.text.find('\n') != std::string_view::npos) drafts_.emplace_back();
    }
  }

  void ReadHtmlText(std::string_view text) {
    for (;;) {
      const std::size_t end = std::min(text.find('\n'), text.size());
      ReadText(std::string(text.substr(0, end)));
      if (end == text.size()) return;
      drafts_.emplace_back();
      text.remove_prefix(end + 1);
    }
  }

  void ReadTag(std::string_view name) {
    depth_.Read(name);
    const bool shown = name == "img" || name == "video" || name == "audio" || name == "picture";
    if (shown && !depth_.quoted()) chunk_.has_image = true;
  }

  // HTML inside a command is not part of it.
  void Erase(std::string_view html) {
    Draft& draft = drafts_.back();
    if (!draft.line.may_command || draft.erased == std::string_view::npos) return;
    const bool goes_on = html.find('\n') != std::string_view::npos;
    html = html.substr(0, html.find('\n'));
    draft.erased = draft.typed.find(html, draft.erased);
    if (draft.erased != std::string_view::npos)
      draft.typed.erase(draft.erased, goes_on ? std::string_view::npos : html.size());
  }

  struct Pair {  // a pair of two characters
    bool open = false;
    std::size_t line = 0;
  };

  const TextSource source_;
  const Tree tree_;
  std::vector<std::vector<HtmlPiece>> html_;  // key: node
  std::size_t next_html_ = 0;
  HtmlDepth depth_;
  VisibleText text_;
  VisibleChunk chunk_;
  std::vector<Draft> drafts_;  // the chunk's lines
  std::array<Pair, 2> pairs_;
  std::size_t column_ = 0;  // column where the chunk begins
  std::size_t first_line_ = 0;
  std::size_t last_line_ = 0;
  std::size_t commands_end_ = 0;  // from this line on the chunk has no commands
  int links_ = 0;                 // number of open links and pictures
  bool quote_may_follow_ = false;
};

}  // namespace

VisibleText ReadMarkdown(std::string_view markdown) { return LineReader(markdown).Read(); }

}  // namespace retainer::core
