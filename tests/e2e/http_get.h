// One GET over loopback.
#pragma once

#include <string>

namespace retainer {

struct HttpAnswer {
  int status = 0;  // 0: no answer
  std::string body;
};

// `bearer` is an API token, or empty.
HttpAnswer HttpGet(const std::string& base_url, const std::string& path,
                   const std::string& bearer = "");

}  // namespace retainer
