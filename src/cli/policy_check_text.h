// The words of the check on a commit of the policy's repository. Pure.
#pragma once

#include <optional>
#include <string>

#include "retainer/impact.h"
#include "retainer/policy.h"
#include "retainer/policy_changes.h"
#include "src/cli/policy_repository.h"

namespace retainer::cli {

struct PolicyCheckText {
  bool good = false;
  std::string title;    // one line of plain text
  std::string summary;  // Markdown; at most 60,000 bytes
};

// What is wrong with a commit in one line: the first problem with file, line and mend. Anybody may
// read it: of a problem that names a private customer of `in_force` (null: no policy is), only the
// place is said. REQUIRES: `reading.status` is an error.
std::string WrongInOneLine(const PolicyReading& reading, const Policy* in_force);

// The check of a proposed policy. `in_force`: as it was written; null: none. `impact`: nullopt if
// it was not computed, for the reason `no_impact`. For outsiders it says nothing that depends on
// private customers' tickets, not even how much that is.
PolicyCheckText ProposalText(const PolicyReading& reading, const Terms* in_force,
                             std::optional<Impact> impact, const std::string& no_impact,
                             Audience audience);

}  // namespace retainer::cli
