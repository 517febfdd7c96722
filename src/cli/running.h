// A running desk: the service, its HTTP server and its control socket, started and stopped in
// order.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "retainer/clock.h"
#include "retainer/config.h"
#include "retainer/log.h"
#include "retainer/sign_in.h"
#include "src/api/oidc.h"
#include "src/api/prometheus_metrics.h"
#include "src/api/server.h"
#include "src/cli/control_socket.h"
#include "src/cli/operations.h"
#include "src/cli/policy_checks.h"
#include "src/cli/reloader.h"
#include "src/cli/service.h"
#include "src/cli/weekly_watch.h"
#include "src/pages/page_front.h"

namespace retainer::cli {

class Running {
 public:
  // Errors as Service::Open; Unavailable when an address cannot be listened on. A missing or broken
  // policy is not an error: deliveries are stored and wait for a valid one.
  // `after_read`: called after each time that the policy was read, in the thread that read it.
  // `read_config`: reads the configuration again when a reload is requested, for its sinks; null:
  // they stay.
  using ReadConfig = std::function<absl::StatusOr<Config>()>;
  static absl::StatusOr<std::unique_ptr<Running>> Start(const Config& config, Clock& clock,
                                                        Log& log,
                                                        std::function<void()> after_read = nullptr,
                                                        ReadConfig read_config = nullptr);
  ~Running();

  // Requests that the policy and the sinks are read again, and does not wait.
  void Reload();
  // Accepts no more requests, finishes what it can within some seconds, and closes the store. A
  // request or a call to a forge in progress can delay it; StopWithin has a time limit.
  void Stop();
  // As Stop, but when that takes longer than `patience` it ends the process with exit code 0.
  // Everything that was acknowledged is on disk, and the next start continues from there.
  void StopWithin(absl::Duration patience);

  // Asks the service from outside: whether its listener answers and the desk says how it is,
  // whatever it says. Blocks while one of them is stuck.
  bool Answers();

  Service& service() { return *service_; }
  std::string url() const;
  std::string metrics_url() const;

 private:
  Running(const Config& config, Clock& clock, Log& log)
      : config_(config), clock_(clock), log_(log) {}
  // Makes `checks_`, and has deliveries of the policy's repository read it.
  void WatchPolicyProject(Clock& clock);
  // There are pages if the configuration has a public_url. Nobody can sign in with a forge unless
  // it has sign_in.
  absl::Status MakePages(Clock& clock);
  // Takes the sinks of the configuration, if a reload was requested.
  void TakeSinks(PolicyState* state);
  // Reports the result of reading the policy: one line in the log, a metric, the details of
  // /readyz, and the policy's warnings. For one thread at a time.
  void Report(const PolicyState& state);

  Config config_;  // `sinks` are those in use, for the thread that reads the policy
  ReadConfig read_config_;
  std::atomic<bool> sinks_asked_ = false;
  Clock& clock_;
  Log& log_;
  api::PrometheusMetrics metrics_;
  std::unique_ptr<Service> service_;
  std::unique_ptr<WeeklyWatch> weekly_;
  std::unique_ptr<Operations> operations_;
  std::unique_ptr<ControlServer> control_;
  std::unique_ptr<api::OidcVerifier> oidc_;
  std::vector<std::unique_ptr<SignIn>> sign_ins_;
  std::unique_ptr<pages::Pages> pages_;
  std::unique_ptr<api::ApiServer> api_;
  api::ApiPorts ports_;
  // Only for Report: what it logged last, and when (Steady).
  std::string reported_;
  std::string reported_problem_;
  absl::Time reported_at_ = absl::InfinitePast();
  std::string warned_;                    // the version whose warnings were logged
  bool reading_ = false;                  // a read was in progress at the stop
  bool telling_ = false;                  // the forge was being told about the policy at the stop
  std::unique_ptr<PolicyChecks> checks_;  // null: the policy's repository is on none of our forges
  std::unique_ptr<Reloader> reloader_;
};

// Makes SIGTERM, SIGINT and SIGHUP wait for WaitForSignal in every thread that starts from now on.
void BlockSignals();
int WaitForSignal();
// Nullopt: no signal came within `patience` (real time).
std::optional<int> WaitForSignal(absl::Duration patience);

}  // namespace retainer::cli
