#include "src/core/text_unicode.h"

#include <unicode/uchar.h>
#include <unicode/unorm2.h>
#include <unicode/ustring.h>
#include <unicode/utf8.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"

namespace retainer::core {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";  // U+FFFD

// True for characters that are drawn as empty space although Unicode classifies them as letters or
// symbols.
bool IsBlankGlyph(std::uint32_t c) {
  switch (c) {
    case 0x115F:   // Hangul choseong filler
    case 0x1160:   // Hangul jungseong filler
    case 0x2800:   // braille pattern blank
    case 0x3164:   // Hangul filler
    case 0xFFA0:   // half-width Hangul filler
    case 0xFFFC:   // the place of an object that is not there
    case 0x1D159:  // musical symbol null notehead
      return true;
    default:
      return false;
  }
}

// The character of the entity `&name;` at the start of `text` if it is invisible, with the entity's
// length in bytes. Visible entities are handled elsewhere.
std::optional<CodePoint> UnseenEntity(std::string_view text) {
  constexpr std::size_t kLongest = 20;
  constexpr std::array<std::pair<std::string_view, std::uint32_t>, 12> kNames = {{
      {"nbsp", 0xA0},
      {"ensp", 0x2002},
      {"emsp", 0x2003},
      {"thinsp", 0x2009},
      {"hairsp", 0x200A},
      {"numsp", 0x2007},
      {"shy", 0xAD},
      {"zwj", 0x200D},
      {"zwnj", 0x200C},
      {"lrm", 0x200E},
      {"rlm", 0x200F},
      {"ZeroWidthSpace", 0x200B},
  }};
  if (!text.starts_with('&')) return std::nullopt;
  const std::size_t end = text.substr(0, kLongest).find(';');
  if (end == text.npos) return std::nullopt;
  std::string_view name = text.substr(1, end - 1);
  std::uint32_t value = 0;
  if (name.starts_with('#')) {
    name.remove_prefix(1);
    const bool hex = name.starts_with('x') || name.starts_with('X');
    if (hex) name.remove_prefix(1);
    const char* last = name.data() + name.size();
    const auto [read, error] = std::from_chars(name.data(), last, value, hex ? 16 : 10);
    if (name.empty() || error != std::errc() || read != last) return std::nullopt;
  } else {
    for (const auto& [known, c] : kNames) {
      if (name == known) value = c;
    }
  }
  if (value == 0 || !(IsBlank(value) || IsInvisible(value))) return std::nullopt;
  return CodePoint{value, end + 1, true};
}

CodePoint FirstSeen(std::string_view text) {
  if (text[0] == '&') {
    if (const auto entity = UnseenEntity(text)) return *entity;
  }
  return DecodeFirst(text);
}

}  // namespace

CodePoint DecodeFirst(std::string_view text) {
  const auto first = static_cast<unsigned char>(text[0]);
  if (first < 0x80) return {first, 1, true};
  // No sequence is longer than four bytes.
  const std::string_view head = text.substr(0, 4);
  std::int32_t at = 0;
  UChar32 c = 0;
  U8_NEXT(head.data(), at, static_cast<std::int32_t>(head.size()), c);
  if (c < 0) return {first, 1, false};
  return {static_cast<std::uint32_t>(c), static_cast<std::size_t>(at), true};
}

bool IsBlank(std::uint32_t c) {
  return u_isUWhiteSpace(static_cast<UChar32>(c)) || IsBlankGlyph(c);
}

bool IsInvisible(std::uint32_t c) {
  if (c < 0x80 || IsBlank(c)) return false;
  const auto point = static_cast<UChar32>(c);
  if (u_hasBinaryProperty(point, UCHAR_DEFAULT_IGNORABLE_CODE_POINT)) return true;
  // Signs drawn around the following digits are format characters too.
  return u_charType(point) == U_FORMAT_CHAR &&
         !u_hasBinaryProperty(point, UCHAR_PREPENDED_CONCATENATION_MARK);
}

bool IsWordPart(std::uint32_t c) {
  if (c < 0x80) return absl::ascii_isalnum(static_cast<unsigned char>(c));
  if (IsBlank(c) || IsInvisible(c)) return false;
  const auto point = static_cast<UChar32>(c);
  constexpr std::uint32_t kWords = U_GC_L_MASK | U_GC_N_MASK | U_GC_CN_MASK | U_GC_CO_MASK;
  // Letters and digits that are drawn as pictures, for example in flags and signs.
  if (u_hasBinaryProperty(point, UCHAR_EXTENDED_PICTOGRAPHIC)) return false;
  return (U_GET_GC_MASK(point) & kWords) != 0;
}

