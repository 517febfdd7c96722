// Serves HTTP/1.1 on one address: an event loop reads and writes all its connections, pools answer.
//
// A connection holds no thread, and a few hundred bytes while nothing comes. Its time is bounded at each
// step: before a head begins, until it is there, until its body is, and until the answer is taken. When
// there are as many connections as may be, those go first that do nothing, then those that are slow:
// the slower and the larger the sooner. Room for bodies is kept for them in advance (admission.h).
//
// Start and Stop are called by one thread. Everything that is passed in outlives the listener.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "retainer/config.h"
#include "src/api/admission.h"
#include "src/api/client_address.h"
#include "src/api/http_message.h"
#include "src/api/progress.h"
#include "src/api/request_parser.h"

namespace retainer {

// What answers.
class HttpFront {
 public:
  virtual ~HttpFront() = default;

  enum class Where { kHandlers, kDeliveries, kLoop };
  struct Plan {
    // At once, without the body; else by Answer.
    std::optional<HttpAnswer> answer;
    // kDeliveries: one for bodies up to BodyLimits::small, another one for others. kLoop: these small ones
    // on the loop's thread itself.
    Where where = Where::kHandlers;
    std::uint64_t max_body = 0;  // 0: none is taken
    std::string client;          // whose share of the memory a body takes
  };
  // Why a body, or a whole request, is not taken.
  enum class Refusal {
    kBadRequest,   // 400, also of a chunk
    kTooSlow,      // 408
    kIncomplete,   // 408: its sender has gone, or falls silent
    kTooLarge,     // 413
    kLongTarget,   // 414
    kExpectation,  // 417
    kHead,         // 431
    kCrowded,      // 503: as much is under way as may be
  };

  // On the loop's thread, which waits for it: what is to become of a request whose head is there.
  virtual Plan Look(HttpRequest& request) = 0;
  // On a thread of a pool, or on the loop's where the plan says so. `done` is called once, by any thread,
  // before this returns or later; until then the request is there.
  using Done = std::function<void(HttpAnswer)>;
  virtual void Answer(HttpRequest& request, Done done) = 0;
  // On the loop's thread. `request`: nullptr where there was none yet.
  virtual HttpAnswer Refuse(const HttpRequest* request, Refusal why) = 0;
  // On the loop's thread: this is what it was answered.
  virtual void Answered(const HttpRequest* request, const HttpAnswer& answer) = 0;
};

struct ListenerOptions {
  HeadLimits head;
  BodyLimits bodies;
  PaceLimits pace;
  std::size_t connections = 16384;   // at a time
  std::size_t per_address = 0;       // of them (0: any number), but for proxies and this machine
  std::size_t requests = 1000;       // on one connection
  std::size_t handlers = 4;          // threads
  std::size_t delivery_threads = 0;  // for bodies up to BodyLimits::small
  std::size_t large_delivery_threads = 0;  // for others
  std::size_t waiting = 512;               // requests that no thread of the handlers has yet
  absl::Duration stop_timeout = absl::Seconds(2);
  int backlog = 512;
};

class Listener {
 public:
  Listener(HttpFront& front, const TrustedProxies& trusted, ListenerOptions options);
  // Stops.
  ~Listener();
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

  // The port. Unavailable where it cannot be had; `key` is what the configuration calls the address.
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
