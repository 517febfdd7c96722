// PolicyRepository: the policy of a git repository, as the service reads it.
//
// A commit is taken when its whole policy validates and it descends from the commit whose policy is
// in force. A branch that was rewritten is not taken until an operator accepts its commit.
//
// Thread-safe. Read does not touch the store, because it may outlast the service.
#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "retainer/config.h"
#include "retainer/store.h"
#include "src/cli/loading.h"
#include "src/git/mirror.h"

namespace retainer::cli {

// A commit's policy, or what is wrong with it.
struct PolicyReading {
  // OK: `policy` is set. Otherwise why it is not: what the repository lacks, that it cannot be
  // reached, or the problems of its files.
  absl::Status status;
  // The commit that was read; empty if none could be.
  TermsSource source;
  bool of_commit = false;  // `status` is a verdict on the commit, and not that it was not reached
  std::vector<policy::Problem> problems;
  std::optional<LoadedPolicy> policy;
  std::vector<std::string> skipped;  // places of the repository that were not followed
};

// The policy in force was that of the branch's commit at this instant.
struct CurrentPolicy {
  absl::Time at;
  std::string commit;
};

class PolicyRepository {
 public:
  // `data`: the service's data folder, in which the mirror is kept.
  PolicyRepository(const PolicyGitConfig& config, const std::string& data,
                   git::MirrorOptions options);

  // Fetches the branch, and reads the policy of its commit.
  PolicyReading Read();
  // The same for the commit of another ref, which need not descend from anything.
  PolicyReading ReadRef(const std::string& ref);

  // From now on commits must descend from this one; empty: from none.
  void SetInForce(const std::string& commit);
  // Lets Read take this commit although it does not descend from the one in force. A prefix of at
  // least 7 digits is enough.
  absl::Status Accept(const std::string& commit);

  // Saves that at `now` the policy in force was that of the branch.
  void SaveCurrent(absl::Time now);
  // When that was known last; nullopt if it never was.
  std::optional<CurrentPolicy> LoadCurrent() const;

  // Ends a Read in progress, and lets no other begin.
  void Stop() { mirror_.Stop(); }

 private:
  PolicyReading Judge(absl::StatusOr<git::Snapshot> snapshot) const;

  const PolicyGitConfig config_;
  const std::string folder_;
  git::Mirror mirror_;
  std::mutex mutex_;
  std::string in_force_;  // guarded by mutex_
  std::string accepted_;  // guarded by mutex_
};

// The limits of a fetch: those of the policy's files as for a plain folder.
git::MirrorOptions PolicyMirrorOptions();

// Reads the policy that the configuration names: its folder, or its repository as it is now.
// REQUIRES: the configuration's secrets were read.
absl::StatusOr<LoadedPolicy> LoadConfiguredPolicy(const Config& config,
                                                  TermsSource* source = nullptr);

}  // namespace retainer::cli
