#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "retainer/core.h"
#include "src/core/text_blocks.h"
#include "src/core/text_commands.h"
#include "src/core/text_inline.h"
#include "src/core/text_words.h"

namespace retainer {
namespace {

constexpr std::size_t kMaxFormAnswer = 64;  // bytes; a longer one is no priority's name
constexpr std::size_t kSignatureLines = 8;  // a signature with more lines is a text

// `### Priority`: the heading's words, lower case.
std::string HeadingTitle(std::string_view text) {
  text = TrimText(text);
  while (text.starts_with('#')) text.remove_prefix(1);
  text = TrimText(text);
  while (text.ends_with('#')) text.remove_suffix(1);
  text = TrimText(text);
  return absl::AsciiStrToLower({text.data(), text.size()});
}

// What the forge writes where a form's field was left empty.
bool IsNoAnswer(std::string_view answer) {
  return answer == "_No response_" || answer == "*No response*" || answer == "None";
}

class TextReader {
 public:
  TextReader(std::string_view markdown, bool opening)
      : blocks_(ReadBlocks(markdown)), opening_(opening) {}

  TextFeatures Read() {
    lines_left_ = 0;
    for (const TextChunk& chunk : blocks_.chunks) lines_left_ += chunk.lines.size();
    HtmlDepth depth;
    for (const TextChunk& chunk : blocks_.chunks) {
      VisibleChunk visible = ReadInline(chunk, &depth);
      if (!tail_) {
        has_code_ = has_code_ || visible.has_code;
        has_image_ = has_image_ || visible.has_image;
      }
      if (opening_ && !tail_) ReadForm(chunk, visible);
      ReadLines(chunk, std::move(visible));
    }
    const bool more = has_code_ || has_image_ || blocks_.has_code;
    features_.substance = more || HasWords(words_);
    features_.thanks = features_.substance && !more && IsCourtesy(words_);
    return std::move(features_);
  }

 private:
  void ReadForm(const TextChunk& chunk, const VisibleChunk& visible) {
    if (chunk.is_heading) {
      in_priority_ = !form_read_ && HeadingTitle(visible.lines.front().text) == "priority";
      return;
    }
    if (!in_priority_) return;
    for (const VisibleLine& line : visible.lines) {
      const std::string_view answer = TrimText(line.text);
      if (answer.empty()) continue;
      form_read_ = true;
      in_priority_ = false;
      if (answer.size() <= kMaxFormAnswer && !IsNoAnswer(answer)) features_.form_priority = answer;
      return;
    }
  }

  void ReadLines(const TextChunk& chunk, VisibleChunk visible) {
    const std::size_t header = chunk.before_quote ? MailHeaderLines(visible.lines) : 0;
    for (std::size_t i = 0; i < visible.lines.size(); ++i) {
      const std::size_t left = lines_left_--;
      const VisibleLine& line = visible.lines[i];
      if (StartsMailTail(line.text) && (line.text.size() > 3 || left <= kSignatureLines + 1)) {
        tail_ = true;
      }
      if (tail_ || i + header >= visible.lines.size() || IsMailFooter(line.text)) continue;
      if (line.may_command && ReadCommands(line.text)) continue;
      words_.append(line.text).push_back('\n');
    }
  }

  bool ReadCommands(std::string_view text) {
    if (!text.starts_with('/')) return false;
    CommandLine line = ReadCommandLine(text);
    for (Command& command : line.commands) {
      if (features_.commands.size() < kMaxCommands)
        features_.commands.push_back(std::move(command));
    }
    if (!line.mistyped.empty()) features_.mistyped = std::move(line.mistyped);
    return line.is_command;
  }

  const TextBlocks blocks_;
  const bool opening_;
  TextFeatures features_;
  std::string words_;  // what a person wrote for a reader
  std::size_t lines_left_ = 0;
  bool has_code_ = false;
  bool has_image_ = false;
  bool tail_ = false;         // a signature or a quoted mail: the rest is nobody's words
  bool in_priority_ = false;  // after the form's heading, before its answer
  bool form_read_ = false;    // the first answer counts
};

}  // namespace

TextFeatures ReadText(std::string_view markdown, bool opening) {
  return TextReader(markdown, opening).Read();
}

}  // namespace retainer
