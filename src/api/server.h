// The HTTP server: webhook routes, the REST API, health and metrics.
//
// It has two listeners. The public one serves POST /webhooks/{forge}, the routes of routes.h, the
// pages (src/pages), /healthz, and /readyz without details. The other one, for operators and
// scrapers, serves /metrics, /healthz, and /readyz with details.
//
// Errors are problem details (RFC 9457). Every answer has an X-Request-Id, the client's if it sent
// a valid one. Answers that change only with the time of the request have an entity tag, and a
// client that has the tag gets 304. Texts are compressed (gzip) if the client accepts it. An
// address that fails to authenticate too often gets 429 instead of 401 for a while; a valid token
// is always answered, whatever other clients at its address do. No internal text, secret or body
// appears in an answer or a log.
//
// Each listener has an event loop (listener.h): a connection uses no thread, however long it stays
// and however slowly it sends. Pools of threads answer: one for the API with a bounded queue (503
// when it is full), one for deliveries, a small one for large deliveries, one for operators. A
// client that sends nothing, or too slowly, is disconnected (progress.h). At the limit
// `connections`, idle connections are closed first, then slow ones. One address (an IPv6 network of
// 64 bits) may have `connections_per_address` of them; a proxy (`trusted_proxies`, or this machine)
// has no limit. Only deliveries may have a body, up to `max_body`; forms of pages and posts to the
// API may have a short one. Memory for a body is reserved before it is read (admission.h), out of
// `bodies`, of which each client has a share, also behind a proxy. Bodies are never decompressed.
//
// One thread calls Start and Stop. All arguments must outlive the server.
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
#include "src/pages/page_front.h"
#include "src/pipeline/desk.h"

namespace retainer::api {

struct ApiOptions {
  HostPort listen;
  HostPort metrics_listen{"127.0.0.1", 9090};
  // Addresses whose X-Forwarded-For is believed, in the log and for failed attempts, and whose
  // connections are not limited (client_address.h).
  std::vector<std::string> trusted_proxies;
  std::size_t max_body = 25 * 1024 * 1024;
  BodyLimits bodies;  // limits for bodies in progress
  HeadLimits head;
  PaceLimits pace;
  std::size_t threads = 16;          // of the API
  std::size_t waiting = 512;         // requests that wait for a thread
  std::size_t delivery_threads = 2;  // for deliveries of more than 64 KiB
  // Per listener; fewer if the process may not open as many files.
  std::size_t connections = 16384;
  // On the public listener; 0: no limit.
  std::size_t connections_per_address = 32;
  // How long Stop waits for requests in progress.
  absl::Duration stop_timeout = absl::Seconds(2);
  int backlog = 4096;
  AttemptLimits attempts;
  OidcVerifier* oidc = nullptr;  // verifies tokens of CI jobs; nullptr: none are accepted
  ApiRouteOptions routes;
  const pages::Pages* pages = nullptr;  // nullptr: there are none
  similar::Similar* similar = nullptr;  // nullptr: nothing is searched
  // Renders the metrics in OpenMetrics' text format; null: there is only Prometheus'.
  std::function<std::string()> open_metrics = nullptr;
};

struct ApiPorts {
  int listen = 0;
  int metrics_listen = 0;
};

class ApiServer {
 public:
  // `exposition` renders the metrics in Prometheus' text format.
  ApiServer(pipeline::Desk& desk, Store& store, Clock& clock, Log& log, Metrics& metrics,
            std::function<std::string()> exposition, ApiOptions options);
  // Stops.
  ~ApiServer();
  ApiServer(const ApiServer&) = delete;
  ApiServer& operator=(const ApiServer&) = delete;

  // Binds both addresses and serves. Unavailable, with the address and the remedy, when one cannot
  // be bound.
  absl::StatusOr<ApiPorts> Start();
  // Accepts no more connections and waits for requests in progress, at most `stop_timeout`.
  void Stop();

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace retainer::api
