// Makes the webhook messages (event, action and body, unsigned) for what happens on the forges.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "src/sandbox/github_shapes.h"
#include "src/sandbox/gitlab_shapes.h"
#include "src/sandbox/sandbox.h"
#include "src/sandbox/sandbox_world.h"

namespace retainer::sandbox {

struct Message {
  ForgeKind forge = ForgeKind::kGitHub;
  std::string id;     // GUID of the delivery; its idempotency key
  std::string event;  // the event header
  std::string action;
  std::string body;
};

// nullopt when this forge sends nothing: GitLab sends nothing for deleted notes and issues, and
// nothing for new labels.
std::optional<Message> GitHubMessage(World& world, const GitHubShapes& shapes,
                                     const Happening& happening);
std::optional<Message> GitLabMessage(World& world, const GitLabShapes& shapes,
                                     const Happening& happening);

// A commit became the last one of a branch.
Message PushMessage(World& world, const GitHubShapes& github, const GitLabShapes& gitlab,
                    const Project& project, const User& by, const std::string& branch,
                    const std::string& commit);

// The headers of a delivery, signed at `now` with the hook's secrets.
HeaderList SignedHeaders(const Message& message, const SandboxHook& hook,
                         const std::string& instance, absl::Time now);

// A new GUID in the forges' form.
std::string MakeGuid();

}  // namespace retainer::sandbox
