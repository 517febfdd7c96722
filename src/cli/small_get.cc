#include "src/cli/small_get.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "src/forge/http.h"

namespace retainer::cli {

absl::StatusOr<std::string> SmallGet(const std::string& url, const Headers& headers) {
  const std::string told = url.substr(0, url.find('?'));
  const auto unavailable = [&](absl::string_view why) {
    return absl::UnavailableError(absl::StrCat(told, ": ", why));
  };
  const std::size_t scheme = url.find("://");
  if (scheme == std::string::npos) return unavailable("not an https URL");
  const std::size_t path = url.find('/', scheme + 3);
  forge::TransportOptions options;
  options.connect_timeout = absl::Seconds(3);
  options.read_timeout = absl::Seconds(3);
  options.total_timeout = absl::Seconds(5);
  options.max_response_bytes = 256 * 1024;
  auto transport = forge::MakeHttplibTransport(url.substr(0, path), options);
  if (!transport.ok()) return unavailable(transport.status().message());
  forge::HttpRequest request;
  request.method = "GET";
  request.target = path == std::string::npos ? "/" : url.substr(path);
  request.headers = headers;
  request.headers["Accept"] = "application/json";
  request.headers["User-Agent"] = "retainer/0.1";
  auto response = (*transport)->Send(request);
  if (!response.ok()) return unavailable(response.status().message());
  if (response->status != 200) return unavailable(absl::StrCat("HTTP ", response->status));
  return std::move(response->body);
}

}  // namespace retainer::cli
