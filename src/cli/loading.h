// Loads configuration and policy from disk. Returns values, or errors that say how to fix them.
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

// kRead: secrets of the configuration are resolved. kLeft: they stay empty and need not exist, for
// a command that only asks the service or the store.
enum class Secrets { kRead, kLeft };

// InvalidArgument with every problem, one per line: `file:line:column: what; how to mend it`.
// Prints warnings on standard error.
absl::StatusOr<Config> LoadConfigFile(const std::string& path, Secrets secrets = Secrets::kRead);

// The findings as values, sorted. On failure the returned status has the same text as `problems`.
struct FileFindings {
  std::vector<policy::Problem> problems;
  std::vector<policy::Problem> warnings;
  // Of a configuration: the place that names the policy's folder.
  policy::Place policy;
  // Of a configuration: the store's folder, if it could be read.
  std::string data;
};
absl::StatusOr<Config> LoadConfigFile(const std::string& path, FileFindings* findings,
                                      Secrets secrets = Secrets::kRead);

struct LoadedPolicy {
  std::string id;  // policy version
  std::map<std::string, std::string> files;
  Policy policy;
  std::vector<policy::Problem> warnings;  // the policy works, but perhaps not as intended
  policy::PolicyPlaces places;
};

// InvalidArgument as above. NotFound when there is no such folder, or no policy in it.
absl::StatusOr<LoadedPolicy> LoadPolicyFolder(const std::string& folder);
absl::StatusOr<LoadedPolicy> LoadPolicyFolder(const std::string& folder, FileFindings* findings);
// The same for files that were read already. `folder` is put before their names in problems.
absl::StatusOr<LoadedPolicy> LoadPolicyFiles(std::map<std::string, std::string> files,
                                             const std::string& folder, FileFindings* findings);

// Compiles a policy's files to terms that were in force at all times. InvalidArgument as above.
absl::StatusOr<std::shared_ptr<const Terms>> CompileFiles(
    const std::map<std::string, std::string>& files);

// Compiles the terms that the store keeps. Skips a version that this program can no longer read,
// and logs an error.
TermsHistory CompileHistory(const std::vector<StoredTerms>& stored, Log& log);

}  // namespace retainer::cli
