#include "src/api/server.h"

#include <sys/resource.h>

#include <algorithm>
#include <memory>
#include <utility>

#include "src/api/client_address.h"
#include "src/api/front.h"
#include "src/api/listener.h"

namespace retainer::api {
namespace {

// Limits connections by the number of files that the process may open. The store, the forges and
// the control socket need some of them.
std::size_t Fitting(std::size_t connections) {
  constexpr rlim_t kOthers = 512;
  rlimit files{};
  if (getrlimit(RLIMIT_NOFILE, &files) != 0 || files.rlim_cur == RLIM_INFINITY) return connections;
  const rlim_t left = files.rlim_cur > 2 * kOthers ? files.rlim_cur - kOthers : files.rlim_cur / 2;
  return std::min<std::size_t>(connections, left);
}

ListenerOptions Bounds(const ApiOptions& options) {
  ListenerOptions bounds;
  bounds.head = options.head;
  bounds.bodies = options.bodies;
  bounds.pools.small = options.bodies.small;
  bounds.connections = Fitting(options.connections);
  bounds.pace = options.pace;
  bounds.stop_timeout = options.stop_timeout;
  bounds.backlog = options.backlog;
  bounds.pools.waiting = options.waiting;
  return bounds;
}

ListenerOptions ForEverybody(const ApiOptions& options) {
  // Each body is in memory several times while it is processed.
  constexpr std::size_t kLargeDeliveries = 2;
  ListenerOptions bounds = Bounds(options);
  bounds.per_address = options.connections_per_address;
  bounds.pools.handlers = options.threads;
  bounds.pools.deliveries = options.delivery_threads;
  bounds.pools.large_deliveries = kLargeDeliveries;
  return bounds;
}

ListenerOptions ForOperators(const ApiOptions& options) {
  ListenerOptions bounds = Bounds(options);
  bounds.pools.handlers = 2;
  return bounds;
}

PublicFront::Options FrontOptions(const ApiOptions& options) {
  return {options.max_body, options.attempts, options.oidc,
          options.routes,   options.pages,    options.similar};
}

}  // namespace

class ApiServer::Impl {
 public:
  Impl(pipeline::Desk& desk, Store& store, Clock& clock, Log& log, Metrics& metrics,
       std::function<std::string()> exposition, ApiOptions options)
      : options_(std::move(options)),
        proxies_(options_.trusted_proxies),
        everybodys_(desk, store, clock, log, metrics, proxies_, FrontOptions(options_)),
        operators_(desk, clock, log, metrics, proxies_, std::move(exposition),
                   options_.open_metrics),
        public_listener_(everybodys_, proxies_, ForEverybody(options_)),
        operators_listener_(operators_, proxies_, ForOperators(options_)) {}

  ~Impl() { Stop(); }

  absl::StatusOr<ApiPorts> Start() {
    auto first = public_listener_.Bind(options_.listen, "listen");
    if (!first.ok()) return first.status();
    auto second = operators_listener_.Bind(options_.metrics_listen, "metrics_listen");
    if (!second.ok()) return second.status();
    public_listener_.Start();
    operators_listener_.Start();
    return ApiPorts{*first, *second};
  }

  void Stop() {
    public_listener_.Stop();
    operators_listener_.Stop();
  }

 private:
  const ApiOptions options_;
  const TrustedProxies proxies_;
  PublicFront everybodys_;
  OperatorsFront operators_;
  Listener public_listener_;
  Listener operators_listener_;
};

ApiServer::ApiServer(pipeline::Desk& desk, Store& store, Clock& clock, Log& log, Metrics& metrics,
                     std::function<std::string()> exposition, ApiOptions options)
    : impl_(std::make_unique<Impl>(desk, store, clock, log, metrics, std::move(exposition),
                                   std::move(options))) {}
ApiServer::~ApiServer() = default;

absl::StatusOr<ApiPorts> ApiServer::Start() { return impl_->Start(); }
void ApiServer::Stop() { impl_->Stop(); }

}  // namespace retainer::api
