// What a request's target asks for.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace retainer {

struct RequestTarget {
  // Decoded. As it came where it has a coded slash, backslash or control character, or a `%` that
  // codes nothing: a proxy in front of us may have taken it for another path, so it is none of
  // ours.
  std::string path;
  // Of the query, decoded, in order; `+` is a space.
  std::vector<std::pair<std::string, std::string>> parameters;
};

// Of `/path?query`, or of the absolute form (`http://host/path?query`), whose host is not looked
// at. Other forms have no path that begins with a slash.
RequestTarget ReadTarget(std::string_view target);

}  // namespace retainer
