// Wraps the HTTP library: serves requests on one port, and posts deliveries.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "src/sandbox/message.h"
#include "src/sandbox/sandbox.h"

namespace retainer::sandbox {

// Answers requests with `handle`, and calls `answered` after an answer was written; several threads
// call both at once. Thread-safe.
class HttpServer {
 public:
  HttpServer(std::function<Response(const Request&)> handle,
             std::function<void(const std::string& method, const std::string& target, int status)>
                 answered);
  ~HttpServer();

  // Unavailable when the port is not available.
  absl::Status Start(const std::string& host, int port);
  // Ends slow answers and idle connections. Returns when all threads have ended.
  void Stop();
  int port() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

struct PostResult {
  int status = 0;  // 0: no answer, and `error` is the reason
  std::string error;
};
// Posts `body` to an http:// address. Waits at most 10 s, as the forges do.
PostResult Post(const std::string& url, const HeaderList& headers, const std::string& body);

}  // namespace retainer::sandbox
