#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "retainer/core.h"
#include "src/core/text_commands.h"
#include "src/core/text_foreign.h"
#include "src/core/text_lines.h"
#include "src/core/text_unicode.h"
#include "src/core/text_words.h"

namespace retainer::core {
namespace {

constexpr std::size_t kSignatureLines = 8;  // a signature with more lines counts as text

// Removes the marks around a heading's words: `### **Priority:** *`, `### 🔥 Priority`.
std::string_view StripHeading(std::string_view text) {
  while (!text.empty() && !IsWordPart(DecodeFirst(text).value)) {
    text.remove_prefix(DecodeFirst(text).size);
  }
  while (!text.empty() && std::string_view("#*_:? ").find(text.back()) != text.npos) {
    text.remove_suffix(1);
  }
  return text;
}

struct FormHeading {
  bool is_priority = false;
  std::string answer;  // `### Priority: P1`
};

FormHeading ReadHeading(std::string_view visible) {
  constexpr std::string_view kTitle = "priority";
  const std::string plain = PlainText(visible);
  const std::string_view text = StripHeading(plain);
  if (!StartsWithWord(text, kTitle)) return {};
  std::string_view rest = text.substr(kTitle.size());
  while (!rest.empty() && (rest[0] == '*' || rest[0] == '_')) rest.remove_prefix(1);
  if (rest.empty() || TrimText(rest).starts_with('(')) return {true, ""};
  if (!rest.starts_with(':')) return {};
  return {true, std::string(StripHeading(rest))};
}

// True for what the forge, or a person, writes in an empty form field.
bool IsNoAnswer(std::string_view answer) {
  const std::string lower = absl::AsciiStrToLower({answer.data(), answer.size()});
  return lower == "_no response_" || lower == "*no response*" || lower == "none" ||
         lower == "n/a" || !HasWords(answer);
}

// Cuts to at most kMostFormAnswer bytes of whole characters.
std::string_view Cut(std::string_view text) {
  if (text.size() <= kMostFormAnswer) return text;
  std::size_t end = kMostFormAnswer;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  return text.substr(0, end);
}

class TextReader {
 public:
  TextReader(std::string_view markdown, bool opening)
      : text_(ReadMarkdown(markdown)), opening_(opening) {}

  TextFeatures Read() {
    lines_left_ = 0;
    for (const VisibleChunk& chunk : text_.chunks) lines_left_ += chunk.lines.size();
    for (const VisibleChunk& chunk : text_.chunks) {
      if (!tail_) {
        has_code_ = has_code_ || chunk.has_code;
        has_image_ = has_image_ || chunk.has_image;
      }
      if (opening_ && !tail_) ReadForm(chunk);
      ReadLines(chunk);
    }
    if (!tail_) words_.append(text_.rest);
    const bool more = has_code_ || has_image_ || text_.has_code;
    features_.substance = more || HasWords(words_);
    features_.thanks = features_.substance && !more && IsCourtesy(words_);
    features_.asks = features_.substance ? features_.thanks && maybe_words_
                                         : maybe_words_ || HasQuestionMark(words_);
    features_.form_priority = Cut(features_.form_priority);
    return std::move(features_);
  }

 private:
  void ReadForm(const VisibleChunk& chunk) {
    if (chunk.is_heading) {
      // The first section with an answer counts.
      FormHeading heading = ReadHeading(chunk.lines.front().text);
      boxes_ = false;
      in_priority_ = heading.is_priority && features_.form_priority.empty() && !form_read_;
      if (in_priority_) TakeAnswer(heading.answer);
      return;
    }
    for (const VisibleLine& line : chunk.lines) {
      if (!in_priority_) return;
      const std::string answer = PlainText(line.text);
      if (line.box == TaskBox::kNone) {
        // Words below a list of check boxes are explanations, not answers.
        if (!boxes_) TakeAnswer(answer);
        continue;
      }
      boxes_ = true;
      if (line.box == TaskBox::kOpen || IsNoAnswer(answer)) continue;
      absl::StrAppend(&features_.form_priority, features_.form_priority.empty() ? "" : "\n",
                      answer);
    }
  }

  void TakeAnswer(const std::string& answer) {
    if (answer.empty()) return;
    form_read_ = true;
    in_priority_ = false;
    if (!IsNoAnswer(answer)) features_.form_priority = answer;
  }

  void ReadLines(const VisibleChunk& chunk) {
    const std::size_t header = chunk.before_quote ? MailHeaderLines(chunk.lines) : 0;
    for (std::size_t i = 0; i < chunk.lines.size(); ++i) {
      const std::size_t left = lines_left_--;
      const VisibleLine& line = chunk.lines[i];
      if (StartsMailTail(line.text) && (line.text.size() > 3 || left <= kSignatureLines + 1)) {
        tail_ = true;
      }
      if (tail_ || i + header >= chunk.lines.size() || IsMailFooter(line.text)) continue;
      if (line.may_command && ReadCommands(line.text)) continue;
      if (SkipUnseen(line.text).starts_with('@') && IsCallOfBot(PlainText(line.text))) continue;
      words_.append(line.text).push_back('\n');
    }
  }

  bool ReadCommands(std::string_view text) {
    text = SkipUnseen(text);
    if (!text.starts_with('/')) return false;
    CommandLine line = ReadCommandLine(text);
    maybe_words_ = maybe_words_ || line.maybe_words;
    for (Command& command : line.commands) {
      if (features_.commands.size() < kMaxCommands)
        features_.commands.push_back(std::move(command));
    }
    if (!line.mistyped.empty()) features_.mistyped = std::move(line.mistyped);
    return line.is_command;
  }

  const VisibleText text_;
  const bool opening_;
  TextFeatures features_;
  std::string words_;  // what the person wrote for a reader
  std::size_t lines_left_ = 0;
  bool has_code_ = false;
  bool has_image_ = false;
  bool maybe_words_ = false;  // see CommandLine
  bool tail_ = false;         // in a signature or quoted mail: the rest does not count
  bool in_priority_ = false;  // after the form's heading, before its answer
  bool boxes_ = false;        // the answer is a list of check boxes
  bool form_read_ = false;    // an answer was found
};

}  // namespace
}  // namespace retainer::core

namespace retainer {

TextFeatures ReadText(std::string_view markdown, bool opening) {
  return core::TextReader(markdown, opening).Read();
}

}  // namespace retainer
