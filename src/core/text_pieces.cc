#include "src/core/text_pieces.h"

#include <algorithm>
#include <unordered_map>

#include "absl/strings/ascii.h"

namespace retainer {
namespace {

constexpr std::size_t kNone = std::string_view::npos;
constexpr std::size_t kMostLabel = 999;  // CommonMark's
constexpr int kMostParentheses = 32;     // nested in a link's address; as cmark

bool IsSpace(char c) { return absl::ascii_isspace(static_cast<unsigned char>(c)); }
bool IsAlpha(char c) { return absl::ascii_isalpha(static_cast<unsigned char>(c)); }
bool IsAlnum(char c) { return absl::ascii_isalnum(static_cast<unsigned char>(c)); }

// Finds a text at or after rising positions, looking at each byte once.
class Finder {
 public:
  Finder(std::string_view text, std::string_view what) : text_(text), what_(what) {}
  std::size_t From(std::size_t position) {
    if (!searched_ || (found_ != kNone && found_ < position)) {
      found_ = text_.find(what_, position);
      searched_ = true;
    }
    return found_;
  }

 private:
  std::string_view text_;
  std::string_view what_;
  std::size_t found_ = 0;
  bool searched_ = false;
};

struct Run {
  std::size_t at = 0;
  std::size_t length = 0;
  std::size_t closer = 0;  // index of the next run as long, or the number of runs
};

std::vector<Run> BacktickRuns(std::string_view text) {
  std::vector<Run> runs;
  for (std::size_t i = 0; i < text.size();) {
    if (text[i] != '`') {
      ++i;
      continue;
    }
    std::size_t n = 1;
    while (i + n < text.size() && text[i + n] == '`') ++n;
    runs.push_back({i, n, 0});
    i += n;
  }
  std::unordered_map<std::size_t, std::size_t> next;
  for (std::size_t i = runs.size(); i-- > 0;) {
    const auto it = next.find(runs[i].length);
    runs[i].closer = it == next.end() ? runs.size() : it->second;
    next[runs[i].length] = i;
  }
  return runs;
}

// Reads the grammar of links and tags. Each function returns where what it reads ends, kNone where
// it is not there.
class Grammar {
 public:
  explicit Grammar(std::string_view text) : text_(text) {}

  // Spaces with at most one line end.
  std::size_t Gap(std::size_t i) const {
    bool line_end = false;
    while (i < text_.size() && IsSpace(text_[i])) {
      if (text_[i] == '\n') {
        if (line_end) break;
        line_end = true;
      }
      ++i;
    }
    return i;
  }

  // `](address "title")` from its `(` on. `has_address`: it leads somewhere.
  std::size_t LinkTail(std::size_t i, bool* has_address) {
    i = Gap(i + 1);
    const std::size_t begin = i;
    if (i < text_.size() && text_[i] != ')') i = Address(i);
    if (i == kNone || i == text_.size()) return kNone;
    *has_address = i > begin && text_.substr(begin, i - begin) != "<>";
    const std::size_t gap = Gap(i);
    if (gap == text_.size()) return kNone;
    if (text_[gap] != ')' && gap > i) {
      const std::size_t title = Title(gap);
      if (title == kNone) return kNone;
      i = Gap(title);
    } else {
      i = gap;
    }
    return i < text_.size() && text_[i] == ')' ? i + 1 : kNone;
  }

  // `[label]: address "title"` up to the end of its line. `label_end` is set to the `]`.
  std::size_t Definition(std::size_t i) {
    i = Label(i);
    if (i == kNone || i + 1 >= text_.size() || text_[i + 1] != ':') return kNone;
    i = Gap(i + 2);
    if (i == text_.size()) return kNone;
    const std::size_t address = Address(i);
    if (address == kNone || address == i) return kNone;
    const std::size_t gap = Gap(address);
    if (gap > address && gap < text_.size()) {
      const std::size_t title = Title(gap);
      if (title != kNone && LineEnd(title) != kNone) return LineEnd(title);
    }
    return LineEnd(address);
  }

