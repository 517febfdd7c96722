// The demo's story: people of two open-source projects and their customers live through what a
// support desk is for, by signed webhook deliveries, and each thread is printed as its readers see
// it.
//
// The story knows the sandbox only. The desk, its clock and its configuration are the stage's: who
// plays it writes the files of `StoryFiles` into a folder and reads them with the real parsers.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "src/sandbox/sandbox.h"

namespace retainer {

// What the story needs of whoever plays it.
class StoryStage {
 public:
  virtual ~StoryStage() = default;
  virtual Sandbox& sandbox() = 0;
  // Moves the clock on, then waits until the desk has done all that is due: deliveries decided,
  // timers fired, faces and notices brought to the forges. Zero only waits.
  virtual absl::Status Advance(absl::Duration by) = 0;
  virtual void Print(std::string_view text) = 0;
};

// Made afresh for every run.
struct StoryCredentials {
  SandboxApp app;
  std::string github_secret;
  std::string gitlab_secret;
  std::string gitlab_signing_token;  // `whsec_…`
  std::string gitlab_token;
};

// Where the desk will serve and keep its data.
struct StoryService {
  std::string listen = "127.0.0.1:8080";
  std::string metrics_listen = "127.0.0.1:9090";
  std::string public_url = "http://127.0.0.1:8080";
  std::string data = "./data";
};

// Puts the story's people, organisations, projects and our accounts into the sandbox.
absl::StatusOr<StoryCredentials> SetStory(Sandbox& sandbox);

// The policy of the story's projects. Its terms hold `now` and a year around it.
std::string StoryPolicyYaml(absl::Time now);

// File name -> contents: `retainer.yaml`, `policy/policy.yaml`, and the secrets that the first one
// names. REQUIRES: the sandbox is started. The caller keeps them readable by itself only.
std::map<std::string, std::string> StoryFiles(const Sandbox& sandbox,
                                              const StoryCredentials& credentials,
                                              const StoryService& service, absl::Time now);

// Sends both forges' deliveries to the desk at `service_url`.
void PointHooks(Sandbox& sandbox, const StoryCredentials& credentials,
                const std::string& service_url);

// Plays all of it. FailedPrecondition, naming the delivery, when the desk refuses one; Internal
// when it goes on answering itself; else what the stage returns.
absl::Status PlayStory(StoryStage& stage);

}  // namespace retainer
