#include "src/core/text_words.h"

#include <algorithm>
#include <iterator>
#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "src/base/view.h"
#include "src/core/text_unicode.h"

namespace retainer::core {
namespace {

using base::View;

// The length of `:shortcode:` or `&entity;` at the start of `text`, else 0.
std::size_t MarkLength(std::string_view text) {
  constexpr std::size_t kLongest = 48;
  const char end = text[0] == ':' ? ':' : ';';
  for (std::size_t i = 1; i < text.size() && i < kLongest; ++i) {
    if (text[i] == end) return i > 1 ? i + 1 : 0;
    const auto c = static_cast<unsigned char>(text[i]);
    const bool fits =
        absl::ascii_isalnum(c) || (end == ':' ? c == '_' || c == '-' || c == '+' : c == '#');
    if (!fits) return 0;
  }
  return 0;
}

// The length of a keycap: a digit, `#` or `*` drawn as a key.
std::size_t KeycapLength(std::string_view text) {
  constexpr std::string_view kSelector = "\xEF\xB8\x8F";
  constexpr std::string_view kKeycap = "\xE2\x83\xA3";
  std::size_t n = 1;
  if (text.substr(n).starts_with(kSelector)) n += kSelector.size();
  return text.substr(n).starts_with(kKeycap) ? n + kKeycap.size() : 0;
}

// Words of thanks, and words that accompany them. Sorted by byte.
constexpr std::string_view kThanks[] = {"arigato",
                                        "asante",
                                        "bedankt",
                                        "cheers",
                                        "dank",
                                        "danke",
                                        "dankeschön",
                                        "dankjewel",
                                        "dankon",
                                        "dekuji",
                                        "diolch",
                                        "dzieki",
                                        "dziękuję",
                                        "dzięki",
                                        "děkuji",
                                        "děkuju",
                                        "efharisto",
                                        "grazie",
                                        "gracias",
                                        "gràcies",
                                        "hvala",
                                        "kiitos",
                                        "köszi",
                                        "köszönöm",
                                        "merci",
                                        "mersi",
                                        "multumesc",
                                        "mulțumesc",
                                        "obrigada",
                                        "obrigado",
                                        "spasibo",
                                        "tack",
                                        "tak",
                                        "takk",
                                        "teşekkürler",
                                        "terimakasih",
                                        "thank",
                                        "thanks",
                                        "thankyou",
                                        "thx",
                                        "tnx",
                                        "ty",
                                        "tysm",
                                        "valeu",
                                        "ευχαριστώ",
                                        "дякую",
                                        "спасибо",
                                        "Дякую",
                                        "Спасибо",
                                        "ありがとう",
                                        "ありがとうございます",
                                        "ありがとうございました",
                                        "谢谢",
                                        "謝謝",
                                        "多谢",
                                        "감사합니다",
                                        "고맙습니다",
                                        "धन्यवाद",
                                        "شكرا",
                                        "תודה"};

constexpr std::string_view kAlong[] = {
    "a",        "again",       "again",      "all",       "alles",    "allemaal", "and",
    "answer",   "appreciated", "auch",       "awesome",   "beaucoup", "best",     "bien",
    "big",      "brilliant",   "bunch",      "cool",      "de",       "die",      "en",
    "everyone", "everything",  "excellent",  "fantastic", "fast",     "fix",      "fixing",
    "for",      "für",         "good",       "got",       "great",    "guys",     "heel",
    "help",     "helping",     "herzlichen", "hilfe",     "infinies", "it",       "je",
    "job",      "l'aide",      "lot",        "looking",   "lots",     "many",     "mange",
    "mil",      "mille",       "molte",      "moltes",    "much",     "muchas",   "muito",
    "much",     "nice",        "now",        "ok",        "okay",     "per",      "perfect",
    "por",      "pour",        "problem",    "prompt",    "quick",    "quickly",  "really",
    "reply",    "resolved",    "response",   "schnelle",  "schön",    "sehr",     "so",
    "solved",   "sorting",     "super",      "support",   "team",     "that",     "the",
    "this",     "to",          "todo",       "todos",     "ton",      "tons",     "tout",
    "tous",     "tutto",       "very",       "viel",      "vielen",   "vielmals", "vous",
    "votre",    "wel",         "wonderful",  "work",      "works",    "worked",   "you",
    "your",     "большое",     "за",         "помощь",    "u",        "y"};

bool Contains(const std::string_view* begin, const std::string_view* end, std::string_view word) {
  return std::find(begin, end, word) != end;
}

// The words of the visible text, in ASCII lower case, without punctuation and mentions.
std::vector<std::string> Words(std::string_view text, std::size_t limit) {
  std::vector<std::string> words;
  std::string word;
  bool mention = false;
  const auto finish = [&] {
    while (!word.empty() && word.back() == '\'') word.pop_back();
    if (!word.empty() && !mention) words.push_back(word);
    word.clear();
    mention = false;
  };
  while (!text.empty() && words.size() <= limit) {
    if (text[0] == ':' || text[0] == '&') {
      if (const std::size_t n = MarkLength(text)) {
        finish();
        text.remove_prefix(n);
        continue;
      }
    }
    const CodePoint c = DecodeFirst(text);
    const bool inside = c.value == '\'' || (mention && (c.value == '-' || c.value == '.'));
    if (c.valid && IsInvisible(c.value)) {
      // For example, a word with a soft hyphen.
    } else if (c.valid && !IsWordPart(c.value) && !IsMark(c.value) && !(inside && !word.empty())) {
      finish();
      mention = c.value == '@';
    } else {
      for (std::size_t i = 0; i < c.size; ++i) {
        word.push_back(absl::ascii_tolower(static_cast<unsigned char>(text[i])));
      }
    }
    text.remove_prefix(c.size);
  }
  finish();
  return words;
}

struct MailHeader {
  std::string_view begins;
  std::string_view verb;
  bool name_follows = false;  // the verb need not be the last word
};

// Headers of mail programs, in their users' languages.
constexpr MailHeader kMailHeaders[] = {
    {"on ", "wrote", false},      {"am ", "schrieb", true},  {"am ", "geschrieben", false},
    {"le ", "a écrit", false},    {"el ", "escribió", true}, {"il ", "ha scritto", false},
    {"em ", "escreveu", false},   {"op ", "schreef", true},  {"den ", "skrev", true},
    {"w dniu ", "napisał", true}, {"dne ", "napsal", true},
};

}  // namespace

bool HasWords(std::string_view visible) {
  const std::string_view trimmed = TrimText(visible);
  if (trimmed == "+1" || trimmed == "-1") return false;
  while (!visible.empty()) {
    const char first = visible[0];
    if (first == ':' || first == '&') {
      if (const std::size_t n = MarkLength(visible)) {
        visible.remove_prefix(n);
        continue;
      }
    }
    if (absl::ascii_isdigit(static_cast<unsigned char>(first))) {
      if (const std::size_t n = KeycapLength(visible)) {
        visible.remove_prefix(n);
        continue;
      }
    }
    const CodePoint c = DecodeFirst(visible);
    if (!c.valid || IsWordPart(c.value)) return true;
    visible.remove_prefix(c.size);
  }
  return false;
}

bool HasQuestionMark(std::string_view visible) {
  for (std::string_view code : {":question:", ":grey_question:", ":interrobang:"}) {
    if (visible.find(code) != visible.npos) return true;
  }
  while (!visible.empty()) {
    const CodePoint c = DecodeFirst(visible);
    if (c.valid && IsQuestionMark(c.value)) return true;
    visible.remove_prefix(c.size);
  }
  return false;
}

bool IsCourtesy(std::string_view visible) {
  constexpr std::size_t kMostWords = 12;
  if (HasQuestionMark(visible)) return false;
  const std::vector<std::string> words = Words(visible, kMostWords);
  if (words.empty() || words.size() > kMostWords) return false;
  bool thanks = false;
  for (const std::string& word : words) {
    if (Contains(std::begin(kThanks), std::end(kThanks), word)) {
      thanks = true;
    } else if (!Contains(std::begin(kAlong), std::end(kAlong), word)) {
      return false;
    }
  }
  return thanks;
}

std::size_t MailHeaderLines(const std::vector<VisibleLine>& lines) {
  constexpr std::size_t kMost = 3;  // mail programs wrap such a header
  if (lines.empty()) return 0;
  std::string_view last = TrimText(lines.back().text);
  if (last.size() > 500 || !last.ends_with(':')) return 0;
  last = TrimText(last.substr(0, last.size() - 1));
  for (const MailHeader& header : kMailHeaders) {
    const bool fits = header.name_follows ? absl::StrContains(View(last), View(header.verb))
                                          : absl::EndsWithIgnoreCase(View(last), View(header.verb));
    if (!fits) continue;
    for (std::size_t n = 1; n <= std::min(kMost, lines.size()); ++n) {
      const std::string_view first = TrimText(lines[lines.size() - n].text);
      if (StartsWithWord(first, header.begins)) return n;
    }
  }
  return 0;
}

bool StartsMailTail(std::string_view line) {
  if (line == "-- " || line == "--") return true;
  line = TrimText(line);
  if (!line.starts_with("---")) return false;
  const std::string lower = absl::AsciiStrToLower(View(line));
  for (std::string_view title : {"original message", "ursprüngliche nachricht", "message d'origine",
                                 "mensaje original", "messaggio originale", "mensagem original",
                                 "oorspronkelijk bericht", "forwarded message"}) {
    if (absl::StrContains(lower, View(title))) return true;
  }
  return false;
}

bool IsMailFooter(std::string_view line) {
  line = TrimText(line);
  for (std::string_view start :
       {"sent from my ", "sent from outlook", "sent from mail for", "get outlook for",
        "von meinem ", "envoyé de mon ", "enviado desde mi ", "inviato da ", "enviado do meu ",
        "verzonden vanaf mijn ", "reply to this email directly", "you are receiving this because",
        "message id: "}) {
    if (StartsWithWord(line, start)) return line.size() < 400;
  }
  return false;
}

}  // namespace retainer::core
