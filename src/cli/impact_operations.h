// The request for the impact of a changed policy.
#pragma once

#include <memory>
#include <mutex>
#include <nlohmann/json.hpp>
#include <string>

#include "absl/status/statusor.h"
#include "retainer/clock.h"
#include "retainer/store.h"
#include "src/cli/impact_pages.h"
#include "src/cli/operation_result.h"
#include "src/pipeline/desk.h"

namespace retainer::cli {

// Answers one page after another. Keeps what the pages of one question share. Thread-safe.
class ImpactPages {
 public:
  // Errors: those of RunImpactPage; FailedPrecondition when no policy was ever in force.
  absl::StatusOr<OperationResult> Answer(pipeline::Desk& desk, Store& store, Clock& clock,
                                         const Terms& changed,
                                         const nlohmann::ordered_json& request);

 private:
  std::mutex mutex_;
  std::string question_;                    // guarded by mutex_
  std::shared_ptr<const ImpactTask> task_;  // guarded by mutex_; the task of `question_`
};

}  // namespace retainer::cli
