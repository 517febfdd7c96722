// PolicyChecks: says on the forge what commits of the policy's repository are worth: a commit
// status on the commits of the branch, and the check of proposed changes. Both are called
// retainer/policy.
//
// It has a thread of its own, so neither reading the policy nor the end of the service waits for
// the forge. What could not be said is said later, with back-off. A commit is told once: what was
// said of which commit is kept in a file beside the mirror.
//
// Thread-safe. It may outlast the desk and the store, which are used only until Stop returns.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <thread>

#include "absl/time/time.h"
#include "retainer/clock.h"
#include "retainer/forge.h"
#include "retainer/log.h"
#include "retainer/store.h"
#include "src/cli/policy_check_text.h"
#include "src/cli/policy_project.h"
#include "src/cli/policy_repository.h"
#include "src/cli/service.h"
#include "src/pipeline/desk.h"

namespace retainer::cli {

class PolicyChecks {
 public:
  // So many commits and proposed changes wait at most. When there are more, the oldest are dropped.
  static constexpr std::size_t kMostWaiting = 100;
  // So long is the impact of a proposed change computed at most, in real time.
  static constexpr absl::Duration kLongestImpact = absl::Minutes(2);
  // So often is one thing tried.
  static constexpr int kMostTries = 12;

  // `told`: the file that keeps what was said. `clock` and `log` must outlive this object.
  PolicyChecks(PolicyProject project, std::shared_ptr<Forge> forge,
               std::shared_ptr<PolicyRepository> repository, pipeline::Desk& desk, Store& store,
               Clock& clock, Log& log, std::string told);
  // Waits for a call of the forge in progress.
  ~PolicyChecks();
  PolicyChecks(const PolicyChecks&) = delete;
  PolicyChecks& operator=(const PolicyChecks&) = delete;

  // A commit of the branch was read.
  void Tell(const PolicyVerdict& verdict);
  // A change is open, and may have new commits. `head`: the last one, as far as is known.
  void Propose(std::int64_t number, const std::string& head);

  // After this, desk and store are not used. False if a call of the forge is still in progress.
  bool Stop();

 private:
  // Work::proposed of the task to find the changes that are open at the start.
  static constexpr std::int64_t kAllOpen = -1;
  // What waits to be said, or read and then said.
  struct Work {
    std::int64_t proposed = 0;  // number of a change; 0: a commit of the branch; or kAllOpen
    std::string project_id;     // the forge's id of the project, when it was asked
    std::string head;           // see Propose
    std::string commit;
    std::optional<PolicyCheckText> text;  // nullopt: the change is not read yet
    int tries = 0;
    absl::Time not_before = absl::InfinitePast();  // (Steady)
  };

  void Run();
  void Add(Work work);
  // Does what can be done. Returns false if it is to be tried again; `wait`: not earlier.
  bool Do(Work* work, absl::Duration* wait);
  // Proposals that came or changed while the service was down.
  absl::Status ProposeAllOpen();
  // Reads the proposed change and makes the text.
  absl::Status Read(Work* work);
  absl::StatusOr<Impact> FindImpact(const Terms& proposed, Audience audience);
  absl::Status Say(const Work& work);
  absl::Status SayInComment(const RemoteTicket& at, const PolicyCheckText& text);
  // True while desk and store may be used. Each true is followed by one Leave.
  bool Enter();
  void Leave();
  // What was said of a commit last: a digest.
  void LoadTold();
  void SaveTold(const std::string& key, const std::string& digest);

  const PolicyProject project_;
  const std::shared_ptr<Forge> forge_;
  const std::shared_ptr<PolicyRepository> repository_;
  pipeline::Desk& desk_;
  Store& store_;
  Clock& clock_;
  Log& log_;
  const std::string told_file_;
  std::deque<std::pair<std::string, std::string>> told_;  // only for the thread; the latest last
  std::set<std::string> given_up_;                        // the same; not saved
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Work> waiting_;  // guarded by mutex_
  bool stopping_ = false;     // guarded by mutex_
  bool inside_ = false;       // guarded by mutex_: the desk is being used
  bool ended_ = false;        // guarded by mutex_
  std::thread thread_;
};

}  // namespace retainer::cli
