#include "retainer/names.h"

#include <unicode/normalizer2.h>
#include <unicode/unistr.h>

#include <algorithm>
#include <cstdint>

#include "absl/strings/ascii.h"
#include "absl/strings/string_view.h"
#include "src/base/utf8.h"

namespace retainer {

std::string FoldName(std::string_view name) {
  const absl::string_view view(name.data(), name.size());
  const bool ascii = std::all_of(name.begin(), name.end(), [](char c) {
    return absl::ascii_isascii(static_cast<unsigned char>(c));
  });
  UErrorCode status = U_ZERO_ERROR;
  const icu::Normalizer2* apart = icu::Normalizer2::getNFDInstance(status);
  const icu::Normalizer2* composed = icu::Normalizer2::getNFCInstance(status);
  if (ascii || U_FAILURE(status) || !base::IsUtf8(name)) return absl::AsciiStrToLower(view);
  // Decompose first: then marks are in canonical order, also those that fold separately from their
  // letters.
  const icu::UnicodeString text = icu::UnicodeString::fromUTF8(
      icu::StringPiece(name.data(), static_cast<std::int32_t>(name.size())));
  icu::UnicodeString folded = apart->normalize(text, status).foldCase();
  folded = composed->normalize(folded, status);
  std::string result;
  if (U_SUCCESS(status)) folded.toUTF8String(result);
  return result.empty() ? absl::AsciiStrToLower(view) : result;
}

bool SameName(std::string_view a, std::string_view b) { return FoldName(a) == FoldName(b); }

}  // namespace retainer
