// The HTTP server: webhook routes, the REST API, health and metrics.
//
// Two listeners. The public one: POST /webhooks/{forge}, the routes of routes.h, /healthz, /readyz
// (a status alone). The other, for operators and scrapers: /metrics, /healthz, /readyz with details.
// Errors are problem details (RFC 9457). Every answer has an X-Request-Id, the client's where it sent
// one that may be repeated. Answers that only the time of asking changes have an entity tag and are
// 304 to who has them; the library packs texts (gzip) where the client takes that. An address that
// fails to authenticate too often is 429 in place of 401 for a while; a token that holds is answered
// whoever else has failed. No internal text, secret or body reaches an answer or a log.
//
// Requests run on a pool of threads of the HTTP library, `threads` of them for the public listener.
// A client that sends nothing, or too slowly, is cut off: a request holds a thread for `idle_timeout`
// before it begins, `head_timeout` until its head is there, `request_timeout` until its body is and as
// long until its answer is taken. One address (an IPv6 network of 64 bits) holds
// `connections_per_address` threads and places in the line for them at most; that of a proxy
// (`trusted_proxies`, this machine) any number. Who comes beyond that, or when the line has `waiting`
// connections, is turned away with 503 before any thread is held. Bodies are read of deliveries alone,
// up to the cap and no further, all together up to `max_bodies`; none is unpacked.
//
// Start and Stop are called by one thread. Everything that is passed in outlives the server.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "retainer/clock.h"
#include "retainer/config.h"
#include "retainer/log.h"
#include "retainer/metrics.h"
#include "retainer/store.h"
#include "src/api/attempts.h"
#include "src/api/oidc.h"
#include "src/api/routes.h"
#include "src/pipeline/desk.h"

namespace retainer {

struct ApiOptions {
  HostPort listen;
  HostPort metrics_listen{"127.0.0.1", 9090};
  // Addresses whose X-Forwarded-For is believed, for the log and for failed attempts, and whose
  // connections are not counted (client_address.h).
  std::vector<std::string> trusted_proxies;
  std::size_t max_body = 25 * 1024 * 1024;
  std::size_t max_bodies = 256 * 1024 * 1024;  // that are being received at a time
  std::size_t threads = 64;
  std::size_t waiting = 512;  // connections of a listener that no thread has yet; at least 1
  std::size_t connections_per_address = 32;            // of the public listener; 0: any number
  absl::Duration head_timeout = absl::Seconds(5);      // for a request's line and fields
  absl::Duration read_timeout = absl::Seconds(5);      // of silence
  absl::Duration request_timeout = absl::Seconds(20);  // for a whole body
  absl::Duration idle_timeout = absl::Seconds(2);      // of a kept-alive connection
  int backlog = 512;
  AttemptLimits attempts;
  OidcVerifier* oidc = nullptr;  // judges tokens of CI jobs; nullptr: none are taken
  ApiRouteOptions routes;
};

struct ApiPorts {
  int listen = 0;
  int metrics_listen = 0;
};

class ApiServer {
 public:
  // `exposition` renders the metrics in Prometheus' text format.
  ApiServer(Desk& desk, Store& store, Clock& clock, Log& log, Metrics& metrics,
            std::function<std::string()> exposition, ApiOptions options);
  // Stops.
  ~ApiServer();
  ApiServer(const ApiServer&) = delete;
  ApiServer& operator=(const ApiServer&) = delete;

  // Binds both and serves. Unavailable, naming the address and the mend, where one cannot be bound.
  absl::StatusOr<ApiPorts> Start();
  // Takes no more connections and waits for the requests under way.
  void Stop();

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace retainer
