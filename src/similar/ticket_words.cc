#include "src/similar/ticket_words.h"

#include <algorithm>
#include <array>
#include <set>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "src/base/view.h"

namespace retainer::similar {
namespace {

using base::View;

// Marks of an error in a log or a listing.
constexpr std::array<absl::string_view, 22> kLogged = {
    "error",     "exception", "fatal",   "panic",     "traceback", "failed",
    "failure",   "segfault",  "sigsegv", "assert",    "abort",     "undefined",
    "errno",     "cannot ",   "denied",  "timed out", "refused",   "caused by",
    "could not", "not found", "invalid", "unexpected"};
// Those that a sentence does not have.
constexpr std::array<absl::string_view, 7> kSaid = {
    "error:", "exception:", "exception in", "fatal:", "panic:", "traceback (", "caused by:"};

constexpr std::array<absl::string_view, 60> kUsual = {
    "the",  "and",   "for",   "that",   "this",  "with",  "you",  "are",  "was",    "not",
    "but",  "have",  "has",   "had",    "from",  "when",  "what", "can",  "does",   "will",
    "just", "there", "would", "should", "could", "after", "then", "than", "also",   "any",
    "all",  "some",  "use",   "using",  "used",  "get",   "got",  "it",   "is",     "in",
    "on",   "of",    "to",    "we",     "my",    "me",    "be",   "as",   "at",     "or",
    "if",   "so",    "an",    "do",     "did",   "by",    "our",  "your", "please", "thanks"};

template <std::size_t N>
bool HasAny(absl::string_view line, const std::array<absl::string_view, N>& marks) {
  return std::any_of(marks.begin(), marks.end(),
                     [&](absl::string_view mark) { return absl::StrContains(line, mark); });
}

bool IsFrame(absl::string_view line) {
  if (absl::StartsWith(line, "at ")) return absl::StrContains(line, "(");
  if (absl::StartsWith(line, "file \"")) return true;
  return line.size() > 2 && line[0] == '#' && absl::ascii_isdigit(line[1]) &&
         absl::StrContains(line, " ");
}

// A line of a form or a template, or one that says something to a machine.
bool IsTemplate(absl::string_view line) {
  if (line.empty() || line[0] == '>') return true;
  if (line[0] == '#') return !IsFrame(line);
  if (absl::StartsWith(line, "/")) {
    const absl::string_view word = line.substr(0, line.find(' '));
    return !absl::StrContains(word.substr(1), "/");  // a path is no command
  }
  for (const absl::string_view box : {"- [ ]", "- [x]", "* [ ]", "* [x]"}) {
    if (absl::StartsWith(line, box)) return true;
  }
  return line == "_no response_" || line == "n/a" || line == "none";
}

void Append(absl::string_view line, std::size_t most, std::string* to) {
  if (to->size() + line.size() + 1 > most) return;
  absl::StrAppend(to, to->empty() ? "" : "\n", line);
}

std::string WithoutComments(std::string_view markdown) {
  std::string text;
  std::size_t from = 0;
  while (from < markdown.size()) {
    const std::size_t begin = markdown.find("<!--", from);
    text.append(markdown.substr(from, begin == markdown.npos ? begin : begin - from));
    if (begin == markdown.npos) break;
    const std::size_t end = markdown.find("-->", begin + 4);
    if (end == markdown.npos) break;
    from = end + 3;
  }
  return text;
}

bool IsWordByte(char c) {
  return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '_' ||
         static_cast<unsigned char>(c) >= 0x80;
}

bool IsTelling(const std::string& word) {
  if (word.size() < 2 || word.size() > kLongestTerm) return false;
  const auto digits = static_cast<std::size_t>(std::count_if(
      word.begin(), word.end(), [](unsigned char c) { return absl::ascii_isdigit(c) != 0; }));
  if (digits == word.size() && digits > 4) return false;
  if (absl::StartsWith(word, "0x")) return false;
  // An id: a long word with many digits.
  if (word.size() >= 8 && digits * 3 >= word.size()) return false;
  return std::find(kUsual.begin(), kUsual.end(), word) == kUsual.end();
}

}  // namespace

void AddText(std::string_view markdown, Document* document) {
  const std::string text = WithoutComments(markdown);
  bool fenced = false;
  for (const absl::string_view raw : absl::StrSplit(text, '\n')) {
    const absl::string_view line = absl::StripAsciiWhitespace(raw);
    if (absl::StartsWith(line, "```") || absl::StartsWith(line, "~~~")) {
      fenced = !fenced;
      continue;
    }
    const std::string lower = absl::AsciiStrToLower(line);
    if (line.empty() || (!fenced && IsTemplate(lower))) continue;
    const bool error = IsFrame(lower) || (fenced ? HasAny(lower, kLogged) : HasAny(lower, kSaid));
    Append(line, error ? kMostErrors : kMostProse, error ? &document->errors : &document->prose);
  }
}

std::vector<std::string> TermsOf(const Document& document) {
  std::vector<std::string> terms;
  std::set<std::string> seen;
  for (const std::string* part : {&document.errors, &document.title, &document.prose}) {
    std::string word;
    for (std::size_t i = 0; i <= part->size() && terms.size() < kMostTerms; ++i) {
      if (i < part->size() && IsWordByte((*part)[i])) {
        word.push_back(absl::ascii_tolower(static_cast<unsigned char>((*part)[i])));
        continue;
      }
      if (IsTelling(word) && seen.insert(word).second) terms.push_back(word);
      word.clear();
    }
  }
  return terms;
}

}  // namespace retainer::similar
