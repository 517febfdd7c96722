// Thirteen weeks of a support desk's work for the demo: thirty customers, nine hundred tickets, two
// teams. Made up the same way each time, and decided by the real judge on a clock of its own.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "retainer/config.h"
#include "retainer/ids.h"
#include "retainer/log.h"

namespace retainer::cli {

// Files to add to the demo's policy: name -> text. Their terms include `now` and the quarter
// before.
std::map<std::string, std::string> QuarterPolicyFiles(absl::Time now);

// The projects of the quarter's tickets. The forge must have them, without tickets of its own.
std::vector<ProjectRef> QuarterProjects();

// Plays the quarter that ends at `now` into the configuration's empty data folder. `keys`: of
// QuarterProjects, in the same order. All customers are private, so that no forge has anything to
// show. Errors: those of Service::Open and of the store.
absl::Status PlayQuarter(const Config& config, const std::vector<ProjectKey>& keys, absl::Time now,
                         Log& log);

}  // namespace retainer::cli
