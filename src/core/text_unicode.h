// Unicode properties of characters that reading typed text needs, by ICU. Accepts any bytes:
// invalid UTF-8 is returned byte by byte as not valid. Pure, linear time, thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace retainer::core {

struct CodePoint {
  std::uint32_t value = 0;
  std::size_t size = 1;  // in bytes
  bool valid = false;
};

// The first code point of `text`. REQUIRES: `text` is not empty.
CodePoint DecodeFirst(std::string_view text);

// True for white space of any width and for characters that are drawn as a gap (a Hangul filler, a
// blank braille cell).
bool IsBlank(std::uint32_t c);
// True for characters without width: zero-width spaces, joiners, direction marks, byte order marks,
// soft hyphens, variation selectors.
bool IsInvisible(std::uint32_t c);
// True for parts of words and numbers. False for emoji, punctuation, marks without a letter and
// invisible characters. Code points that Unicode has not assigned yet may be parts of words.
bool IsWordPart(std::uint32_t c);
// True for characters that combine with a letter: accents, vowel signs.
bool IsMark(std::uint32_t c);
// True for a question mark of any script, and its emoji.
bool IsQuestionMark(std::uint32_t c);

// Removes ASCII white space at both ends.
std::string_view TrimText(std::string_view text);
// True if `text` begins with `prefix`, ignoring ASCII case. REQUIRES: `prefix` is lower case.
bool StartsWithWord(std::string_view text, std::string_view prefix);
// Removes blank and invisible characters at the front, also if written as an HTML entity (`&nbsp;`,
// `&#8203;`).
std::string_view SkipUnseen(std::string_view text);
// The text as a reader sees it: without invisible characters, each run of blanks as one space, no
// blanks at the ends; entities are handled the same way. Invalid UTF-8 becomes U+FFFD.
std::string PlainText(std::string_view text);
// Folds a text (Unicode NFKC_Casefold): equal for texts that differ only in case, in the
// composition of accents, in full-width letters or in invisible characters.
std::string FoldText(std::string_view text);

}  // namespace retainer::core
