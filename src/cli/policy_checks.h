// PolicyChecks: says on the forge what commits of the policy's repository are worth: a commit
// status on the commits of the branch, and the check of proposed changes. Both are called
// retainer/policy.
//
// It has a thread of its own, so neither reading the policy nor the end of the service waits for
// the forge. What could not be said is said later, with back-off. A commit is told once: what was
// said of which commit is kept in a file beside the mirror.
//
// Anybody who can read a public repository may propose a change to it, with any content. So a
// proposal is told only what outsiders may know, and nothing that depends on private customers'
// tickets, unless members alone read the repository and the proposal's author may write to it.
//
// Thread-safe. It may outlast the desk and the store, which are used only until Stop returns.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "absl/time/time.h"
#include "retainer/clock.h"
#include "retainer/forge.h"
#include "retainer/log.h"
#include "retainer/store.h"
#include "src/cli/policy_check_text.h"
#include "src/cli/policy_project.h"
#include "src/cli/policy_queue.h"
#include "src/cli/policy_repository.h"
#include "src/cli/service.h"
#include "src/pipeline/desk.h"

namespace retainer::cli {

class PolicyChecks {
 public:
  // So long is the impact of a proposed change computed at most: for people who may write to the
  // repository, and for others.
  static constexpr absl::Duration kLongestImpact = absl::Minutes(2);
  static constexpr absl::Duration kLongestForOthers = absl::Seconds(30);
  // When a proposal found no room, the forge's list is read again after so long.
  static constexpr absl::Duration kLookAgain = absl::Hours(1);
  // So often is one thing tried.
  static constexpr int kMostTries = 12;

  // Reads the policy of a ref of the repository.
  using ReadRef = std::function<PolicyReading(const std::string& ref)>;

  // `told`: the file that keeps what was said. `clock` and `log` must outlive this object.
  PolicyChecks(PolicyProject project, std::shared_ptr<Forge> forge, ReadRef read_ref,
               pipeline::Desk& desk, Store& store, Clock& clock, Log& log, std::string told);
  // Waits for a call of the forge in progress.
  ~PolicyChecks();
  PolicyChecks(const PolicyChecks&) = delete;
  PolicyChecks& operator=(const PolicyChecks&) = delete;

  // A commit of the branch was read.
  void Tell(const PolicyVerdict& verdict);
  // A change is open, and may have new commits. `author`: the id of the account that made it, empty
  // if it is unknown. `head`: the last commit, as far as is known.
  void Propose(std::int64_t number, const std::string& author, const std::string& head);

  // After this, desk and store are not used. False if a call of the forge is still in progress.
  bool Stop();

 private:
  using Work = PolicyWork;

  void Run();
  void Add(Work work);
  // Does what can be done. Returns false if it is to be tried again; `wait`: not earlier.
  bool Do(Work* work, absl::Duration* wait);
  // Proposals that came or changed while the service was down.
  absl::Status ProposeAllOpen();
  // Reads the proposed change and makes the text.
  absl::Status Read(Work* work);
  // Who may know what is said on a proposal, as the forge says now.
  absl::StatusOr<Audience> AudienceOf(const Work& work, const ProjectInfo& project);
  // Errors: Cancelled when the service ends; DeadlineExceeded; the store's.
  absl::StatusOr<Impact> FindImpact(const Terms& proposed, Audience audience);
  absl::Status Say(const Work& work);
  absl::Status SayInComment(const RemoteTicket& at, const PolicyCheckText& text);
  // True while desk and store may be used. Each true is followed by one Leave.
  bool Enter();
  void Leave();
  void LoadTold();
  void SaveTold(const std::string& key, const std::string& digest);

  const PolicyProject project_;
  const std::shared_ptr<Forge> forge_;
  const ReadRef read_ref_;
  pipeline::Desk& desk_;
  Store& store_;
  Clock& clock_;
  Log& log_;
  const std::string told_file_;
  // Only for the thread. What was said of a commit last (key, digest), the latest last; and what
  // the forge refused, which is not saved.
  std::deque<std::pair<std::string, std::string>> told_;
  std::deque<std::pair<std::string, std::string>> given_up_;
  std::mutex mutex_;
  std::condition_variable changed_;
  PolicyQueue waiting_;    // guarded by mutex_
  bool stopping_ = false;  // guarded by mutex_
  bool inside_ = false;    // guarded by mutex_: the desk is being used
  bool ended_ = false;     // guarded by mutex_
  std::thread thread_;
};

}  // namespace retainer::cli
