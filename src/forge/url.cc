#include "src/forge/url.h"

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "src/base/view.h"

namespace retainer::forge {
namespace {

using base::View;

struct Split {
  std::string scheme;
  std::string host;
  int port = 0;
  std::string rest;  // path and query
  bool user_info = false;
};

std::optional<Split> SplitUrl(std::string_view url) {
  Split split;
  const std::size_t colon = url.find("://");
  if (colon == url.npos) return std::nullopt;
  split.scheme = absl::AsciiStrToLower(View(url.substr(0, colon)));
  if (split.scheme != "http" && split.scheme != "https") return std::nullopt;
  url.remove_prefix(colon + 3);
  const std::size_t end = std::min(url.find_first_of("/?#"), url.size());
  std::string_view authority = url.substr(0, end);
  split.rest = url.substr(end);
  if (const std::size_t at = authority.rfind('@'); at != authority.npos) {
    split.user_info = true;
    authority.remove_prefix(at + 1);
  }
  split.port = split.scheme == "https" ? 443 : 80;
  std::string_view port;
  if (!authority.empty() && authority.front() == '[') {  // IPv6
    const std::size_t close = authority.find(']');
    if (close == authority.npos) return std::nullopt;
    split.host = absl::AsciiStrToLower(View(authority.substr(1, close - 1)));
    authority.remove_prefix(close + 1);
    if (!authority.empty()) {
      if (authority.front() != ':') return std::nullopt;
      port = authority.substr(1);
    }
  } else {
    const std::size_t mark = authority.find(':');
    split.host = absl::AsciiStrToLower(View(authority.substr(0, mark)));
    if (mark != authority.npos) port = authority.substr(mark + 1);
  }
  if (split.host.empty()) return std::nullopt;
  if (!port.empty() &&
      (!absl::SimpleAtoi(View(port), &split.port) || split.port <= 0 || split.port > 65535))
    return std::nullopt;
  return split;
}

}  // namespace

std::string PercentEncode(std::string_view text) {
  static constexpr char kHex[] = "0123456789ABCDEF";
  std::string out;
  out.reserve(text.size());
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (absl::ascii_isalnum(byte) || c == '-' || c == '.' || c == '_' || c == '~') {
      out.push_back(c);
    } else {
      out.push_back('%');
      out.push_back(kHex[byte >> 4]);
      out.push_back(kHex[byte & 15]);
    }
  }
  return out;
}

bool IsLoopback(std::string_view host) {
  if (host == "localhost" || host == "::1") return true;
  // Matches all of 127.0.0.0/8. A host name that only starts with 127 may lead anywhere.
  const std::vector<std::string> parts = absl::StrSplit(View(host), '.');
  return parts.size() == 4 && parts[0] == "127" &&
         std::all_of(parts.begin(), parts.end(), [](const std::string& part) {
           int byte = -1;
           return part.size() <= 3 && absl::SimpleAtoi(part, &byte) && byte >= 0 && byte <= 255;
         });
}

absl::StatusOr<BaseUrl> ParseBaseUrl(std::string_view url) {
  const auto split = SplitUrl(url);
  if (!split) {
    return absl::InvalidArgumentError(absl::StrCat(
        "api_url is not a URL: write https://HOST[/PREFIX], e.g. https://api.github.com"));
  }
  if (split->user_info) {
    return absl::InvalidArgumentError(
        "api_url holds credentials: put them under `token` or `app` instead");
  }
  if (split->rest.find_first_of("?#") != std::string::npos) {
    return absl::InvalidArgumentError("api_url ends in a query or a fragment: leave it out");
  }
  if (split->scheme == "http" && !IsLoopback(split->host)) {
    return absl::InvalidArgumentError(
        absl::StrCat("api_url of ", split->host,
                     " is http, which would show our credentials to the network: write https://"));
  }
  BaseUrl base;
  base.scheme = split->scheme;
  base.host = split->host;
  base.port = split->port;
  base.prefix = split->rest;
  while (!base.prefix.empty() && base.prefix.back() == '/') base.prefix.pop_back();
  const bool v6 = base.host.find(':') != std::string::npos;
  base.origin = absl::StrCat(base.scheme, "://", v6 ? "[" : "", base.host, v6 ? "]" : "");
  if (base.port != (base.scheme == "https" ? 443 : 80))
    absl::StrAppend(&base.origin, ":", base.port);
  return base;
}

std::optional<std::string> SameOriginTarget(const BaseUrl& base, std::string_view location) {
  if (absl::StartsWith(View(location), "//")) return std::nullopt;
  std::string target;
  if (absl::StartsWith(View(location), "/")) {
    target = std::string(location);
  } else {
    const auto split = SplitUrl(location);
    if (!split || split->user_info || split->scheme != base.scheme || split->host != base.host ||
        split->port != base.port)
      return std::nullopt;
    target = split->rest;
  }
  target = target.substr(0, target.find('#'));
  if (target.empty() || target.front() != '/') target.insert(0, "/");
  // A line break in a Location must not become a line break in our request.
  if (std::any_of(target.begin(), target.end(),
                  [](char c) { return static_cast<unsigned char>(c) <= ' ' || c == '\x7f'; }))
    return std::nullopt;
  return target;
}

std::optional<std::string> NextPageQuery(std::string_view link) {
  while (true) {
    const std::size_t open = link.find('<');
    if (open == link.npos) return std::nullopt;
    const std::size_t close = link.find('>', open);
    if (close == link.npos) return std::nullopt;
    const std::string_view url = link.substr(open + 1, close - open - 1);
    link.remove_prefix(close + 1);
    const std::string_view parameters = link.substr(0, link.find('<'));
    if (!absl::StrContains(View(parameters), "rel=\"next\"") &&
        !absl::StrContains(View(parameters), "rel=next"))
      continue;
    const std::size_t query = url.find('?');
    if (query == url.npos) return std::nullopt;
    const std::string_view text = url.substr(query + 1);
    if (std::any_of(text.begin(), text.end(),
                    [](char c) { return static_cast<unsigned char>(c) <= ' ' || c == '\x7f'; }))
      return std::nullopt;
    return std::string(text);
  }
}

}  // namespace retainer::forge