  // From `[` to its `]`; no brackets inside.
  std::size_t Label(std::size_t i) const {
    if (i >= text_.size() || text_[i] != '[') return kNone;
    for (std::size_t n = 1; n <= kMostLabel && i + n < text_.size(); ++n) {
      const char c = text_[i + n];
      if (c == '\\') {
        ++n;
      } else if (c == '[') {
        return kNone;
      } else if (c == ']') {
        return n > 1 ? i + n : kNone;
      }
    }
    return kNone;
  }

  // A whole tag from its `<` on, with the values of its attributes, which may hold a `>`.
  std::size_t Tag(std::size_t i) {
    ++i;
    if (i < text_.size() && text_[i] == '/') ++i;
    while (i < text_.size() && (IsAlnum(text_[i]) || text_[i] == '-')) ++i;
    for (;;) {
      std::size_t next = i;
      while (next < text_.size() && IsSpace(text_[next])) ++next;
      if (next < text_.size() && text_[next] == '/') ++next;
      if (next >= text_.size()) return kNone;
      if (text_[next] == '>') return next + 1;
      if (next == i || !(IsAlpha(text_[next]) || text_[next] == '_' || text_[next] == ':')) {
        return kNone;
      }
      i = Attribute(next);
      if (i == kNone) return kNone;
    }
  }

 private:
  std::size_t Attribute(std::size_t i) {
    const auto in_name = [](char c) {
      return IsAlnum(c) || c == '_' || c == ':' || c == '.' || c == '-';
    };
    while (i < text_.size() && in_name(text_[i])) ++i;
    std::size_t value = i;
    while (value < text_.size() && IsSpace(text_[value])) ++value;
    if (value >= text_.size() || text_[value] != '=') return i;
    ++value;
    while (value < text_.size() && IsSpace(text_[value])) ++value;
    if (value >= text_.size()) return kNone;
    if (text_[value] == '"' || text_[value] == '\'') return Quoted(value, text_[value]);
    const std::size_t begin = value;
    while (value < text_.size() && !IsSpace(text_[value]) &&
           std::string_view("\"'=<>`").find(text_[value]) == kNone) {
      ++value;
    }
    return value == begin ? kNone : value;
  }

  // `text_[i]` opens a quotation that `close` ends.
  std::size_t Quoted(std::size_t i, char close) {
    std::size_t& missing = close == '"' ? no_double_ : close == '\'' ? no_single_ : no_round_;
    if (i >= missing) return kNone;
    const std::size_t end = text_.find(close, i + 1);
    if (end == kNone) missing = i;
    return end == kNone ? kNone : end + 1;
  }

  std::size_t Title(std::size_t i) {
    const char open = text_[i];
    if (open != '"' && open != '\'' && open != '(') return kNone;
    const char close = open == '(' ? ')' : open;
    std::size_t end = Quoted(i, close);
    while (end != kNone && text_[end - 2] == '\\') end = Quoted(end - 1, close);
    return end;
  }

  std::size_t Address(std::size_t i) const {
    if (text_[i] == '<') {
      for (++i; i < text_.size() && text_[i] != '\n' && text_[i] != '<'; ++i) {
        if (text_[i] == '>') return i + 1;
        if (text_[i] == '\\') ++i;
      }
      return kNone;
    }
    int depth = 0;
    for (; i < text_.size(); ++i) {
      const char c = text_[i];
      if (IsSpace(c) || static_cast<unsigned char>(c) < 0x20) break;
      if (c == '\\' && i + 1 < text_.size() && !IsSpace(text_[i + 1])) {
        ++i;
      } else if (c == '(') {
        if (++depth > kMostParentheses) return kNone;
      } else if (c == ')') {
        if (depth-- == 0) break;
      }
    }
    return depth > 0 ? kNone : i;
  }

  // The end of the line, where nothing but spaces comes before it.
  std::size_t LineEnd(std::size_t i) const {
    while (i < text_.size() && text_[i] != '\n') {
      if (!IsSpace(text_[i])) return kNone;
      ++i;
    }
    return i;
  }

