// The few operations on URLs that REST clients need. Pure functions.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace retainer::forge {

// `text` as one path segment or query value: all but RFC 3986's unreserved characters escaped.
std::string PercentEncode(std::string_view text);

struct BaseUrl {
  std::string scheme;  // `http` or `https`
  std::string host;    // lower case, without brackets
  int port = 443;
  std::string prefix;  // `/api/v4`, or empty; no trailing slash
  std::string origin;  // `https://host:port`, the port only where it is not the scheme's own
};

// InvalidArgument, naming the mend, for what is not an absolute http(s) URL, holds credentials, a
// query or a fragment, or is http to another machine.
absl::StatusOr<BaseUrl> ParseBaseUrl(std::string_view url);

bool IsLoopback(std::string_view host);

// Path and query of a `Location` when it is on the same origin; nullopt when it leads elsewhere.
std::optional<std::string> SameOriginTarget(const BaseUrl& base, std::string_view location);

// The query of the `rel="next"` URL of a `Link` header; nullopt on the last page.
//
// Rationale: only the query is taken. Forges behind a proxy put names of their own into Link, and a
// client that keeps its own path never sends a token anywhere else.
std::optional<std::string> NextPageQuery(std::string_view link);

}  // namespace retainer::forge
