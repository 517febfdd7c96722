// HTTP for the forge clients: one request, one response, to one origin.
//
// Tests replace the interface; HttplibTransport is the real implementation.
#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "retainer/webhook.h"

namespace retainer::forge {

struct HttpRequest {
  std::string method;  // upper case
  std::string target;  // path and query as they go on the wire; starts with `/`
  Headers headers;
  std::string body;  // JSON, or empty
};

struct HttpResponse {
  int status = 0;
  Headers headers;
  std::string body;
};

// Thread-safe. Any HTTP status is a response, not an error. Redirects are not followed here.
// Errors: Unavailable (network, TLS, time-out, a body over the bound). The message names the host
// and the problem, never a header or a body.
class HttpTransport {
 public:
  virtual ~HttpTransport() = default;
  virtual absl::StatusOr<HttpResponse> Send(const HttpRequest& request) = 0;
};

struct TransportOptions {
  absl::Duration connect_timeout = absl::Seconds(5);
  absl::Duration read_timeout = absl::Seconds(10);    // between two pieces of a response
  absl::Duration total_timeout = absl::Seconds(30);   // for a whole response
  std::size_t max_response_bytes = 16 * 1024 * 1024;  // enough for a page of 100 long comments
  std::size_t max_idle_connections = 4;
};

// A transport to the origin (`https://host[:port]`) with kept-alive connections and verified TLS.
// InvalidArgument for anything that is not https, except http to a loopback address.
absl::StatusOr<std::unique_ptr<HttpTransport>> MakeHttplibTransport(
    const std::string& origin, const TransportOptions& options);

}  // namespace retainer::forge
