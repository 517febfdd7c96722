// Parses a request's target.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace retainer::api {

struct RequestTarget {
  // Decoded. Left unchanged when it has an encoded slash, backslash or control character, or an
  // invalid `%`: a proxy in front of us may have read it as another path, so it matches none of
  // ours.
  std::string path;
  // The query's parameters, decoded, in order; `+` is a space.
  std::vector<std::pair<std::string, std::string>> parameters;
};

// Accepts `/path?query` and the absolute form (`http://host/path?query`), whose host is ignored.
// For other forms `path` does not begin with a slash.
RequestTarget ReadTarget(std::string_view target);

}  // namespace retainer::api