  const std::string_view text_;
  // From here on the closing mark does not come any more.
  std::size_t no_double_ = kNone;
  std::size_t no_single_ = kNone;
  std::size_t no_round_ = kNone;
};

// The cells of a table's row.
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
  const bool marks = row.find('-') != kNone && row.find_first_of("|:") != kNone;
  return marks && row.find_first_not_of("|-: \t") == kNone;
}

// The line that is a table's head; the rows below reach to the paragraph's end.
std::size_t TableHead(const std::vector<TextLine>& lines) {
  for (std::size_t i = 1; i < lines.size(); ++i) {
    if (IsDelimiterRow(lines[i].text) && Cells(lines[i].text) == Cells(lines[i - 1].text)) {
      return i - 1;
    }
  }
  return lines.size();
}

class Cutter {
 public:
  Cutter(const TextChunk& chunk, std::string_view text, const std::vector<bool>& commands)
      : text_(text),
        commands_(commands),
        grammar_(text),
        comment_end_(text, "-->"),
        instruction_end_(text, "?>"),
        data_end_(text, "]]>"),
        tag_end_(text, ">"),
        runs_(BacktickRuns(text)) {
    const std::size_t lines = chunk.lines.size();
    changes_.resize(lines + 1);
    if (const std::size_t head = TableHead(chunk.lines); head < lines) Silence(head, lines);
    heading_ = chunk.is_heading;
  }

  Pieces Cut() {
    std::size_t i = heading_ ? 0 : ReadDefinitions();
    for (std::size_t run = 0; i < text_.size();) {
      while (run < runs_.size() && runs_[run].at < i) ++run;
      switch (text_[i]) {
        case '\\':
          i = ReadEscape(i);
          break;
        case '`':
          i = run < runs_.size() && runs_[run].at == i ? ReadCode(run) : Text(i, i + 1);
          break;
        case '<':
          i = ReadMarkup(i);
          break;
        case '[':
          open_.push_back({i, line_, i > 0 && text_[i - 1] == '!'});
          i = Text(i, i + 1);
          break;
        case ']':
          i = ReadBracketEnd(i);
          break;
        case '$':
          i = ReadPair(i, &formula_);
          break;
        case '~':
          i = ReadPair(i, &struck_);
          break;
        case '\n':
          i = Add(PieceKind::kLineEnd, i, i + 1);
          break;
        default:
          i = Text(i, i + 1);
      }
    }
    std::vector<bool> silent(changes_.size() - 1);
    int depth = 0;
    for (std::size_t line = 0; line < silent.size(); ++line) {
      depth += changes_[line];
      silent[line] = depth > 0;
    }
    return {std::move(pieces_), std::move(silent)};
  }

 private:
  struct Bracket {
    std::size_t at = 0;
    std::size_t line = 0;
    bool image = false;
  };
  struct Pair {  // of two marks round a formula or what is struck out
    bool open = false;
    std::size_t line = 0;
  };

  void Silence(std::size_t from, std::size_t until) {
    if (from >= until) return;
    ++changes_[from];
    --changes_[until];
  }

  std::size_t Add(PieceKind kind, std::size_t begin, std::size_t end) {
    if (kind == PieceKind::kText && !pieces_.empty() && pieces_.back().kind == kind &&
        pieces_.back().end == begin) {
      pieces_.back().end = end;
    } else {
      pieces_.push_back({kind, begin, end});
    }
    line_ += static_cast<std::size_t>(std::count(text_.begin() + static_cast<std::ptrdiff_t>(begin),
                                                 text_.begin() + static_cast<std::ptrdiff_t>(end),
                                                 '\n'));
    return end;
  }
  std::size_t Text(std::size_t begin, std::size_t end) { return Add(PieceKind::kText, begin, end); }

  std::size_t ReadDefinitions() {
    std::size_t i = 0;
    while (i < text_.size() && text_[i] == '[') {
      if (text_.substr(i).starts_with("[^")) {
        const std::size_t label = grammar_.Label(i);
        const bool footnote = label != kNone && label + 1 < text_.size() && text_[label + 1] == ':';
        if (footnote) Silence(line_, changes_.size() - 1);
        return i;
      }
      const std::size_t end = grammar_.Definition(i);
      if (end == kNone) return i;
      Add(PieceKind::kHidden, i, end);
      if (end == text_.size()) return end;
      i = Add(PieceKind::kLineEnd, end, end + 1);
    }
    return i;
  }

  std::size_t ReadEscape(std::size_t i) {
    if (i + 1 == text_.size() || text_[i + 1] == '\n') return Text(i, i + 1);
    const bool mark = absl::ascii_ispunct(static_cast<unsigned char>(text_[i + 1]));
    return Text(mark ? i + 1 : i, i + 2);
  }

