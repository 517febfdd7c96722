// A whole desk, with store, forges, receivers, renderer and terms. `serve` and `demo` start it;
// other commands open it, ask, and close it.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "retainer/clock.h"
#include "retainer/config.h"
#include "retainer/face.h"
#include "retainer/forge.h"
#include "retainer/log.h"
#include "retainer/metrics.h"
#include "retainer/notice_sink.h"
#include "retainer/store.h"
#include "retainer/webhook.h"
#include "src/pipeline/desk.h"

namespace retainer::cli {

// The terms from the policy folder, together with those that the store keeps.
struct PolicyState {
  // The folder's status: OK, or the reason why it was refused. Then the last valid policy stays.
  absl::Status status;
  std::string id;        // version in force; empty: none
  bool changed = false;  // true: it was not in force before
  // Warnings about the folder's policy: what works, but perhaps not as intended. One line each, as
  // in `check`.
  std::vector<std::string> warnings = {};
};

class Service {
 public:
  // kStore: forges and sinks are not set up and cannot be called, and no secret is needed.
  enum class Parts { kAll, kStore };

  // Takes ownership of the data folder. FailedPrecondition, with the remedy: another process owns
  // it, a newer version wrote it, or a forge was renamed. PermissionDenied: another user owns it.
  // ResourceExhausted: the store cannot be created because its disk is full.
  // REQUIRES: clock, log and metrics outlive the service.
  static absl::StatusOr<std::unique_ptr<Service>> Open(const Config& config, Clock& clock, Log& log,
                                                       Metrics& metrics, Parts parts = Parts::kAll);
  ~Service();

  // Reads the policy folder again. A broken policy changes nothing.
  PolicyState LoadPolicy() { return ReadPolicy()(); }
  // The same in two steps. This reads, which may take long and touches nothing that is shared. The
  // function that it returns puts the policy in force.
  std::function<PolicyState()> ReadPolicy();

  // Loads the policy versions that the store keeps, without reading the folder. Writes nothing.
  PolicyState LoadRecordedPolicy();

  pipeline::Desk& desk() { return *desk_; }
  Store& store() { return *store_; }
  const Config& config() const { return config_; }
  const std::vector<std::unique_ptr<Forge>>& forges() const { return forges_; }

 private:
  Service(const Config& config, Clock& clock, Log& log)
      : config_(config), clock_(clock), log_(log) {}

  const Config config_;
  Clock& clock_;
  Log& log_;
  std::unique_ptr<Store> store_;
  std::unique_ptr<Renderer> renderer_;
  std::vector<std::unique_ptr<WebhookReceiver>> receivers_;
  std::vector<std::unique_ptr<Forge>> forges_;
  std::vector<std::unique_ptr<NoticeSink>> sinks_;
  std::unique_ptr<pipeline::Desk> desk_;
};

}  // namespace retainer::cli
