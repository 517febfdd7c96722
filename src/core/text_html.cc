#include "src/core/text_html.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"

namespace retainer::core {
namespace {

constexpr std::size_t kLongestName = 32;

bool IsSpace(char c) { return absl::ascii_isspace(static_cast<unsigned char>(c)); }
bool IsAlpha(char c) { return absl::ascii_isalpha(static_cast<unsigned char>(c)); }
bool IsAlnum(char c) { return absl::ascii_isalnum(static_cast<unsigned char>(c)); }

// The name of the tag at the start of `text` (after its `<`); empty if there is no tag.
std::string TagName(std::string_view text) {
  std::string name;
  std::size_t i = 0;
  if (i < text.size() && text[i] == '/') name.push_back(text[i++]);
  if (i == text.size() || !IsAlpha(text[i])) return "";
  while (i < text.size() && name.size() < kLongestName && (IsAlnum(text[i]) || text[i] == '-')) {
    name.push_back(absl::ascii_tolower(static_cast<unsigned char>(text[i++])));
  }
  if (i == text.size()) return "";
  const bool ends = text[i] == '>' || text[i] == '/' || IsSpace(text[i]);
  return ends ? name : "";
}

struct Unseen {
  std::string_view begin;
  std::string_view end;
};
// The first one that matches counts.
constexpr std::array<Unseen, 4> kUnseen = {
    {{"<!--", "-->"}, {"<?", "?>"}, {"<![CDATA[", "]]>"}, {"<!", ">"}}};

class Cutter {
 public:
  explicit Cutter(std::string_view html) : html_(html) {}

  std::vector<HtmlPiece> Cut() {
    std::size_t i = 0;
    for (std::size_t at = html_.find('<'); at != std::string_view::npos;
         at = html_.find('<', std::max(at + 1, i))) {
      const HtmlPiece piece = Markup(at);
      if (piece.text.empty()) continue;
      Text(i, at);
      i = at + piece.text.size();
      pieces_.push_back(piece);
    }
    Text(i, html_.size());
    return std::move(pieces_);
  }

 private:
  void Text(std::size_t begin, std::size_t end) {
    if (begin < end) pieces_.push_back({HtmlKind::kText, html_.substr(begin, end - begin), ""});
  }

  // The markup that begins with the `<` at `i`; without text if it is an ordinary character.
  HtmlPiece Markup(std::size_t i) {
    const std::string_view rest = html_.substr(i);
    for (const auto& [begin, end] : kUnseen) {
      if (!rest.starts_with(begin)) continue;
      if (begin == "<!" && (rest.size() < 3 || !IsAlpha(rest[2]))) break;
      const std::size_t found = rest.find(end, 2);  // `<!-->` is a whole comment
      return {HtmlKind::kHidden,
              rest.substr(0, found == std::string_view::npos ? found : found + end.size()), ""};
    }
    std::string name = TagName(rest.substr(1));
    if (name.empty()) return {};
    return {HtmlKind::kTag, html_.substr(i, TagEnd(i + name.size()) - i), std::move(name)};
  }

  // The position after the `>` of the tag that is open at `i`. A quoted value may contain a `>`.
  std::size_t TagEnd(std::size_t i) {
    const std::size_t begin = i;
    for (char quote = 0; i < html_.size() && !unbalanced_; ++i) {
      const char c = html_[i];
      if (quote != 0) {
        if (c == quote) quote = 0;
      } else if (c == '>') {
        return i + 1;
      } else if (c == '"' || c == '\'') {
        quote = c;
      }
    }
    unbalanced_ = true;  // search only once
    const std::size_t end = html_.find('>', begin);
    return end == std::string_view::npos ? html_.size() : end + 1;
  }

  const std::string_view html_;
  std::vector<HtmlPiece> pieces_;
  bool unbalanced_ = false;  // a quote is opened but never closed
};

}  // namespace

std::vector<HtmlPiece> CutHtml(std::string_view html) { return Cutter(html).Cut(); }

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

void HtmlDepth::Learn(std::string_view tag_name) {
  ++learnt_;
  if (!tag_name.starts_with('/')) return;
  for (std::size_t e = 0; e < kElements.size(); ++e) {
    if (tag_name.substr(1) == kElements[e].name) last_end_[e] = learnt_;
  }
}

void HtmlDepth::Read(std::string_view tag_name) {
  ++read_;
  const bool ends = tag_name.starts_with('/');
  if (ends) tag_name.remove_prefix(1);
  for (std::size_t e = 0; e < kElements.size(); ++e) {
    if (kElements[e].name != tag_name) continue;
    int& depth = this->*kElements[e].depth;
    depth = std::max(0, depth + (ends ? -1 : 1));
    if (ends || read_ < last_end_[e]) return;
    if (&depth == &code_) ++open_code_;
    if (&depth == &silent_) ++open_silent_;
    return;
  }
}

void HtmlDepth::EndParagraph() {
  code_ = std::max(0, code_ - std::exchange(open_code_, 0));
  silent_ = std::max(0, silent_ - std::exchange(open_silent_, 0));
}

}  // namespace retainer::core
