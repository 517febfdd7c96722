// The HTTP server: webhook routes, the REST API, health and metrics.
//
// Two listeners. The public one: POST /webhooks/{forge}, the routes of routes.h, /healthz, /readyz
// (a status alone). The other, for operators and scrapers: /metrics, /healthz, /readyz with
// details.
// Errors are problem details (RFC 9457). Every answer has an X-Request-Id, the client's where it
// sent one that may be repeated. Answers that only the time of asking changes have an entity tag
// and are 304 to who has them; texts are packed (gzip) where the client takes that. An
// address that fails to authenticate too often is 429 in place of 401 for a while; a token that
// holds is answered whoever else has failed. No internal text, secret or body reaches an answer or
// a log.
//
// Each listener has an event loop (listener.h): a connection holds no thread, however long it stays
// and however slowly it sends. Pools of threads answer: one for the API, with a line in front of it
// that has an end (503 beyond it), one for deliveries, a small one for large deliveries, one for
// operators. A client that sends nothing, or too slowly, is cut off (progress.h). When
// `connections` are there, those that do nothing go first, then those that are slow. One address
// (an IPv6 network of 64 bits) has `connections_per_address` of them at most; that of a proxy
// (`trusted_proxies`, this machine) any number. Bodies are read of deliveries alone, up to the cap
// and no further. Room for one is kept before it is read (admission.h): of `bodies`, of which each
// client has a share, behind a proxy too. None is unpacked.
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
#include "src/api/admission.h"
#include "src/api/attempts.h"
#include "src/api/oidc.h"
#include "src/api/progress.h"
#include "src/api/request_parser.h"
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
  BodyLimits bodies;  // that are being received at a time
  HeadLimits head;
  PaceLimits pace;
  std::size_t threads = 16;          // of the API
  std::size_t waiting = 512;         // requests that none of them has yet
  std::size_t delivery_threads = 2;  // for deliveries of more than 64 KiB
  // Of a listener at a time; fewer where the process may not open as many files.
  std::size_t connections = 16384;
  std::size_t connections_per_address = 32;        // of the public listener; 0: any number
  absl::Duration stop_timeout = absl::Seconds(2);  // for the requests under way when it stops
  int backlog = 4096;
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
  // Takes no more connections and waits for the requests under way, `stop_timeout` at most.
  void Stop();

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace retainer
