// What the forges tell their webhooks when something happened: event, action and body, unsigned.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "src/sandbox/github_shapes.h"
#include "src/sandbox/gitlab_shapes.h"
#include "src/sandbox/sandbox.h"
#include "src/sandbox/world.h"

namespace retainer::sandbox {

struct Message {
  ForgeKind forge = ForgeKind::kGitHub;
  std::string id;     // GUID of the delivery, the idempotency key
  std::string event;  // the event header
  std::string action;
  std::string body;
};

// nullopt where this forge sends nothing: GitLab says nothing of deleted notes and issues, nor of
// new labels.
std::optional<Message> GitHubMessage(World& world, const GitHubShapes& shapes,
                                     const Happening& happening);
std::optional<Message> GitLabMessage(World& world, const GitLabShapes& shapes,
                                     const Happening& happening);

// The header set of a delivery, signed at `now` with what the hook has.
HeaderList SignedHeaders(const Message& message, const SandboxHook& hook,
                         const std::string& instance, absl::Time now);

// A fresh GUID as forges write it.
std::string MakeGuid();

}  // namespace retainer::sandbox
