// Checks that a policy and a configuration agree.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "retainer/config.h"
#include "retainer/policy.h"
#include "src/policy/policy_parser.h"
#include "src/policy/problem.h"

namespace retainer::cli {

struct Disagreements {
  std::vector<std::string> wrong;     // each with the remedy
  std::vector<std::string> warnings;  // works, but perhaps not as intended
};

// The sinks and forges that the policy uses and the configuration lacks, each at its place if
// `places` has it.
std::vector<policy::Problem> Lacking(const Policy& policy, const Config& config,
                                     const policy::PolicyPlaces& places);
// The same as texts, and the warnings of WarningsOf.
Disagreements Compare(const Policy& policy, const Config& config);
// The warnings that need only the configuration.
std::vector<std::string> WarningsOf(const Config& config);
// Customers whose term had ended at `now`.
std::vector<policy::Problem> EndedTerms(const Policy& policy, const policy::PolicyPlaces& places,
                                        absl::Time now);
// What time alone makes doubtful: EndedTerms, and holidays that are all past.
std::vector<policy::Problem> OutOfDate(const Policy& policy, const policy::PolicyPlaces& places,
                                       absl::Time now);
// The problem, at `place`, when the configuration's policy folder does not exist; nullopt when it
// does.
std::optional<policy::Problem> MissingPolicyFolder(const Config& config,
                                                   const policy::Place& place);
// Sinks of the configuration that cannot send anything, each with the remedy.
std::vector<std::string> WrongSinks(const Config& config);

}  // namespace retainer::cli
