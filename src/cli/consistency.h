// Whether a policy and a configuration speak of the same things.
#pragma once

#include <string>
#include <vector>

#include "retainer/config.h"
#include "retainer/policy.h"

namespace retainer::cli {

struct Disagreements {
  std::vector<std::string> wrong;     // each with the mend
  std::vector<std::string> warnings;  // what works, though perhaps not as meant
};

// A team's sink that the configuration lacks, a forge that it lacks.
Disagreements Compare(const Policy& policy, const Config& config);
// What of it the configuration says alone.
std::vector<std::string> WarningsOf(const Config& config);
// Its sinks that nothing can be sent by, each with the mend.
std::vector<std::string> WrongSinks(const Config& config);

}  // namespace retainer::cli
