#include "tests/e2e/http_get.h"

#include <httplib.h>

namespace retainer {

HttpAnswer HttpGet(const std::string& base_url, const std::string& path,
                   const std::string& bearer) {
  httplib::Client client(base_url);
  client.set_read_timeout(10);
  httplib::Headers headers;
  if (!bearer.empty()) headers.emplace("Authorization", "Bearer " + bearer);
  const auto result = client.Get(path, headers);
  return result ? HttpAnswer{result->status, result->body} : HttpAnswer{};
}

}  // namespace retainer
