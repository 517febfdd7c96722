// What the demo shows of the practice, after its story: a colleague who joins a customer, and a
// policy that is changed.
#pragma once

#include <string>

#include "absl/status/status.h"
#include "retainer/config.h"
#include "src/pipeline/desk.h"
#include "src/sandbox/demo_story.h"

namespace retainer::cli {

// The service of the demo. All must outlive the call.
struct DemoDesk {
  const Config& config;  // its `policy` is a folder that the demo may change
  pipeline::Desk& desk;
  Store& store;
  Clock& clock;
  std::string url;  // at which people reach the service
};

// Errors: Internal if the service does not answer as it should; else the stage's.
absl::Status PlayPractice(const DemoDesk& demo, sandbox::StoryStage& stage);

}  // namespace retainer::cli
