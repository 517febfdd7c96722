#include "src/core/text_inline.h"

#include <algorithm>
#include <cstddef>
#include <string_view>
#include <unordered_map>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"

namespace retainer {
namespace {

// Finds a text at or after rising positions, looking at each byte once.
class Finder {
 public:
  Finder(std::string_view text, std::string_view what) : text_(text), what_(what) {}
  std::size_t From(std::size_t position) {
    if (!searched_ || (found_ != text_.npos && found_ < position)) {
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

// The name of the HTML tag that `text` (after its `<`) begins with, lower case, with its `/`; empty
// where it is no tag.
std::string TagName(std::string_view text) {
  std::string name;
  std::size_t i = 0;
  if (i < text.size() && text[i] == '/') name.push_back(text[i++]);
  if (i == text.size() || !absl::ascii_isalpha(static_cast<unsigned char>(text[i]))) return "";
  while (i < text.size() && name.size() < 32 &&
         (absl::ascii_isalnum(static_cast<unsigned char>(text[i])) || text[i] == '-')) {
    name.push_back(absl::ascii_tolower(static_cast<unsigned char>(text[i++])));
  }
  if (i == text.size()) return "";
  const bool ends =
      text[i] == '>' || text[i] == '/' || absl::ascii_isspace(static_cast<unsigned char>(text[i]));
  return ends ? name : "";
}

class InlineReader {
 public:
  InlineReader(const TextChunk& chunk, HtmlDepth* depth) : chunk_(chunk), depth_(*depth) {
    for (const TextLine& line : chunk.lines) {
      if (!text_.empty() || &line != &chunk.lines.front()) text_.push_back('\n');
      text_.append(line.text);
    }
    runs_ = BacktickRuns(text_);
  }

  VisibleChunk Read() {
    Finder comment_end(text_, "-->");
    Finder tag_end(text_, ">");
    StartLine(/*inside=*/false);
    std::size_t run = 0;
    for (std::size_t i = 0; i < text_.size();) {
      while (run < runs_.size() && runs_[run].at < i) ++run;
      const char c = text_[i];
      if (c == '\\' && i + 1 < text_.size() && text_[i + 1] != '\n') {
        const bool mark = absl::ascii_ispunct(static_cast<unsigned char>(text_[i + 1]));
        if (!mark) Put(c);
        Put(text_[i + 1]);
        i += 2;
      } else if (c == '`' && run < runs_.size() && runs_[run].at == i) {
        i = ReadCode(run);
      } else if (c == '<' && text_.compare(i, 4, "<!--") == 0) {
        const std::size_t end = comment_end.From(i + 4);
        if (end == text_.npos) {
          Put(c);
          ++i;
        } else {
          Hide(i, end + 3);
          i = end + 3;
        }
      } else if (c == '<') {
        const std::string name = TagName(std::string_view(text_).substr(i + 1));
        const std::size_t end = name.empty() ? text_.npos : tag_end.From(i);
        if (end == text_.npos) {
          Put(c);
          ++i;
        } else {
          ReadTag(name);
          Hide(i, end + 1);
          i = end + 1;
        }
      } else {
        if (c == '\n') {
          StartLine(/*inside=*/false);
        } else {
          Put(c);
        }
        ++i;
      }
    }
    return std::move(visible_);
  }

 private:
  void StartLine(bool inside) {
    const TextLine& line = chunk_.lines[visible_.lines.size()];
    VisibleLine next;
    next.may_command = line.may_command && !inside && depth_.quotes == 0 && depth_.code == 0 &&
                       line.text.starts_with('/');
    visible_.lines.push_back(std::move(next));
  }

  void Put(char c) {
    if (depth_.quotes > 0) return;
    if (depth_.code > 0) {
      visible_.has_code = visible_.has_code || !absl::ascii_isspace(static_cast<unsigned char>(c));
      return;
    }
    visible_.lines.back().text.push_back(c);
  }

  // Passes over what a reader does not see, minding the lines that end inside it.
  void Hide(std::size_t from, std::size_t until) {
    for (std::size_t i = from; i < until; ++i) {
      if (text_[i] == '\n') StartLine(/*inside=*/true);
    }
  }

  // Reads the code span that the run opens, or the run as plain text; returns where to go on.
  std::size_t ReadCode(std::size_t run) {
    const Run& open = runs_[run];
    const std::size_t begin = open.at + open.length;
    if (open.closer == runs_.size()) {
      for (std::size_t i = 0; i < open.length; ++i) Put('`');
      return begin;
    }
    const Run& close = runs_[open.closer];
    const std::string_view content = std::string_view(text_).substr(begin, close.at - begin);
    if (depth_.quotes == 0 && !TrimText(content).empty()) visible_.has_code = true;
    // A command's argument may be written as code: on one line it stays readable.
    const bool in_command = visible_.lines.back().may_command;
    if (in_command && content.find('\n') == content.npos) {
      for (char c : content) Put(c);
    } else {
      Hide(begin, close.at);
    }
    return close.at + close.length;
  }

  void ReadTag(std::string_view name) {
    const auto step = [](int* depth, int by) { *depth = std::max(0, *depth + by); };
    if (name == "blockquote") step(&depth_.quotes, 1);
    if (name == "/blockquote") step(&depth_.quotes, -1);
    if (name == "code" || name == "pre") step(&depth_.code, 1);
    if (name == "/code" || name == "/pre") step(&depth_.code, -1);
    if (depth_.quotes == 0 &&
        (name == "img" || name == "video" || name == "audio" || name == "picture")) {
      visible_.has_image = true;
    }
  }

  const TextChunk& chunk_;
  HtmlDepth& depth_;
  std::string text_;
  std::vector<Run> runs_;
  VisibleChunk visible_;
};

}  // namespace

VisibleChunk ReadInline(const TextChunk& chunk, HtmlDepth* depth) {
  return InlineReader(chunk, depth).Read();
}

}  // namespace retainer
