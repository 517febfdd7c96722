// Serves HTTP/1.1 on one address. An event loop reads and writes all its connections; pools of
// threads answer.
//
// A connection uses no thread, and only a few hundred bytes while it is idle. Its time is bounded
// in each step: until a head begins, until the head is complete, until the body is complete, and
// until the client has taken the answer. At the limit of connections, idle ones are closed first,
// then slow ones: slower and larger ones earlier. Memory for bodies is reserved in advance
// (admission.h).
//
// One thread calls Start and Stop. All arguments must outlive the listener.
#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "retainer/config.h"
#include "src/api/admission.h"
#include "src/api/answer_pools.h"
#include "src/api/client_address.h"
#include "src/api/http_front.h"
#include "src/api/progress.h"
#include "src/api/request_parser.h"

namespace retainer::api {

struct ListenerOptions {
  HeadLimits head;
  BodyLimits bodies;
  PaceLimits pace;
  PoolSizes pools;
  // The limit in bytes for all heads, for the input after them, and for answers that clients have
  // not taken yet.
  std::size_t buffers = 64 * 1024 * 1024;
  std::size_t connections = 16384;  // open at a time
  // Of these per client network; 0: no limit. Proxies and this machine have no limit.
  std::size_t per_address = 0;
  std::size_t requests = 1000;  // per connection
  absl::Duration stop_timeout = absl::Seconds(2);
  int backlog = 4096;
};

class Listener {
 public:
  Listener(HttpFront& front, const TrustedProxies& trusted, ListenerOptions options);
  // Stops.
  ~Listener();
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

  // Returns the port. Unavailable when the address cannot be bound; `key` is the address's key in
  // the configuration.
  absl::StatusOr<int> Bind(const HostPort& at, const std::string& key);
  // REQUIRES: bound.
  void Start();
  // Accepts no more connections. Waits for requests in progress, at most `stop_timeout`, and for
  // running handlers without limit.
  void Stop();

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace retainer::api
