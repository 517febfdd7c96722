// Unicode's own answers about characters, as far as reading what people typed needs them.
//
// By ICU, so the lists are Unicode's. Any bytes: what is no UTF-8 comes byte by byte, not valid.
// Pure, linear time, thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace retainer {

struct CodePoint {
  std::uint32_t value = 0;
  std::size_t size = 1;  // bytes
  bool valid = false;
};

// The code point that `text` begins with. REQUIRES: `text` is not empty.
CodePoint DecodeFirst(std::string_view text);

// White space of any width, and the characters that are drawn as a gap (a Hangul filler, a blank
// braille cell).
bool IsBlank(std::uint32_t c);
// Takes no room at all: zero-width spaces, joiners, direction marks, byte order marks, soft
// hyphens, variation selectors.
bool IsInvisible(std::uint32_t c);
// Part of a word or a number; false for emoji, punctuation, marks without a letter and what shows
// nothing. What Unicode has not assigned yet may be part of a word.
bool IsWordPart(std::uint32_t c);
// Stands on or beside a letter: accents, vowel signs.
bool IsMark(std::uint32_t c);
// A question mark of any script, and the emoji of one.
bool IsQuestionMark(std::uint32_t c);

// Without ASCII's white space at either end.
std::string_view TrimText(std::string_view text);
// `text` begins with `prefix`, which is lower case, without regard to ASCII case.
bool StartsWithWord(std::string_view text, std::string_view prefix);
// Without what is blank or invisible at its front, also where that is written as an HTML entity
// (`&nbsp;`, `&#8203;`).
std::string_view SkipUnseen(std::string_view text);
// As it is read aloud: invisible characters left out, every run of blank ones one space, none at
// either end; entities likewise. Bytes that are no UTF-8 become U+FFFD.
std::string PlainText(std::string_view text);
// Texts that differ only in case, in how accents are composed, in full-width letters or in what is
// invisible fold to the same (Unicode's NFKC_Casefold).
std::string FoldText(std::string_view text);

}  // namespace retainer
