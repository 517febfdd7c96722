#include "src/api/request_target.h"

#include <algorithm>
#include <optional>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "src/base/view.h"

namespace retainer::api {
namespace {

using base::View;

std::optional<unsigned char> ReadCoded(std::string_view two) {
  static constexpr std::string_view kDigits = "0123456789abcdef";
  if (two.size() < 2) return std::nullopt;
  const std::size_t high = kDigits.find(absl::ascii_tolower(static_cast<unsigned char>(two[0])));
  const std::size_t low = kDigits.find(absl::ascii_tolower(static_cast<unsigned char>(two[1])));
  if (high == kDigits.npos || low == kDigits.npos) return std::nullopt;
  return static_cast<unsigned char>(high * 16 + low);
}

std::string DecodePath(std::string_view path) {
  std::string decoded;
  decoded.reserve(path.size());
  for (std::size_t i = 0; i < path.size(); ++i) {
    if (path[i] != '%') {
      decoded += path[i];
      continue;
    }
    const std::optional<unsigned char> c = ReadCoded(path.substr(i + 1, 2));
    if (!c || *c == '/' || *c == '\\' || absl::ascii_iscntrl(*c)) return std::string(path);
    decoded += static_cast<char>(*c);
    i += 2;
  }
  return decoded;
}

// An invalid `%` stays as it is.
std::string DecodeQuery(absl::string_view text) {
  std::string decoded;
  decoded.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    std::optional<unsigned char> c;
    if (text[i] == '%')
      c = ReadCoded({text.data() + i + 1, std::min<std::size_t>(2, text.size() - i - 1)});
    if (c) {
      decoded += static_cast<char>(*c);
      i += 2;
    } else {
      decoded += text[i] == '+' ? ' ' : text[i];
    }
  }
  return decoded;
}

}  // namespace

RequestTarget ReadTarget(std::string_view target) {
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (!absl::StartsWithIgnoreCase(View(target), View(scheme))) continue;
    target.remove_prefix(scheme.size());
    target.remove_prefix(std::min(target.find_first_of("/?"), target.size()));
    if (target.empty() || target.front() == '?') {
      RequestTarget root = ReadTarget(std::string("/").append(target));
      return root;
    }
    break;
  }
  RequestTarget read;
  const std::size_t question = std::min(target.find('?'), target.size());
  read.path = DecodePath(target.substr(0, question));
  if (question == target.size()) return read;
  for (const absl::string_view one :
       absl::StrSplit(View(target.substr(question + 1)), '&', absl::SkipEmpty())) {
    const std::size_t equals = std::min(one.find('='), one.size());
    read.parameters.emplace_back(DecodeQuery(one.substr(0, equals)),
                                 equals == one.size() ? "" : DecodeQuery(one.substr(equals + 1)));
  }
  return read;
}

}  // namespace retainer::api