bool IsMark(std::uint32_t c) { return (U_GET_GC_MASK(static_cast<UChar32>(c)) & U_GC_M_MASK) != 0; }

bool IsQuestionMark(std::uint32_t c) {
  switch (c) {
    case '?':
    case 0x037E:   // Greek
    case 0x055E:   // Armenian
    case 0x061F:   // Arabic
    case 0x1367:   // Ethiopic
    case 0x1945:   // Limbu
    case 0x203D:   // interrobang
    case 0x2047:   // double
    case 0x2048:   // with an exclamation mark
    case 0x2049:   // likewise
    case 0x2753:   // the emoji
    case 0x2754:   // likewise, white
    case 0x2CFA:   // Coptic
    case 0x2E2E:   // reversed
    case 0xA60F:   // Vai
    case 0xA6F7:   // Bamum
    case 0xFE56:   // small
    case 0xFF1F:   // full-width
    case 0x11143:  // Chakma
      return true;
    default:
      return false;
  }
}

std::string_view TrimText(std::string_view text) {
  const auto is_space = [](char c) { return absl::ascii_isspace(static_cast<unsigned char>(c)); };
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
  return text;
}

bool StartsWithWord(std::string_view text, std::string_view prefix) {
  return text.size() >= prefix.size() &&
         std::equal(prefix.begin(), prefix.end(), text.begin(), [](char p, char t) {
           return p == absl::ascii_tolower(static_cast<unsigned char>(t));
         });
}

std::string_view SkipUnseen(std::string_view text) {
  while (!text.empty()) {
    const CodePoint c = FirstSeen(text);
    if (!c.valid || !(IsBlank(c.value) || IsInvisible(c.value))) break;
    text.remove_prefix(c.size);
  }
  return text;
}

std::string PlainText(std::string_view text) {
  std::string plain;
  bool gap = false;
  while (!text.empty()) {
    const CodePoint c = FirstSeen(text);
    if (c.valid && IsBlank(c.value)) {
      gap = !plain.empty();
    } else if (!c.valid || !IsInvisible(c.value)) {
      if (gap) plain.push_back(' ');
      gap = false;
      // Two invalid bytes that become neighbours could form another character.
      plain.append(c.valid ? text.substr(0, c.size) : kReplacement);
    }
    text.remove_prefix(c.size);
  }
  return plain;
}

std::string FoldText(std::string_view text) {
  std::string ascii(text);
  bool all_ascii = true;
  for (char& c : ascii) {
    all_ascii = all_ascii && static_cast<unsigned char>(c) < 0x80;
    c = absl::ascii_tolower(static_cast<unsigned char>(c));
  }
  // Longer texts are not folded: nobody compares them.
  constexpr std::size_t kMost = 1 << 20;
  if (all_ascii || text.size() > kMost) return ascii;
  UErrorCode error = U_ZERO_ERROR;
  std::vector<UChar> wide(text.size() + 1);
  std::int32_t size = 0;
  u_strFromUTF8WithSub(wide.data(), static_cast<std::int32_t>(wide.size()), &size, text.data(),
                       static_cast<std::int32_t>(text.size()), 0xFFFD, nullptr, &error);
  const UNormalizer2* fold = unorm2_getNFKCCasefoldInstance(&error);
  if (U_FAILURE(error)) return ascii;
  std::vector<UChar> folded(18 * static_cast<std::size_t>(size) + 1);
  const std::int32_t folded_size = unorm2_normalize(
      fold, wide.data(), size, folded.data(), static_cast<std::int32_t>(folded.size()), &error);
  if (U_FAILURE(error)) return ascii;
  std::string result(3 * static_cast<std::size_t>(folded_size), '\0');
  std::int32_t bytes = 0;
  u_strToUTF8(result.data(), static_cast<std::int32_t>(result.size()), &bytes, folded.data(),
              folded_size, &error);
  if (U_FAILURE(error)) return ascii;
  result.resize(static_cast<std::size_t>(bytes));
  return result;
}

}  // namespace retainer::core
