#include "src/pages/cookies.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "src/base/view.h"

namespace retainer::pages {
namespace {

std::string Unescape(absl::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size() && absl::ascii_isxdigit(text[i + 1]) &&
        absl::ascii_isxdigit(text[i + 2])) {
      out += absl::HexStringToBytes(text.substr(i + 1, 2));
      i += 2;
    } else {
      out += text[i] == '+' ? ' ' : text[i];
    }
  }
  return out;
}

bool IsUnreserved(char c) {
  return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '-' || c == '_' || c == '.' ||
         c == '~';
}

}  // namespace

std::string SessionCookie(bool secure) { return secure ? "__Host-retainer" : "retainer"; }

std::string SignInCookie(bool secure) {
  return secure ? "__Host-retainer-sign-in" : "retainer-sign-in";
}

std::string CookieValue(std::string_view cookies, std::string_view name) {
  for (const absl::string_view part : absl::StrSplit(base::View(cookies), ';')) {
    const absl::string_view cookie = absl::StripAsciiWhitespace(part);
    const std::size_t equals = cookie.find('=');
    if (equals == absl::string_view::npos || cookie.substr(0, equals) != base::View(name)) continue;
    return std::string(cookie.substr(equals + 1));
  }
  return "";
}

std::string SetCookie(const std::string& name, const std::string& value, absl::Duration lasts,
                      bool secure) {
  return absl::StrCat(name, "=", value, "; Path=/; Max-Age=", absl::ToInt64Seconds(lasts),
                      "; HttpOnly; SameSite=Lax", secure ? "; Secure" : "");
}

std::map<std::string, std::string> ReadForm(std::string_view body) {
  std::map<std::string, std::string> fields;
  for (const absl::string_view pair : absl::StrSplit(base::View(body), '&', absl::SkipEmpty())) {
    const std::size_t equals = pair.find('=');
    fields.try_emplace(Unescape(pair.substr(0, equals)),
                       equals == absl::string_view::npos ? "" : Unescape(pair.substr(equals + 1)));
  }
  return fields;
}

std::string EscapeQuery(std::string_view text) {
  constexpr char kDigits[] = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    if (IsUnreserved(c) || c == '/') {
      out += c;
    } else {
      const auto byte = static_cast<unsigned char>(c);
      out += {'%', kDigits[byte >> 4], kDigits[byte & 15]};
    }
  }
  return out;
}

bool IsOwnPath(std::string_view path) {
  constexpr std::size_t kLongest = 512;
  if (path.empty() || path.size() > kLongest || path[0] != '/') return false;
  if (path.size() > 1 && path[1] == '/') return false;  // another host
  return std::all_of(path.begin(), path.end(), [](char c) {
    return IsUnreserved(c) || c == '/' || c == '?' || c == '=' || c == '&' || c == '%';
  });
}

}  // namespace retainer::pages
