// What commands report about projects: those that the policy covers under an old name or not at
// all, those that are being read back, and those whose deliveries were refused.
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

// For `doctor`: errors, and warnings about what works but perhaps not as intended. Each has its
// remedy.
struct ProjectFindings {
  std::vector<std::string> wrong;
  std::vector<std::string> warnings;
};
absl::StatusOr<ProjectFindings> LookAtProjects(const pipeline::Desk& desk, Store& store);

// Known projects that `policy` (not yet loaded) names only by an old name, or no longer covers
// although the policy in force does. Each has its remedy.
absl::StatusOr<std::vector<std::string>> CompareProjects(const pipeline::Desk& desk, Store& store,
                                                         const Policy& policy);

// The deliveries of projects that no pattern covers, as lines and as JSON.
absl::Status ListHeld(const pipeline::Desk& desk, Store& store, std::string* text,
                      nlohmann::ordered_json* list);

// The state of reading back: `left` projects, tickets `read`, `trouble`, and when to ask again.
// `drive`: also does the next steps itself, because no service runs.
absl::StatusOr<nlohmann::ordered_json> ReadBackState(pipeline::Desk& desk, Store& store,
                                                     Clock& clock, bool drive);

}  // namespace retainer::cli
