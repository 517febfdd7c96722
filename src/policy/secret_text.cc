#include "src/policy/secret_text.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "src/base/utf8.h"
#include "src/policy/encoding.h"

namespace retainer::policy {
namespace {

// Blanks and invisible characters that are easily copied along from a page.
constexpr std::string_view kUnseen[] = {"\u00a0", "\u00ad", "\u061c", "\u200b", "\u200c",
                                        "\u200d", "\u200e", "\u200f", "\u202a", "\u202b",
                                        "\u202c", "\u202d", "\u202e", "\u2060", "\u2066",
                                        "\u2067", "\u2068", "\u2069", "\ufeff"};

bool HoldsUnseen(std::string_view text) {
  return std::any_of(std::begin(kUnseen), std::end(kUnseen), [&](std::string_view unseen) {
    return text.find(unseen) != std::string_view::npos;
  });
}

}  // namespace

ReferredValue ReadReferredValue(std::string_view text) {
  if (LooksLikeUtf16(text)) return {"", "is UTF-16, or binary: save it as plain text"};
  text = WithoutByteOrderMark(text);
  const std::string value(absl::StripAsciiWhitespace(absl::string_view(text.data(), text.size())));
  if (value.empty()) return {"", "is empty"};
  if (!base::IsUtf8(value)) return {"", "is not UTF-8 text"};
  const bool is_pem = absl::StrContains(value, "-----BEGIN ");
  const bool has_control = std::any_of(value.begin(), value.end(), [&](char c) {
    const bool line_end = c == '\n' || c == '\r' || c == '\t';
    return absl::ascii_iscntrl(static_cast<unsigned char>(c)) && !(is_pem && line_end);
  });
  if (has_control) {
    return {"", value.find('\n') != std::string::npos ? "holds more than one line"
                                                      : "holds a control character"};
  }
  if (HoldsUnseen(value)) return {"", "holds an invisible character: type it again by hand"};
  return {value, ""};
}

}  // namespace retainer::policy