  std::size_t ReadCode(std::size_t run) {
    const Run& open = runs_[run];
    const std::size_t begin = open.at + open.length;
    if (open.closer == runs_.size()) return Text(open.at, begin);
    const Run& close = runs_[open.closer];
    Add(PieceKind::kCode, begin, close.at);
    return close.at + close.length;
  }

  std::size_t ReadMarkup(std::size_t i) {
    const std::string_view rest = text_.substr(i);
    const auto hide = [&](Finder& finder, std::size_t from, std::size_t mark) {
      const std::size_t end = finder.From(from);
      return end == kNone ? Text(i, i + 1) : Add(PieceKind::kHidden, i, end + mark);
    };
    if (rest.starts_with("<!--")) return hide(comment_end_, i + 2, 3);
    if (rest.starts_with("<?")) return hide(instruction_end_, i + 2, 2);
    if (rest.starts_with("<![CDATA[")) return hide(data_end_, i + 9, 3);
    if (rest.starts_with("<!") && rest.size() > 2 && IsAlpha(rest[2])) {
      return hide(tag_end_, i + 2, 1);
    }
    if (TagName(rest.substr(1)).empty()) return Text(i, i + 1);
    std::size_t end = grammar_.Tag(i);
    // What is no proper tag is read as browsers do.
    if (end == kNone && tag_end_.From(i) != kNone) end = tag_end_.From(i) + 1;
    return end == kNone ? Text(i, i + 1) : Add(PieceKind::kTag, i, end);
  }

  std::size_t ReadBracketEnd(std::size_t i) {
    if (open_.empty() || i + 1 == text_.size()) return Text(i, i + 1);
    const Bracket open = open_.back();
    open_.pop_back();
    if (text_[i + 1] == '[') {
      Silence(open.line + 1, line_ + 1);
      return Text(i, i + 1);
    }
    if (text_[i + 1] != '(') return Text(i, i + 1);
    bool has_address = false;
    const std::size_t end = grammar_.LinkTail(i + 1, &has_address);
    if (end == kNone) return Text(i, i + 1);
    const bool one_line = open.line == line_ && text_.substr(i, end - i).find('\n') == kNone;
    if (one_line && commands_[line_]) return Text(i, i + 1);
    Silence(open.line + 1, line_ + 1);
    return Add(open.image && has_address ? PieceKind::kImage : PieceKind::kHidden, i, end);
  }

  // Two marks; three and more are none.
  std::size_t ReadPair(std::size_t i, Pair* pair) {
    std::size_t n = 1;
    while (i + n < text_.size() && text_[i + n] == text_[i]) ++n;
    if (n == 2) {
      if (pair->open) Silence(pair->line + 1, line_ + 1);
      *pair = {!pair->open, line_};
    }
    return Text(i, i + n);
  }

  const std::string_view text_;
  const std::vector<bool>& commands_;
  Grammar grammar_;
  Finder comment_end_;
  Finder instruction_end_;
  Finder data_end_;
  Finder tag_end_;
  const std::vector<Run> runs_;
  bool heading_ = false;
  std::vector<Piece> pieces_;
  std::vector<int> changes_;  // by line: how many silent spans begin, less those that end
  std::vector<Bracket> open_;
  Pair formula_;
  Pair struck_;
  std::size_t line_ = 0;
};

}  // namespace

std::string TagName(std::string_view text) {
  std::string name;
  std::size_t i = 0;
  if (i < text.size() && text[i] == '/') name.push_back(text[i++]);
  if (i == text.size() || !IsAlpha(text[i])) return "";
  while (i < text.size() && name.size() < 32 && (IsAlnum(text[i]) || text[i] == '-')) {
    name.push_back(absl::ascii_tolower(static_cast<unsigned char>(text[i++])));
  }
  if (i == text.size()) return "";
  const bool ends = text[i] == '>' || text[i] == '/' || IsSpace(text[i]);
  return ends ? name : "";
}

Pieces CutInline(const TextChunk& chunk, std::string_view text, const std::vector<bool>& commands) {
  return Cutter(chunk, text, commands).Cut();
}

}  // namespace retainer
