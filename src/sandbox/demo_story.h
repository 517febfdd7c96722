// The demo's story. People of two open-source projects and their customers use the support desk
// through signed webhook deliveries, and each thread is printed as its readers see it.
//
// The story knows only the sandbox. The stage supplies the desk, its clock and its configuration:
// it writes the files of `StoryFiles` into a folder and reads them with the real parsers.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "src/sandbox/sandbox.h"

namespace retainer::sandbox {

// The interface that the story needs from its caller.
class StoryStage {
 public:
  virtual ~StoryStage() = default;
  virtual Sandbox& sandbox() = 0;
  // Moves the clock, then waits until the desk has done everything that is due: deliveries decided,
  // timers fired, faces and notices sent. Zero only waits.
  virtual absl::Status Advance(absl::Duration by) = 0;
  virtual void Print(std::string_view text) = 0;
};

// Generated anew for every run.
struct StoryCredentials {
  SandboxApp app;
  std::string github_secret;
  std::string gitlab_secret;
  std::string gitlab_signing_token;  // `whsec_…`
  std::string gitlab_token;
  SandboxClient github_client;
  SandboxClient gitlab_client;
};

// The addresses at which the desk will serve, and the folder of its data.
struct StoryService {
  std::string listen = "127.0.0.1:8080";
  std::string metrics_listen = "127.0.0.1:9090";
  std::string public_url = "http://127.0.0.1:8080";
  std::string data = "./data";
};

// Adds the story's people, organisations, projects and our accounts to the sandbox.
absl::StatusOr<StoryCredentials> SetStory(Sandbox& sandbox);

// The policy of the story's projects. Its terms include `now` and a year around it.
std::string StoryPolicyYaml(absl::Time now);

// File name -> contents: `retainer.yaml`, `policy/policy.yaml`, and the secrets that the
// configuration refers to. The caller makes the files readable only by itself.
// REQUIRES: the sandbox is started.
std::map<std::string, std::string> StoryFiles(const Sandbox& sandbox,
                                              const StoryCredentials& credentials,
                                              const StoryService& service, absl::Time now);

// Makes both forges send their deliveries to the desk at `service_url`, and lead people who sign in
// back to it.
void PointHooks(Sandbox& sandbox, const StoryCredentials& credentials,
                const std::string& service_url);

// Plays the whole story. FailedPrecondition, with the delivery, when the desk refuses one. Internal
// when the desk keeps answering its own comments. Otherwise the stage's error.
absl::Status PlayStory(StoryStage& stage);

}  // namespace retainer::sandbox
