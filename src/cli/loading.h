// Configuration and policy from disk, as values or as errors that a person can act on.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "retainer/config.h"
#include "retainer/log.h"
#include "retainer/policy.h"
#include "retainer/store.h"
#include "src/policy/policy_parser.h"
#include "src/policy/problem.h"

namespace retainer::cli {

// Are the secrets of a configuration looked up? kLeft: they stay empty, for who only asks the
// service or the store, and need not be there.
enum class Secrets { kRead, kLeft };

// InvalidArgument holds every problem, one a line: `file:line:column: what; how to mend it`.
// Warnings go to standard error.
absl::StatusOr<Config> LoadConfigFile(const std::string& path, Secrets secrets = Secrets::kRead);

// The same as values, sorted: the status of what was not read holds what `problems` does.
struct FileFindings {
  std::vector<Problem> problems;
  std::vector<Problem> warnings;
  Place policy;      // of a configuration: where the policy's folder is named
  std::string data;  // of a configuration: the store's folder, where it could be read
};
absl::StatusOr<Config> LoadConfigFile(const std::string& path, FileFindings* findings,
                                      Secrets secrets = Secrets::kRead);

struct LoadedPolicy {
  std::string id;  // the policy version
  std::map<std::string, std::string> files;
  Policy policy;
  std::vector<Problem> warnings;  // what works, though perhaps not as meant
  PolicyPlaces places;
};

// InvalidArgument as above; NotFound where the folder is not there or holds no policy.
absl::StatusOr<LoadedPolicy> LoadPolicyFolder(const std::string& folder);
absl::StatusOr<LoadedPolicy> LoadPolicyFolder(const std::string& folder, FileFindings* findings);

// A policy's files as terms that always were in force. InvalidArgument as above.
absl::StatusOr<std::shared_ptr<const Terms>> CompileFiles(
    const std::map<std::string, std::string>& files);

// The terms that the store remembers, compiled. A version that this program can no longer read is
// passed over with an error in the log.
TermsHistory CompileHistory(const std::vector<StoredTerms>& stored, Log& log);

}  // namespace retainer::cli
