#include "retainer/names.h"

#include <unicode/normalizer2.h>
#include <unicode/unistr.h>
#include <unicode/ustring.h>

#include <algorithm>
#include <cstdint>

#include "absl/strings/ascii.h"
#include "absl/strings/string_view.h"

namespace retainer {
namespace {

bool IsUtf8(std::string_view text) {
  UErrorCode status = U_ZERO_ERROR;
  std::int32_t units = 0;
  u_strFromUTF8(nullptr, 0, &units, text.data(), static_cast<std::int32_t>(text.size()), &status);
  return status == U_BUFFER_OVERFLOW_ERROR || U_SUCCESS(status);
}

}  // namespace

std::string FoldName(std::string_view name) {
  const absl::string_view view(name.data(), name.size());
  const bool ascii = std::all_of(name.begin(), name.end(), [](char c) {
    return absl::ascii_isascii(static_cast<unsigned char>(c));
  });
  UErrorCode status = U_ZERO_ERROR;
  const icu::Normalizer2* apart = icu::Normalizer2::getNFDInstance(status);
  const icu::Normalizer2* composed = icu::Normalizer2::getNFCInstance(status);
  if (ascii || U_FAILURE(status) || !IsUtf8(name)) return absl::AsciiStrToLower(view);
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
