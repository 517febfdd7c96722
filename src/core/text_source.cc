#include "src/core/text_source.h"

#include <algorithm>
#include <charconv>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "src/core/text_unicode.h"

namespace retainer::core {
namespace {

// The library spends time on every open container for each line, and searches the rest of a
// paragraph for the end of each `[`, `<?` or `<!`. Normal texts are far below these limits. What
// exceeds them is read as plain text.
constexpr std::size_t kMostMarks = 60;     // bytes of indentation and marks before a line's text
constexpr std::size_t kMostOpeners = 500;  // `[`, `<?`, `<!` between two blank lines
// The library copies a link's address and title to each place that refers to the link.
constexpr std::size_t kMostCopied = 8 << 20;  // bytes of one text

// Placed before a `/`, followed by its line number. A private-use character of Unicode, so it has
// no meaning for the library. If a person typed one, it becomes kOtherMark.
constexpr std::string_view kSlashMark = "\uE000";
constexpr std::string_view kOtherMark = "\uE001";

bool IsWordChar(char c) { return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '_'; }

std::vector<std::string_view> Lines(std::string_view markdown) {
  std::vector<std::string_view> lines;
  while (!markdown.empty()) {
    const std::size_t end = markdown.find_first_of("\r\n");
    lines.push_back(markdown.substr(0, end));
    if (end == markdown.npos) break;
    markdown.remove_prefix(end + (markdown.substr(end).starts_with("\r\n") ? 2 : 1));
  }
  return lines;
}

// `---` in the first line is front matter if `key: value` and another `---` follow. Returns the
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

// True for GitLab's fence of a multi-paragraph quote.
bool IsQuoteFence(std::string_view line) {
  return line.starts_with(">>>") && TrimText(line.substr(3)).empty();
}
bool IsMathFence(std::string_view line) { return TrimText(line) == "$$"; }

class Preparer {
 public:
  explicit Preparer(std::string_view markdown) {
    if (markdown.starts_with("\xEF\xBB\xBF")) markdown.remove_prefix(3);
    std::string_view read = markdown.substr(0, kMostMarkdown);
    if (read.size() < markdown.size()) {
      const std::size_t line_end = read.find_last_of("\r\n");
      read = read.substr(0, line_end == read.npos ? read.size() : line_end + 1);
    }
    source_.rest = markdown.substr(read.size());
    source_.lines = Lines(read);
    source_.text.reserve(read.size() + read.size() / 8);
    for (std::size_t i = 0; i < source_.lines.size(); ++i) {
      if (IsQuoteFence(source_.lines[i])) last_quote_fence_ = i;
      if (IsMathFence(source_.lines[i])) last_math_fence_ = i;
    }
    front_matter_end_ = FrontMatterEnd(source_.lines);
  }

  TextSource Prepare() {
    for (std::size_t i = 0; i < source_.lines.size(); ++i) {
      const std::string_view line = source_.lines[i];
      if (TrimText(line).empty()) {
        EndParagraph();
      } else if (!TakeOut(i, line)) {
        Put(i, line);
      }
      source_.text.push_back('\n');
    }
    EndParagraph();
    if (longest_definition_ * brackets_ > kMostCopied) {
      for (const std::size_t colon : definitions_) source_.text[colon] = ';';
    }
    return std::move(source_);
  }

 private:
  void EndParagraph() {
    EndDefinition();
    openers_ = 0;
    quoted_ = false;
  }

  void EndDefinition() {
    if (!defines_) return;
    longest_definition_ = std::max(longest_definition_, source_.text.size() - definitions_.back());
    defines_ = false;
  }

  // True if the line belongs to syntax that the library does not know; then it is handled here.
  bool TakeOut(std::size_t number, std::string_view line) {
    if (number <= front_matter_end_ && front_matter_end_ > 0) {
      // Front matter is shown as a code block or heading, so it is never words for a reader.
      if (number > 0 && number < front_matter_end_) Code(line);
      return true;
    }
    if (in_quote_) {
      in_quote_ = !IsQuoteFence(line);
      return true;
    }
    if (in_math_) {
      in_math_ = !IsMathFence(line);
      if (in_math_) Code(line);
      return true;
    }
    if (InsideOther(line)) return false;
    if (IsQuoteFence(line) && number < last_quote_fence_) {
      in_quote_ = true;
      source_.text.push_back('>');
      return true;
    }
    if (IsMathFence(line) && number < last_math_fence_ && !quoted_) {
      in_math_ = true;
      return true;
    }
    return false;
  }

