// A running desk: the service, its HTTP server and its control socket, started and stopped in
// order.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "retainer/clock.h"
#include "retainer/config.h"
#include "retainer/log.h"
#include "src/api/oidc.h"
#include "src/api/prometheus_metrics.h"
#include "src/api/server.h"
#include "src/cli/control_socket.h"
#include "src/cli/operations.h"
#include "src/cli/reloader.h"
#include "src/cli/service.h"

namespace retainer::cli {

class Running {
 public:
  // Errors as Service::Open; Unavailable when an address cannot be listened on. A policy that is
  // missing or broken is no error: deliveries are stored and wait for a good one.
  static absl::StatusOr<std::unique_ptr<Running>> Start(const Config& config, Clock& clock,
                                                        Log& log);
  ~Running();

  // Has the policy read anew, and does not wait for it.
  void Reload() { reloader_->Ask(); }
  // Takes no more requests, works off what it can within some seconds, closes the store. A request
  // or a forge's call under way can hold it up; StopWithin bounds that.
  void Stop();
  // Stop, and where that takes longer than `patience` the end of the process, with exit code 0:
  // whatever was acknowledged is on disk, and the next start goes on from there.
  void StopWithin(absl::Duration patience);

  Service& service() { return *service_; }
  std::string url() const;
  std::string metrics_url() const;

 private:
  Running(const Config& config, Log& log) : config_(config), log_(log) {}
  // One line in the log, a figure and the details of /readyz for what came of reading the policy;
  // its warnings too. One thread at a time.
  void Report(const PolicyState& state);

  const Config config_;
  Log& log_;
  PrometheusMetrics metrics_;
  std::unique_ptr<Service> service_;
  std::unique_ptr<Operations> operations_;
  std::unique_ptr<ControlServer> control_;
  std::unique_ptr<OidcVerifier> oidc_;
  std::unique_ptr<ApiServer> api_;
  ApiPorts ports_;
  std::string warned_;    // the version whose warnings stand in the log
  bool reading_ = false;  // the policy, when it was stopped
  std::unique_ptr<Reloader> reloader_;
};

// SIGTERM, SIGINT and SIGHUP wait for WaitForSignal in every thread started from now on.
void BlockSignals();
int WaitForSignal();
// Nullopt: none came within `patience` (real time).
std::optional<int> WaitForSignal(absl::Duration patience);

}  // namespace retainer::cli
