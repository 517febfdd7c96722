// A whole desk wired together: store, forges, receivers, words, terms. `serve` and `demo` start it;
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

// The terms that a policy folder gives beside those that the store remembers.
struct PolicyState {
  absl::Status status;   // of the folder: OK, or why it was refused; the last good one stays
  std::string id;        // in force; empty: none
  bool changed = false;  // it was not in force before
  // What works in the folder's policy, though perhaps not as meant: one line each, as `check` has
  // it.
  std::vector<std::string> warnings = {};
};

class Service {
 public:
  // kStore: no forge and no sink can be asked or told anything, and no secret is needed.
  enum class Parts { kAll, kStore };

  // Takes the data folder into possession. FailedPrecondition, with the mend: another process has
  // it, it is of a newer version, a forge was renamed. PermissionDenied: another user's.
  // ResourceExhausted: no store can be made, for its disk is full.
  // REQUIRES: clock, log and metrics outlive the service.
  static absl::StatusOr<std::unique_ptr<Service>> Open(const Config& config, Clock& clock, Log& log,
                                                       Metrics& metrics, Parts parts = Parts::kAll);
  ~Service();

  // Reads the policy folder anew. A broken one changes nothing.
  PolicyState LoadPolicy() { return ReadPolicy()(); }
  // The same in two steps: reads, which may take long and touches nothing that is shared; what it
  // returns puts in force what was read.
  std::function<PolicyState()> ReadPolicy();

  // The policy versions that the store remembers, without a look at the folder: writes nothing.
  PolicyState LoadRecordedPolicy();

  Desk& desk() { return *desk_; }
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
  std::unique_ptr<Desk> desk_;
};

}  // namespace retainer::cli
