#include "priority_words.h"

#include <algorithm>
#include <array>
#include <set>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "src/core/text_unicode.h"

namespace retainer::core {
namespace {

constexpr std::size_t kMostShown = 48;  // bytes of the written text

std::string Fold(std::string_view text) { return FoldText(PlainText(text)); }

bool IsDigit(char c) { return absl::ascii_isdigit(static_cast<unsigned char>(c)); }
bool HasDigit(std::string_view text) { return std::any_of(text.begin(), text.end(), IsDigit); }

// Removes punctuation and emoji from the front.
std::string_view StripFront(std::string_view text) {
  while (!text.empty()) {
    const CodePoint c = DecodeFirst(text);
    if (!c.valid || IsWordPart(c.value)) break;
    text.remove_prefix(c.size);
  }
  return text;
}

std::string_view StripBack(std::string_view text) {
  std::size_t end = 0;
  for (std::size_t i = 0; i < text.size();) {
    const CodePoint c = DecodeFirst(text.substr(i));
    i += c.size;
    if (!c.valid || IsWordPart(c.value) || IsMark(c.value)) end = i;
  }
  return text.substr(0, end);
}

std::string_view Strip(std::string_view text) { return StripBack(StripFront(text)); }

// True if `text` continues the word before it.
bool GoesOn(std::string_view text) {
  if (text.empty()) return false;
  const CodePoint c = DecodeFirst(text);
  if (!c.valid || IsWordPart(c.value) || IsMark(c.value) || c.value == '_') return true;
  // `P1.5`, `P1,5`
  return (c.value == '.' || c.value == ',') && text.size() > 1 && IsDigit(text[1]);
}

// True for a punctuation mark that separates a name from its explanation; false for one that joins
// two words (`high-end`).
bool StartsWithMark(std::string_view text) {
  const bool spaced = text.starts_with(' ');
  text = text.substr(std::min(text.find_first_not_of(' '), text.size()));
  if (text.empty()) return false;
  const CodePoint c = DecodeFirst(text);
  if (!c.valid || IsWordPart(c.value) || c.value == '#' || c.value == '+') return false;
  const bool joins = c.value == '-' || c.value == '/' || c.value == '\'' || c.value == '&';
  return spaced || !joins || text.size() == 1 || text[1] == ' ';
}

// True for words that negate or weaken what precedes them.
bool Blurs(std::string_view rest) {
  rest = StripFront(rest);
  const std::string_view word = rest.substr(0, rest.find(' '));
  constexpr std::array<std::string_view, 14> kWords = {"or",    "not",  "no",    "to",   "and",
                                                       "oder",  "ou",   "o",     "nor",  "isn't",
                                                       "never", "than", "nicht", "until"};
  return std::find(kWords.begin(), kWords.end(), word) != kWords.end();
}

bool IsCourtesyOnly(std::string_view rest) {
  constexpr std::array<std::string_view, 16> kWords = {
      "please", "pls",   "plz",   "thanks", "thank", "you",      "thx",  "now",
      "asap",   "bitte", "danke", "merci",  "s'il",  "priority", "prio", "urgently"};
  rest = Strip(rest);
  while (!rest.empty()) {
    const std::string_view word = StripBack(rest.substr(0, rest.find(' ')));
    if (std::find(kWords.begin(), kWords.end(), word) == kWords.end()) return false;
    rest = StripFront(rest.substr(word.size()));
  }
  return true;
}

// Removes what people write before the priority itself.
std::string_view StripLead(std::string_view text) {
  text = StripFront(text);
  for (bool again = true; again;) {
    again = false;
    for (std::string_view word : {"priority", "prio", "set", "to", "is", "as", "level"}) {
      if (!text.starts_with(word) || text.size() == word.size() ||
          GoesOn(text.substr(word.size()))) {
        continue;
      }
      text = StripFront(text.substr(word.size()));
      again = true;
    }
  }
  return text;
}

struct Known {
  std::string name;   // folded
  std::string title;  // folded; empty: none
};

class Reader {
 public:
  Reader(const Policy& policy, std::string_view written) : written_(Fold(written)) {
    for (const auto& priority : policy.priorities) {
      known_.push_back({Fold(priority.name), Fold(priority.title)});
    }
  }

  std::optional<std::size_t> Read() const {
    if (const auto whole = Whole(written_)) return whole;
    if (const auto whole = Whole(Strip(written_))) return whole;
    if (Named(written_).size() > 1) return std::nullopt;
    const std::string_view text = StripLead(written_);
    if (const auto whole = Whole(Strip(text))) return whole;
    if (const auto number = Number(Strip(text))) return number;
    if (const auto name = ByName(text)) return name;
    return ByTitle(text);
  }

  // True if the text contains a name but is not clearly that priority.
  bool Unclear() const { return !Named(written_).empty(); }

 private:
  std::optional<std::size_t> Whole(std::string_view text) const {
    for (std::size_t i = 0; i < known_.size(); ++i) {
      if (known_[i].name == text) return i;
    }
    return Titled(text);
  }

