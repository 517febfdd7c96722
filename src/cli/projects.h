// What commands tell of projects: those that the policy covers under an old name or not at all,
// those that are read back, and whose deliveries were refused.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "retainer/clock.h"
#include "retainer/store.h"
#include "src/pipeline/desk.h"

namespace retainer::cli {

// For `doctor`: what is wrong, and what works though perhaps not as meant; each with the mend.
struct ProjectFindings {
  std::vector<std::string> wrong;
  std::vector<std::string> warnings;
};
absl::StatusOr<ProjectFindings> LookAtProjects(const Desk& desk, Store& store);

// Known projects that `policy`, as it would be loaded, names by an old name alone, or that it
// covers no more and the policy in force does: each with the mend.
absl::StatusOr<std::vector<std::string>> CompareProjects(const Desk& desk, Store& store,
                                                         const Policy& policy);

// Deliveries of projects that no pattern covers, as lines and as JSON.
absl::Status ListHeld(const Desk& desk, Store& store, std::string* text,
                      nlohmann::ordered_json* list);

// One look at what is read back: `left` projects, tickets `read`, `trouble`, when to look again.
// `drive`: does the next steps itself, because no service runs.
absl::StatusOr<nlohmann::ordered_json> ReadBackState(Desk& desk, Store& store, Clock& clock,
                                                     bool drive);

}  // namespace retainer::cli
