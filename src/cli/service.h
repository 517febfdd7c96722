// A whole desk, with store, forges, receivers, renderer and terms. `serve` and `demo` start it;
// other commands open it, ask, and close it.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
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
#include "src/base/trace.h"
#include "src/cli/policy_project.h"
#include "src/cli/policy_repository.h"
#include "src/pipeline/desk.h"
#include "src/pipeline/feedback_links.h"
#include "src/similar/similar.h"
#include "src/store/disk_store.h"

namespace retainer::cli {

// What a commit of the policy's repository is worth.
struct PolicyVerdict {
  std::string commit;
  bool good = false;
  std::string words;  // one line, which anybody may read
};

// The terms from the policy's folder or repository, together with those that the store keeps.
struct PolicyState {
  // OK, or the reason why what was read was refused. Then the last valid policy stays.
  absl::Status status;
  std::string id;        // version in force; empty: none
  bool changed = false;  // true: it was not in force before
  // Warnings about the folder's policy: what works, but perhaps not as intended. One line each, as
  // in `check`.
  std::vector<std::string> warnings = {};
  std::string commit = {};  // of the version in force; empty: it came from a plain folder
  // Only for a policy in git: when the policy in force was last known to be that of the repository.
  std::optional<absl::Time> current = std::nullopt;
  // Of the commit that was read. Nullopt: none could be, or nothing was fetched.
  std::optional<PolicyVerdict> verdict = std::nullopt;
  // Why the configuration's sinks were not taken, so that the earlier ones stay; OK if they were,
  // or if the configuration was not read.
  absl::Status sinks = absl::OkStatus();
  std::vector<std::string> sink_changes = {};  // in words, one for each sink
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

  // Reads the policy folder again. A broken policy changes nothing. A policy in git is not fetched:
  // the recorded one is loaded.
  PolicyState LoadPolicy() { return repository_ ? LoadRecordedPolicy() : ReadPolicy()(); }
  // The same in two steps. This reads, which may take long and touches nothing that is shared. The
  // function that it returns puts the policy in force.
  std::function<PolicyState()> ReadPolicy();
  // The same for a policy that was read already.
  PolicyState TakePolicy(const PolicyReading& reading);

  // Loads the policy versions that the store keeps, without reading the folder. Writes nothing.
  PolicyState LoadRecordedPolicy();

  // Takes the policy versions that the store keeps into the desk again, after they were changed.
  absl::Status ReadTermsAgain() { return ReadRecordedTerms().status; }

  // The repository of a policy in git; null for a plain folder. It may outlast the service.
  const std::shared_ptr<PolicyRepository>& repository() const { return repository_; }

  // Replaces the sinks by those of a configuration, and says what changed, in words.
  // InvalidArgument: one of them cannot send a notice; then all stay as they are. Not thread-safe.
  absl::StatusOr<std::vector<std::string>> TakeSinks(
      const std::map<std::string, SinkConfig>& sinks);

  pipeline::Desk& desk() { return *desk_; }
  store::DiskStore& store() { return *store_; }
  similar::Similar& similar() { return *similar_; }
  // Nullopt without a public_url: there are no pages then.
  const std::optional<pipeline::FeedbackLinks>& feedback_links() const { return feedback_links_; }
  const Config& config() const { return config_; }
  // They may outlast the service.
  const std::vector<std::shared_ptr<Forge>>& forges() const { return forges_; }
  // The project of a forge in which the policy's repository lies; nullopt: none.
  const std::optional<PolicyProject>& policy_project() const { return policy_project_; }
  // Calls `listener` with what deliveries say about the policy's repository, when they are on disk,
  // from any thread. Call it before deliveries are accepted. `listener` must not wait.
  void ListenForPolicyNews(std::function<void(const PolicyNews&)> listener) {
    policy_news_ = std::move(listener);
  }

 private:
  Service(const Config& config, Clock& clock, Log& log)
      : config_(config), sink_configs_(config.sinks), clock_(clock), log_(log) {}
  // Loads the terms that the store keeps.
  PolicyState ReadRecordedTerms();
  // What to do when the delivery is on disk; null: nothing.
  std::function<void()> LookAt(const Delivery& delivery);

  const Config config_;
  std::map<std::string, SinkConfig> sink_configs_;  // of the sinks in use
  Clock& clock_;
  Log& log_;
  std::unique_ptr<store::DiskStore> store_;
  std::optional<pipeline::FeedbackLinks> feedback_links_;
  std::shared_ptr<PolicyRepository> repository_;
  std::unique_ptr<Renderer> renderer_;
  std::vector<std::unique_ptr<WebhookReceiver>> receivers_;
  std::vector<std::shared_ptr<Forge>> forges_;
  std::optional<PolicyProject> policy_project_;
  std::function<void(const PolicyNews&)> policy_news_;
  std::vector<std::unique_ptr<NoticeSink>> sinks_;
  std::unique_ptr<base::Tracer> tracer_;  // null: nothing is traced
  std::unique_ptr<pipeline::Desk> desk_;
  std::unique_ptr<similar::Similar> similar_;
};

}  // namespace retainer::cli