  // The priority with this title; nullopt if two have it.
  std::optional<std::size_t> Titled(std::string_view text) const {
    std::optional<std::size_t> found;
    for (std::size_t i = 0; i < known_.size() && !text.empty(); ++i) {
      if (known_[i].title.empty() || (known_[i].title != text && Strip(known_[i].title) != text)) {
        continue;
      }
      if (found) return std::nullopt;
      found = i;
    }
    return found;
  }

  // The priorities whose names occur in `text` as whole words; the longest name at each position.
  std::set<std::size_t> Named(std::string_view text) const {
    std::set<std::size_t> named;
    for (bool inside = false; !text.empty();) {
      const auto place = inside ? std::nullopt : At(text);
      if (place) {
        named.insert(*place);
        text.remove_prefix(known_[*place].name.size());
        continue;
      }
      const CodePoint c = DecodeFirst(text);
      inside = !c.valid || IsWordPart(c.value) || IsMark(c.value);
      text.remove_prefix(c.size);
    }
    return named;
  }

  // The priority with the longest name with which `text` begins, as a whole word.
  std::optional<std::size_t> At(std::string_view text) const {
    std::optional<std::size_t> found;
    for (std::size_t i = 0; i < known_.size(); ++i) {
      const std::string& name = known_[i].name;
      if (name.empty() || !text.starts_with(name) || GoesOn(text.substr(name.size()))) continue;
      if (!found || name.size() > known_[*found].name.size()) found = i;
    }
    return found;
  }

  // `1`, `p 1`, `p-1`: the only priority with that number.
  std::optional<std::size_t> Number(std::string_view text) const {
    if (!HasDigit(text)) return std::nullopt;
    const auto squeezed = [](std::string_view t) {
      std::string s;
      for (char c : t) {
        if (c != ' ' && c != '-' && c != '_' && c != '.') s.push_back(c);
      }
      return s;
    };
    const std::string wanted = squeezed(text);
    const bool number = std::all_of(wanted.begin(), wanted.end(), IsDigit);
    std::optional<std::size_t> found;
    for (std::size_t i = 0; i < known_.size(); ++i) {
      std::string name = squeezed(known_[i].name);
      if (number) name.erase(0, std::min(name.find_first_of("0123456789"), name.size()));
      if (name.empty() || name != wanted) continue;
      if (found) return std::nullopt;
      found = i;
    }
    return found;
  }

  std::optional<std::size_t> ByName(std::string_view text) const {
    const auto place = At(text);
    if (!place) return std::nullopt;
    const std::string& name = known_[*place].name;
    const std::string_view rest = text.substr(name.size());
    if (const auto title = Titled(Strip(rest)); title && *title != *place) return std::nullopt;
    if (StartsWithMark(rest) || IsCourtesyOnly(rest)) return place;
    if (Titled(Strip(rest))) return place;
    return HasDigit(name) && !Blurs(rest) ? place : std::nullopt;
  }

  std::optional<std::size_t> ByTitle(std::string_view text) const {
    std::optional<std::size_t> found;
    for (std::size_t i = 0; i < known_.size(); ++i) {
      const std::string& title = known_[i].title;
      if (title.empty() || !text.starts_with(title)) continue;
      const std::string_view rest = text.substr(title.size());
      if (GoesOn(rest)) continue;
      const std::string_view behind = Strip(rest);
      const bool fits = behind == known_[i].name || StartsWithMark(rest) || IsCourtesyOnly(rest);
      const auto named = Named(rest);
      if (!fits || (!named.empty() && !named.contains(i))) continue;
      if (found && known_[*found].title == title) return std::nullopt;
      if (!found || title.size() > known_[*found].title.size()) found = i;
    }
    return found;
  }

  const std::string written_;
  std::vector<Known> known_;
};

}  // namespace

std::optional<std::size_t> ReadPriority(const Policy& policy, std::string_view written) {
  if (const auto rank = policy.PriorityRank(written)) return rank;
  return Reader(policy, written).Read();
}

std::string CanonicalPriority(const Policy& policy, std::string_view written) {
  if (const auto rank = ReadPriority(policy, written)) return policy.priorities[*rank].name;
  return absl::StrCat("?", Fold(written));
}

std::string OneOf(const std::vector<std::string>& names) {
  std::string text;
  for (std::size_t i = 0; i < names.size(); ++i) {
    absl::StrAppend(&text, i == 0 ? "" : i + 1 == names.size() ? " or " : ", ", names[i]);
  }
  return text;
}

std::string ShownPriority(std::string_view written) {
  const std::string plain = PlainText(written);
  std::size_t end = 0;
  while (end < plain.size()) {
    const std::size_t next = end + DecodeFirst(std::string_view(plain).substr(end)).size;
    if (next > kMostShown) return absl::StrCat(plain.substr(0, end), "\xE2\x80\xA6");
    end = next;
  }
  return plain;
}

std::string NoSuchPriority(const Policy& policy, std::string_view written,
                           const std::vector<std::string>& usable) {
  const std::string what = Reader(policy, written).Unclear()
                               ? std::string("It is not clear which one is meant")
                               : absl::StrCat("There is no ", ShownPriority(written));
  return usable.empty() ? what : absl::StrCat(what, "; use ", OneOf(usable));
}

}  // namespace retainer::core
