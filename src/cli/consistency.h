// Whether a policy and a configuration speak of the same things.
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
  std::vector<std::string> wrong;     // each with the mend
  std::vector<std::string> warnings;  // what works, though perhaps not as meant
};

// A team's sink that the configuration lacks, a forge that it lacks: each at its place, where
// `places` knows it.
std::vector<Problem> Lacking(const Policy& policy, const Config& config,
                             const PolicyPlaces& places);
// The same as texts, and WarningsOf.
Disagreements Compare(const Policy& policy, const Config& config);
// What of it the configuration says alone.
std::vector<std::string> WarningsOf(const Config& config);
// Customers whose term was over at `now`.
std::vector<Problem> EndedTerms(const Policy& policy, const PolicyPlaces& places, absl::Time now);
// A configuration whose policy folder is not there: what is wrong, at `place`. nullopt where it is.
std::optional<Problem> MissingPolicyFolder(const Config& config, const Place& place);
// Its sinks that nothing can be sent by, each with the mend.
std::vector<std::string> WrongSinks(const Config& config);

}  // namespace retainer::cli