  void Code(std::string_view line) {
    if (!TrimText(line).empty()) source_.has_code = true;
  }

  // True inside code and comments, which contain no quotes and formulas.
  bool InsideOther(std::string_view line) {
    const std::size_t begin = line.find_first_not_of(" \t-+*.)0123456789");
    const std::string_view text = begin == line.npos ? "" : line.substr(begin);
    if (!fence_.empty()) {
      const std::size_t end = text.find_first_not_of(fence_[0]);
      const bool closed =
          text.starts_with(fence_) && TrimText(text.substr(std::min(end, text.size()))).empty();
      if (closed) fence_ = {};
      return true;
    }
    if (in_comment_) {
      in_comment_ = line.find("-->") == line.npos;
      return true;
    }
    if (text.starts_with("```") || text.starts_with("~~~")) {
      const std::string_view run = text.substr(0, text.find_first_not_of(text[0]));
      if (text[0] == '~' || text.find('`', run.size()) == text.npos) fence_ = run;
    }
    in_comment_ = text.starts_with("<!--") && text.find("-->", 2) == text.npos;
    quoted_ = quoted_ || text.starts_with('>');
    return false;
  }

  static bool Opens(std::string_view text) {
    return text[0] == '[' || text.starts_with("<?") || text.starts_with("<!");
  }

  void Put(std::size_t number, std::string_view line) {
    std::size_t marks = line.find_first_not_of(" \t>-+*.)0123456789");
    marks = std::min(marks, line.size());
    const std::string_view head = line.substr(0, std::min(marks, kMostMarks));
    std::string_view tail = line.substr(marks);
    source_.text.append(head);
    if (head.find_first_not_of(" \t") == head.npos) {
      const std::string_view seen = SkipUnseen(tail);
      // `/>` ends a tag that began on an earlier line.
      if (seen.starts_with('/') && !seen.starts_with("/>")) {
        source_.text.append(tail.substr(0, tail.size() - seen.size()));
        absl::StrAppend(&source_.text, absl::string_view(kSlashMark.data(), kSlashMark.size()),
                        number);
        tail = seen;
      }
    }
    for (std::size_t i = 0; i < tail.size(); ++i) {
      if (tail[i] == kSlashMark[0] && tail.substr(i).starts_with(kSlashMark)) {
        source_.text.append(kOtherMark);
        i += kSlashMark.size() - 1;
        continue;
      }
      if (tail[i] == ':' && i > 0 && tail[i - 1] == ']') {
        EndDefinition();
        definitions_.push_back(source_.text.size());
        defines_ = true;
      }
      if (tail[i] == '[') ++brackets_;
      const bool opens = Opens(tail.substr(i));
      if (opens) ++openers_;
      source_.text.push_back(opens && openers_ > kMostOpeners ? '(' : tail[i]);
    }
  }

  TextSource source_;
  std::size_t last_quote_fence_ = 0;
  std::size_t last_math_fence_ = 0;
  std::size_t front_matter_end_ = 0;
  std::string_view fence_;  // fence of the open code block
  bool in_comment_ = false;
  bool in_quote_ = false;
  bool in_math_ = false;
  bool quoted_ = false;  // a quote is open, and a plain line continues it
  std::size_t brackets_ = 0;
  std::size_t openers_ = 0;               // since the last blank line
  std::vector<std::size_t> definitions_;  // positions of their colons in the text
  bool defines_ = false;                  // the last one may continue
  std::size_t longest_definition_ = 0;
};

}  // namespace

TextSource PrepareText(std::string_view markdown) { return Preparer(markdown).Prepare(); }

std::optional<std::size_t> TakeSlashMarks(std::string* text) {
  std::size_t at = text->find(kSlashMark);
  if (at == text->npos) return std::nullopt;
  const std::string_view all = *text;
  const bool first = SkipUnseen(all).data() == all.data() + at;
  std::optional<std::size_t> line;
  std::string left;
  std::size_t done = 0;
  for (; at != all.npos; at = all.find(kSlashMark, done)) {
    left.append(all, done, at - done);
    std::size_t number = 0;
    const char* end = all.data() + all.size();
    const auto [rest, error] = std::from_chars(all.data() + at + kSlashMark.size(), end, number);
    done = static_cast<std::size_t>(rest - all.data());
    if (first && !line) line = number;
  }
  left.append(all, done);
  *text = std::move(left);
  return line;
}

}  // namespace retainer::core
