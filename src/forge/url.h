// The URL operations that the REST clients need. Pure functions.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace retainer::forge {

// Encodes `text` as one path segment or query value: escapes all but RFC 3986's unreserved
// characters.
std::string PercentEncode(std::string_view text);

struct BaseUrl {
  std::string scheme;  // `http` or `https`
  std::string host;    // lower case, without brackets
  int port = 443;
  std::string prefix;  // `/api/v4`, or empty; no trailing slash
  std::string origin;  // `https://host:port`; without the port when it is the scheme's default
};

// InvalidArgument, with the remedy, for a URL that is not absolute http(s), that holds credentials,
// a query or a fragment, or that is http to another machine.
absl::StatusOr<BaseUrl> ParseBaseUrl(std::string_view url);

bool IsLoopback(std::string_view host);

// The path and query of a `Location` on the same origin; nullopt when it leads elsewhere.
std::optional<std::string> SameOriginTarget(const BaseUrl& base, std::string_view location);

// The query of the `rel="next"` URL of a `Link` header; nullopt on the last page.
//
// Rationale: only the query is used. Forges behind a proxy put names of their own into Link, and a
// client that keeps its own path never sends a token to another place.
std::optional<std::string> NextPageQuery(std::string_view link);

}  // namespace retainer::forge
