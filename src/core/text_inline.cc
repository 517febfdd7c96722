#include "src/core/text_inline.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "src/core/text_pieces.h"
#include "src/core/text_unicode.h"

namespace retainer {
namespace {

bool IsSpace(char c) { return absl::ascii_isspace(static_cast<unsigned char>(c)); }

class InlineReader {
 public:
  InlineReader(const TextChunk& chunk, HtmlDepth* depth) : chunk_(chunk), depth_(*depth) {
    for (const TextLine& line : chunk.lines) {
      if (!commands_.empty()) text_.push_back('\n');
      starts_.push_back(text_.size());
      text_.append(line.text);
      commands_.push_back(line.may_command && SkipUnseen(line.text).starts_with('/'));
    }
  }

  VisibleChunk Read() {
    const Pieces cut = CutInline(chunk_, text_, commands_);
    silent_ = &cut.silent;
    StartLine(/*inside=*/false);
    for (const Piece& piece : cut.pieces) ReadPiece(piece);
    depth_.EndChunk();
    return std::move(visible_);
  }

 private:
  void ReadPiece(const Piece& piece) {
    switch (piece.kind) {
      case PieceKind::kText:
        return Put(piece.begin, piece.end);
      case PieceKind::kCode:
        return ReadCode(piece);
      case PieceKind::kLineEnd:
        return StartLine(/*inside=*/false);
      case PieceKind::kImage:
        visible_.has_image = visible_.has_image || !depth_.quoted();
        return Hide(piece.begin, piece.end);
      case PieceKind::kTag:
        ReadTag(piece);
        return Hide(piece.begin, piece.end);
      case PieceKind::kHidden:
        return Hide(piece.begin, piece.end);
    }
  }

  void StartLine(bool inside) {
    const std::size_t number = visible_.lines.size();
    VisibleLine next;
    next.may_command = commands_[number] && !inside && !(*silent_)[number] && !depth_.quoted() &&
                       !depth_.code() && !depth_.silent();
    visible_.lines.push_back(std::move(next));
  }

  void Put(std::size_t begin, std::size_t end) {
    if (depth_.quoted()) return;
    const std::string_view text = std::string_view(text_).substr(begin, end - begin);
    if (depth_.code()) {
      visible_.has_code = visible_.has_code || !std::all_of(text.begin(), text.end(), IsSpace);
    } else {
      visible_.lines.back().text.append(text);
    }
  }

  // Passes over what a reader does not see, minding the lines that end inside it.
  void Hide(std::size_t begin, std::size_t end) {
    for (std::size_t i = begin; i < end; ++i) {
      if (text_[i] == '\n') StartLine(/*inside=*/true);
    }
  }

  void ReadCode(const Piece& piece) {
    const std::string_view content =
        std::string_view(text_).substr(piece.begin, piece.end - piece.begin);
    if (!depth_.quoted() && !TrimText(content).empty()) visible_.has_code = true;
    // A command's argument may be written as code: on one line it stays readable.
    if (visible_.lines.back().may_command && content.find('\n') == content.npos) {
      Put(piece.begin, piece.end);
    } else {
      Hide(piece.begin, piece.end);
    }
  }

  void ReadTag(const Piece& piece) {
    const std::string name = TagName(std::string_view(text_).substr(piece.begin + 1));
    const std::size_t line = visible_.lines.size() - 1;
    depth_.Read(name, chunk_.lines[line].text.data() + (piece.begin - starts_[line]));
    if (!depth_.quoted() &&
        (name == "img" || name == "video" || name == "audio" || name == "picture")) {
      visible_.has_image = true;
    }
  }

  const TextChunk& chunk_;
  HtmlDepth& depth_;
  std::string text_;
  std::vector<std::size_t> starts_;  // of the lines in it
  std::vector<bool> commands_;       // by line: a command as it is typed
  const std::vector<bool>* silent_ = nullptr;
  VisibleChunk visible_;
};

}  // namespace

const std::array<HtmlDepth::Element, 29> HtmlDepth::kElements = {{
    {"blockquote", &HtmlDepth::quotes_}, {"code", &HtmlDepth::code_},
    {"pre", &HtmlDepth::code_},          {"listing", &HtmlDepth::code_},
    {"xmp", &HtmlDepth::code_},          {"script", &HtmlDepth::code_},
    {"style", &HtmlDepth::code_},        {"textarea", &HtmlDepth::code_},
    {"template", &HtmlDepth::code_},     {"kbd", &HtmlDepth::silent_},
    {"samp", &HtmlDepth::silent_},       {"var", &HtmlDepth::silent_},
    {"tt", &HtmlDepth::silent_},         {"q", &HtmlDepth::silent_},
    {"cite", &HtmlDepth::silent_},       {"del", &HtmlDepth::silent_},
    {"s", &HtmlDepth::silent_},          {"strike", &HtmlDepth::silent_},
    {"summary", &HtmlDepth::silent_},    {"table", &HtmlDepth::silent_},
    {"a", &HtmlDepth::silent_},          {"button", &HtmlDepth::silent_},
    {"title", &HtmlDepth::silent_},      {"h1", &HtmlDepth::silent_},
    {"h2", &HtmlDepth::silent_},         {"h3", &HtmlDepth::silent_},
    {"h4", &HtmlDepth::silent_},         {"h5", &HtmlDepth::silent_},
    {"h6", &HtmlDepth::silent_},
}};

HtmlDepth::HtmlDepth(std::string_view markdown) : markdown_(markdown) {
  for (std::size_t i = markdown.find("</"); i != markdown.npos; i = markdown.find("</", i + 2)) {
    const std::string name = TagName(markdown.substr(i + 1));
    for (std::size_t e = 0; e < kElements.size() && !name.empty(); ++e) {
      if (name.substr(1) == kElements[e].name) last_end_[e] = i;
    }
  }
}

void HtmlDepth::Read(std::string_view tag_name, const char* place) {
  const bool ends = tag_name.starts_with('/');
  if (ends) tag_name.remove_prefix(1);
  for (std::size_t e = 0; e < kElements.size(); ++e) {
    if (kElements[e].name != tag_name) continue;
    int& depth = this->*kElements[e].depth;
    depth = std::max(0, depth + (ends ? -1 : 1));
    const bool closed = static_cast<std::size_t>(place - markdown_.data()) < last_end_[e];
    if (ends || closed) return;
    if (&depth == &code_) ++open_code_;
    if (&depth == &silent_) ++open_silent_;
    return;
  }
}

void HtmlDepth::EndChunk() {
  code_ = std::max(0, code_ - std::exchange(open_code_, 0));
  silent_ = std::max(0, silent_ - std::exchange(open_silent_, 0));
}

VisibleChunk ReadInline(const TextChunk& chunk, HtmlDepth* depth) {
  return InlineReader(chunk, depth).Read();
}

}  // namespace retainer
