// Serves HTTP/1.1 on one address: an event loop reads and writes all its connections, pools answer.
//
// A connection holds no thread, and a few hundred bytes while nothing comes. Its time is bounded at
// each step: before a head begins, until it is there, until its body is, and until the answer is
// taken. When there are as many connections as may be, those go first that do nothing, then those
// that are slow: the slower and the larger the sooner. Room for bodies is kept for them in advance
// (admission.h).
//
// Start and Stop are called by one thread. Everything that is passed in outlives the listener.
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

namespace retainer {

struct ListenerOptions {
  HeadLimits head;
  BodyLimits bodies;
  PaceLimits pace;
  PoolSizes pools;
  // Bytes of all heads, of what waits behind them, and of answers that are not taken yet.
  std::size_t buffers = 64 * 1024 * 1024;
  std::size_t connections = 16384;  // at a time
  std::size_t per_address = 0;      // of them (0: any number), but for proxies and this machine
  std::size_t requests = 1000;      // on one connection
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

  // The port. Unavailable where it cannot be had; `key` is what the configuration calls the
  // address.
  absl::StatusOr<int> Bind(const HostPort& at, const std::string& key);
  // REQUIRES: bound.
  void Start();
  // Takes no more connections, waits for the requests under way as long as `stop_timeout` and for
  // handlers as long as they run.
  void Stop();

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace retainer
