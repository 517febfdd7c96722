#include "glob.h"

#include <algorithm>
#include <cstdint>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"

namespace retainer::core {
namespace {

enum class Kind : std::uint8_t { kCharacter, kLevel, kDeep };

struct Part {
  Kind kind;
  char character;  // lower case
};

std::vector<Part> Split(std::string_view pattern) {
  std::vector<Part> pieces;
  pieces.reserve(pattern.size());
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    if (pattern[i] != '*') {
      pieces.push_back({Kind::kCharacter, absl::ascii_tolower(pattern[i])});
    } else if (i + 1 < pattern.size() && pattern[i + 1] == '*') {
      pieces.push_back({Kind::kDeep, 0});
      ++i;
    } else {
      pieces.push_back({Kind::kLevel, 0});
    }
  }
  return pieces;
}

}  // namespace

bool GlobMatches(std::string_view pattern, std::string_view text, std::size_t* steps) {
  const std::size_t star = pattern.find('*');
  if (star == std::string_view::npos) {
    if (steps != nullptr) *steps += text.size();
    return absl::EqualsIgnoreCase(absl::string_view(pattern.data(), pattern.size()),
                                  absl::string_view(text.data(), text.size()));
  }
  // The text before the first star is compared directly. Most patterns end with one star.
  if (steps != nullptr) *steps += std::min(star, text.size());
  if (text.size() < star ||
      !absl::EqualsIgnoreCase(absl::string_view(pattern.data(), star), {text.data(), star})) {
    return false;
  }
  pattern.remove_prefix(star);
  text.remove_prefix(star);
  if (pattern == "*") return text.find('/') == std::string_view::npos;
  const std::vector<Part> pieces = Split(pattern);
  // alive[i]: the first i pieces match the text so far. Rationale: all possible matches are
  // followed at the same time, so that a pattern with many stars costs no more than one with few.
  std::vector<char> alive(pieces.size() + 1, 0);
  // A star also matches the empty text.
  const auto skip_stars = [&] {
    for (std::size_t i = 0; i < pieces.size(); ++i) {
      if (alive[i] != 0 && pieces[i].kind != Kind::kCharacter) alive[i + 1] = 1;
    }
  };
  alive[0] = 1;
  skip_stars();
  for (const char raw : text) {
    const char c = absl::ascii_tolower(raw);
    bool any = false;
    alive[pieces.size()] = 0;
    // Backwards, so that each state is read before it is overwritten.
    for (std::size_t i = pieces.size(); i-- > 0;) {
      if (steps != nullptr) ++*steps;
      if (alive[i] == 0) continue;
      const Part& piece = pieces[i];
      if (piece.kind == Kind::kCharacter) {
        alive[i] = 0;
        if (piece.character == c) {
          alive[i + 1] = 1;
          any = true;
        }
      } else {
        alive[i] = piece.kind == Kind::kDeep || c != '/' ? 1 : 0;
        any |= alive[i] != 0;
      }
    }
    if (!any) return false;
    skip_stars();
  }
  return alive[pieces.size()] != 0;
}

}  // namespace retainer::core
